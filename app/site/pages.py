"""The public site's own pages."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.access import public
from app.agents.templates import TEMPLATES, Template
from app.rules.starting import STARTING_RULES
from app.site import claims, share, teams
from app.web import render

bp = Blueprint("site", __name__)


@bp.app_template_global()
def share_words(picture: str) -> str:
    """What stands on the picture of a shared link: its alternative text."""
    return share.WORDS[picture]


@bp.app_template_global()
def solutions() -> list[teams.Team]:
    """The teams that have a page, for header and footer."""
    return list(teams.TEAMS.values())


@bp.app_template_global()
def job_tools(template: Template) -> list[teams.ToolLine]:
    """The tools that an agent made from `template` may use."""
    return teams.tools_of([template])


bp.add_app_template_global(teams.asked_of)
bp.add_app_template_global(teams.in_euros)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    run, other = teams.recording("support"), teams.recording("finance")
    return render("site/home.html", run=run, other=other, rules=STARTING_RULES)


@bp.get("/product")
@public
def product() -> ResponseReturnValue:
    return render(
        "site/product.html",
        run=teams.recording("support"),
        other=teams.recording("finance"),
        rules=STARTING_RULES,
        tools=teams.every_tool(),
        templates=TEMPLATES.values(),
    )


@bp.get("/solutions/<key>")
@public
def solution(key: str) -> ResponseReturnValue:
    team = teams.get_team(key)
    templates = teams.templates_of(team)
    return render(
        "site/solution.html",
        team=team,
        templates=templates,
        tools=teams.tools_of(templates),
        run=teams.recording(key),
    )


@bp.get("/security")
@public
def security() -> ResponseReturnValue:
    return render("site/security.html", groups=claims.GROUPS)
