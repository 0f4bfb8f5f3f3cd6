"""The support console: for staff only, everything logged."""

from flask import Blueprint

bp = Blueprint("support", __name__, url_prefix="/support")

from app.support import (  # noqa: E402, F401  the views hang themselves on bp
    agreements,
    inbox,
    incidents,
    policies,
    views,
)
