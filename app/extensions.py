"""Unbound extensions; the factory binds them."""

from flask import Flask
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.config import ROOT

csrf = CSRFProtect()
compress = Compress()
migrate = Migrate()
htmx = Htmx()
limiter = Limiter(
    key_func=get_remote_address,
    in_memory_fallback_enabled=True,
    swallow_errors=True,
    headers_enabled=True,
)


def bind(app: Flask, db: SQLAlchemy) -> None:
    """Give each extension its application; `db` is what migrations move."""
    migrate.init_app(app, db, directory=str(ROOT / "app" / "migrations"), render_as_batch=True)
    csrf.init_app(app)
    htmx.init_app(app)
    limiter.init_app(app)
    compress.init_app(app)


def connect_redis(url: str, *, socket_timeout: float = 2) -> Redis:
    """A client that gives up after `socket_timeout` seconds; the default one hangs for 40 when Redis is frozen.

    A blocking read needs a client of its own with socket_timeout above its block time.
    """
    return Redis.from_url(url, socket_timeout=socket_timeout, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
