"""One frozen Settings, read from the environment once. Units are in the names."""

import base64
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from app import redis_server
from app.errors import Misconfigured

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides. Production refuses to start with unsafe values."""

    env: str
    host: str
    port: int
    data: Path
    database_url: str
    redis_url: str
    secret_key: str = field(repr=False)
    master_keys: tuple[tuple[str, bytes], ...] = field(repr=False)
    """(id, 32 bytes), newest first: the first seals, all of them open."""
    base_url: str
    trusted_proxies: int
    """How many proxies stand in front, each of which adds the address that it saw to X-Forwarded-For."""
    egress_allow: frozenset[str]
    """Exact host:port pairs that the outbound guard lets through although they are not public."""
    smtp_url: str
    demo_password: str = field(repr=False)
    workers: int
    web_threads: int
    hold_seconds: int | None
    """Overrides every hold window when set."""
    lease_seconds: int
    reconcile_seconds: float
    model_timeout_seconds: float
    model_deadline_seconds: float
    heartbeat_seconds: float
    stream_seconds: float
    sqlite_synchronous: str

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def files(self) -> Path:
        """Where uploaded files are kept."""
        return self.data / "files"

    @property
    def keeps_mail(self) -> bool:
        """Mail is kept and shown at /dev/mail instead of being sent."""
        return not self.smtp_url and not self.is_production


def load(env: dict[str, str] | None = None) -> Settings:
    """Read the settings. Raises Misconfigured with a sentence that says what to set."""
    env = dict(os.environ) if env is None else env
    mode = env.get("LEENOPS_ENV", "development")
    if mode not in ("development", "production"):
        raise Misconfigured("LEENOPS_ENV must be development or production.")
    data = Path(env.get("LEENOPS_DATA") or ROOT / "var").resolve()
    host, port = env.get("HOST", "127.0.0.1"), _number(env, "PORT", 8000)
    hold = env.get("LEENOPS_HOLD_SECONDS", "")
    settings = Settings(
        env=mode,
        host=host,
        port=port,
        data=data,
        database_url=_database_url(env.get("DATABASE_URL", ""), data),
        redis_url=env.get("REDIS_URL") or redis_server.address(data),
        secret_key=env.get("SECRET_KEY") or _kept(data, "secret_key", mode),
        master_keys=_master_keys(env.get("LEENOPS_MASTER_KEYS") or _kept(data, "master_keys", mode)),
        base_url=env.get("BASE_URL", f"http://{host}:{port}").rstrip("/"),
        trusted_proxies=_number(env, "LEENOPS_TRUSTED_PROXIES", 0),
        egress_allow=frozenset(p.strip() for p in env.get("EGRESS_ALLOW", "").split(",") if p.strip()),
        smtp_url=env.get("SMTP_URL", ""),
        demo_password=env.get("LEENOPS_DEMO_PASSWORD", "leenops-demo-2026"),
        workers=_number(env, "LEENOPS_WORKERS", 2),
        web_threads=_number(env, "LEENOPS_WEB_THREADS", 1200),
        hold_seconds=int(hold) if hold else None,
        lease_seconds=_number(env, "LEENOPS_LEASE_SECONDS", 15),
        reconcile_seconds=_seconds(env, "LEENOPS_RECONCILE_SECONDS", 5),
        model_timeout_seconds=_seconds(env, "LEENOPS_MODEL_TIMEOUT_SECONDS", 60),
        model_deadline_seconds=_seconds(env, "LEENOPS_MODEL_DEADLINE_SECONDS", 180),
        heartbeat_seconds=_seconds(env, "LEENOPS_HEARTBEAT_SECONDS", 15),
        stream_seconds=_seconds(env, "LEENOPS_STREAM_SECONDS", 600),
        sqlite_synchronous=env.get("LEENOPS_SQLITE_SYNCHRONOUS", "FULL"),
    )
    if settings.is_production:
        _refuse_unsafe(settings, env)
    return settings


def _number(env: dict[str, str], name: str, default: int) -> int:
    """A whole number from the environment. Raises Misconfigured with the setting's name."""
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit():
        raise Misconfigured(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def _seconds(env: dict[str, str], name: str, default: float) -> float:
    """A duration from the environment. Raises Misconfigured with the setting's name."""
    try:
        value = float(env.get(name) or default)
    except ValueError:
        value = -1
    if not 0 < value < 1e7:
        raise Misconfigured(f"{name} must be a number of seconds above 0, not {env.get(name)!r}.")
    return value


def _database_url(url: str, data: Path) -> str:
    if not url:
        return f"sqlite:///{data / 'leenops.db'}"
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _master_keys(text: str) -> tuple[tuple[str, bytes], ...]:
    keys = []
    for pair in filter(None, (p.strip() for p in text.split(","))):
        name, _, encoded = pair.partition(":")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raw = b""
        if not name or len(raw) != 32:
            raise Misconfigured("LEENOPS_MASTER_KEYS takes id:base64 pairs of 32 bytes, newest first.")
        keys.append((name, raw))
    return tuple(keys)


def _kept(data: Path, name: str, mode: str) -> str:
    """A development secret, made once and kept beside the data. Production must be given its own."""
    if mode == "production":
        return ""
    path = data / name
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    value = secrets.token_urlsafe(48)
    if name == "master_keys":
        value = "dev1:" + base64.b64encode(secrets.token_bytes(32)).decode()
    try:  # O_EXCL: of several processes that start at once, one makes it and all read the same
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(value)
    except FileExistsError:
        pass
    for _ in range(100):
        if text := path.read_text().strip():
            return text
    raise Misconfigured(f"{path} is empty: delete it and start again.")


def _refuse_unsafe(settings: Settings, env: dict[str, str]) -> None:
    problems = [
        ("SECRET_KEY must be set to at least 32 characters.", len(settings.secret_key) < 32),
        ("LEENOPS_MASTER_KEYS must be set.", not settings.master_keys),
        ("BASE_URL must start with https://.", not settings.base_url.startswith("https://")),
        ("SMTP_URL must be set, or no invitation can be sent.", not settings.smtp_url),
        ("LEENOPS_DEMO_PASSWORD is for development only.", "LEENOPS_DEMO_PASSWORD" in env),
    ]
    if found := [sentence for sentence, bad in problems if bad]:
        raise Misconfigured("LeenOps does not start in production like this. " + " ".join(found))
