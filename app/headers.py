"""Security headers on every answer. No inline script, no inline style, nothing from elsewhere.

And which headers of a request are believed: of all that say who sent it, only what our own proxies added.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "manifest-src 'self'",
    )
)


def trust_proxies(app: Flask) -> None:
    """Take the client's address from what the proxies in front of `app` added; without one, from the connection.

    The nearest proxy alone says whether it was HTTPS. Nobody says which host or folder this is: BASE_URL does.
    """
    if count := app.config["SETTINGS"].trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=1, x_host=0)  # type: ignore[method-assign]


def guard(app: Flask) -> None:
    """Set the headers after each request of `app`, and keep the host that a request names out of redirects."""
    production = app.config["SETTINGS"].is_production

    @app.before_request
    def _straighten() -> AnyResponse | None:
        wanted = request.routing_exception
        if not isinstance(wanted, RequestRedirect):
            return None
        parts = urlsplit(wanted.new_url)  # the router builds it from the Host header, which anybody can write
        return redirect("/" + parts.path.lstrip("/\\") + (f"?{parts.query}" if parts.query else ""), wanted.code)

    @app.after_request
    def _set(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CSP)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        if production:
            headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        if request.endpoint != "static":
            response.vary.add("HX-Request")
            if "Cookie" in response.vary or request.cookies:
                headers.setdefault("Cache-Control", "no-store")
        return response
