"""The database: one session per app context, typed columns, and what happens after a commit.

Services flush; entry points (a view, a job step, a command) commit. On SQLite a request begins DEFERRED
until `begin_writing`, and everything else IMMEDIATE: a read-then-write in a deferred transaction fails at
once whatever the timeout is, and the legacy driver mode silently loses updates.
"""

import contextvars
import hashlib
import os
import random
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Delete,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Text,
    Update,
    event,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import CursorResult, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry
from sqlalchemy.types import TypeDecorator

WRITE_LOCK_SECONDS = 10
"""How long a transaction waits for SQLite's write lock."""
begin_mode: contextvars.ContextVar[str] = contextvars.ContextVar("begin_mode", default="IMMEDIATE")


def now() -> datetime:
    """The current time, UTC and aware. The one clock of the application."""
    return datetime.now(UTC)


def new_public_id() -> str:
    """An id for addresses: 80 random bits, lower case, never guessable."""
    return secrets.token_hex(10)


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC-aware datetime on both databases; a naive one is a bug and raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times are UTC-aware")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")

pk = Annotated[int, mapped_column(BigId, primary_key=True)]
public_id = Annotated[str, mapped_column(String(20), unique=True, default=new_public_id)]
name_ = Annotated[str, mapped_column(String(200))]
code = Annotated[str, mapped_column(String(40))]
text_ = Annotated[str, mapped_column(Text)]
sha256 = Annotated[str, mapped_column(String(64))]
utc = Annotated[datetime, mapped_column(UtcDateTime)]
created = Annotated[datetime, mapped_column(UtcDateTime, default=now)]
json_ = Annotated[dict[str, Any], mapped_column(JSON, default=dict)]
json_list = Annotated[list[Any], mapped_column(JSON, default=list)]
money = Annotated[int, mapped_column(BigInteger)]
"""Integer minor units; the currency stands in the row or its workspace."""
fk_workspace = Annotated[int, mapped_column(BigId, ForeignKey("workspaces.id"), index=True)]
fk_user = Annotated[int, mapped_column(BigId, ForeignKey("users.id"))]


class Base(DeclarativeBase):
    """Plain declarative: MappedAsDataclass breaks Flask-SQLAlchemy on SQLAlchemy 2.1."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON, str: Text},
    )
    metadata = registry.metadata


db = SQLAlchemy(model_class=Base)


def after_commit(action: Callable[[], object], session: Session | None = None) -> None:
    """Run `action` once the current transaction is committed; drop it on rollback.

    For what may be lost: the fast path to Redis. What must not be lost is a row.
    """
    target = session or db.session()
    target.info.setdefault("after_commit", []).append(action)


def changed(statement: Update | Delete) -> int:
    """Run an UPDATE or DELETE; how many rows it met. A conditional update's winner is who gets 1."""
    result = db.session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount


def insert_unless_there(target: Any) -> SqliteInsert | PostgresInsert:
    """An INSERT into a model or table that leaves a row alone whose unique key is taken: of two at once one inserts."""
    insert = sqlite_insert if db.session.get_bind().dialect.name == "sqlite" else pg_insert
    return insert(target).on_conflict_do_nothing()


def begin_writing() -> None:
    """From here on the request may write: ends its read transaction, the next one takes SQLite's write lock."""
    db.session.commit()
    begin_mode.set("IMMEDIATE")


def hold(name: str, number: int) -> None:
    """Let others who hold the same wait until this transaction ends. SQLite has one writer anyway."""
    if db.session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"{name}:{number}".encode()).digest()[:8], "big", signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(key)))


@event.listens_for(Session, "after_commit")
def _run_after_commit(session: Session) -> None:
    if session.in_nested_transaction():  # the hook also fires for savepoints
        return
    for action in session.info.pop("after_commit", []):
        action()


@event.listens_for(Session, "after_rollback")
def _drop_after_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("after_commit", None)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if type(connection).__module__.partition(".")[0] != "sqlite3":
        return
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", f"synchronous={sqlite_synchronous}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        mode = begin_mode.get()
        if mode == "IMMEDIATE":
            _begin_writing(connection)
        else:
            connection.exec_driver_sql(f"BEGIN {mode}")


_next_writer = threading.Lock()
"""Who in this process asks for SQLite's write lock; the others queue for this one without asking."""
os.register_at_fork(after_in_child=lambda: globals().update(_next_writer=threading.Lock()))


def _begin_writing(connection: Any) -> None:
    """Take SQLite's one write lock, asking again every few milliseconds.

    SQLite itself asks at pauses that grow to 100 ms, in which the lock lies idle under load.
    """
    driver = connection.connection.driver_connection
    end, pause, begun = time.monotonic() + WRITE_LOCK_SECONDS, 0.0005, False
    if _next_writer.acquire(timeout=WRITE_LOCK_SECONDS):
        driver.execute("PRAGMA busy_timeout=0")
        try:
            while not (begun := _try_to_write(driver)) and time.monotonic() < end:
                time.sleep(random.uniform(pause / 2, pause))
                pause = min(pause * 1.5, 0.004)
        finally:
            driver.execute(f"PRAGMA busy_timeout={int(WRITE_LOCK_SECONDS * 1000)}")
            _next_writer.release()
    if not begun:
        driver.execute("PRAGMA busy_timeout=0")
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # says what is wrong in SQLAlchemy's words


def _try_to_write(driver: sqlite3.Connection) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


sqlite_synchronous = "FULL"
"""Set by the factory from Settings before the first connection."""
