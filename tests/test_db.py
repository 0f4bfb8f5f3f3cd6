"""SQLite's one write lock: writers queue for it, and none waits for ever."""

import sqlite3
import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app import db as database
from app.db import db


@pytest.fixture
def engine(app):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL locks rows")
    return db.engine


@pytest.fixture
def another(engine):
    """Another process's connection, which holds the write lock until told otherwise."""
    other = sqlite3.connect(engine.url.database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_a_writer_has_the_lock_when_it_is_free(engine, another):
    freed = []

    def free():
        freed.append(True)
        another.execute("COMMIT")

    threading.Timer(0.4, free).start()
    with engine.begin() as connection:
        assert freed and connection.execute(text("SELECT 1")).scalar() == 1


def test_a_writer_that_waits_too_long_is_told_in_sqlalchemys_words(engine, another, monkeypatch):
    monkeypatch.setattr(database, "WRITE_LOCK_SECONDS", 0.2)

    with pytest.raises(OperationalError, match="locked"), engine.begin():
        pass


def test_of_many_waiting_writers_one_asks(engine, another, monkeypatch):
    asked, ask = [], database._try_to_write
    monkeypatch.setattr(database, "_try_to_write", lambda driver: asked.append(threading.get_ident()) or ask(driver))

    def write():
        with engine.begin():
            pass

    writers = [threading.Thread(target=write) for _ in range(12)]
    for writer in writers:
        writer.start()
    time.sleep(0.3)
    waiting = set(asked)
    another.execute("COMMIT")
    for writer in writers:
        writer.join()

    assert len(waiting) == 1 and len(set(asked)) == 12
