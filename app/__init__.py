"""The application factory and nothing else."""

from importlib import import_module

from flask import Flask

from app import access, compression, config, db, errors_pages, events, extensions, headers, logs, pages, typed
from app.config import ROOT, Settings
from app.site import kept

BLUEPRINTS = (
    "app.site.pages",
    "app.site.machines",
    "app.site.legal",
    "app.site.contact",
    "app.site.pricing",
    "app.site.status",
    "app.site.accounts",
    "app.site.devmail",
    "app.console.workspaces",
    "app.console.approvals",
    "app.console.together",
    "app.console.colleagues",
    "app.console.runs",
    "app.console.agents",
    "app.console.knowledge",
    "app.console.rules",
    "app.console.directory",
    "app.console.records",
    "app.console.audit",
    "app.console.policies",
    "app.console.terms",
    "app.console.stream",
    "app.support",
    "app.doctor",
    "app.cli",
)
"""Each module has `bp`, the blueprint with its own addresses."""


def create_app(settings: Settings | None = None) -> Flask:
    """A configured application. Opens no connection: those open on first use, after any fork."""
    settings = settings or config.load()
    logs.configure(as_json=settings.is_production)
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(pages.flask_config(settings))
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    db.sqlite_synchronous = settings.sqlite_synchronous
    db.db.init_app(app)
    extensions.bind(app, db.db)
    app.request_class = typed.TypedRequest  # htmx_flask has just set its own, which this one is too
    app.extensions["redis"] = extensions.connect_redis(settings.redis_url)
    app.extensions["hub"] = events.Hub(settings.redis_url)
    access.bind(pages.doors())
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).bp)
    headers.trust_proxies(app)
    app.wsgi_app = kept.Front(app)  # type: ignore[method-assign, assignment]
    compression.begin(app)
    headers.guard(app)
    errors_pages.answer(app)
    pages.prepare(app)
    return app
