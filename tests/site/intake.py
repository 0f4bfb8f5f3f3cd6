"""What the tests of both public forms share: where a value could have been left behind."""

from typing import Any

from flask import Flask
from sqlalchemy import text

from app.db import db
from app.secret_patterns import MIXED
from tests.pages import Page

CANARY = "ghp_" + MIXED[:36]
"""Looks like a GitHub token. No part of it of 12 characters may be found anywhere after it was sent."""
CONTACT = {"name": "Ada Lovelace", "email": "ada@fennelrye.example", "topic": "support", "message": "It is broken."}
REPORT = {"category": "phishing", "email": "", "url": "https://evil.example/x", "message": "They pretend to be us."}


def traces(app: Flask, page: Page, *said: str, of: str = CANARY) -> list[str]:
    """Where a piece of it is found: any column of any table, Redis, the answer and its cookie, what was `said`."""
    db.session.rollback()
    found = [name for name, held in _everything(app).items() if _holds(held, of)]
    answer = page.body.decode("utf-8", "replace") + str(page.headers)
    found += [name for name, held in (("answer", answer), ("said", "".join(said))) if _holds(held, of)]
    if cookie := page.headers.get("Set-Cookie"):
        value = cookie.partition("=")[2].partition(";")[0]
        session: Any = app.session_interface.get_signing_serializer(app).loads(value)  # type: ignore[attr-defined]
        found += ["session"] if _holds(str(session), of) else []
    return found


def _everything(app: Flask) -> dict[str, str]:
    held = {}
    for table in db.metadata.sorted_tables:
        rows = db.session.execute(text(f'SELECT * FROM "{table.name}"')).all()
        held[table.name] = "\n".join(str(tuple(row)) for row in rows)
    redis = app.extensions["redis"]
    for key in redis.scan_iter():
        held[f"redis {key!r}"] = str(key) + str(redis.dump(key)) + str(_value(redis, key))
    return held


def _value(redis: Any, key: bytes) -> Any:
    read = {b"string": redis.get, b"hash": redis.hgetall, b"set": redis.smembers}
    kind = redis.type(key)
    if kind == b"list":
        return redis.lrange(key, 0, -1)
    if kind == b"zset":
        return redis.zrange(key, 0, -1, withscores=True)
    return read[kind](key) if kind in read else ""


def _holds(held: str, value: str) -> bool:
    return any(value[at : at + 12] in held for at in range(0, len(value) - 11, 4))
