"""The pages per team: our words about each, and what its templates are, read from the product itself."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.agents.templates import TEMPLATES, Template
from app.config import ROOT
from app.errors import NotFound
from app.integrations.tools.base import Action, Tool
from app.integrations.tools.registry import TOOLS
from app.rules.policy import Effect, Facts, RuleLine, decide
from app.rules.starting import STARTING_RULES

RECORDINGS = ROOT / "content" / "solutions"
PASTED = "Or paste "
READ_ALONE = {
    "Flag any line above": "The amount above which a line is flagged",
    "Anything to add to the policy": "What else your policy says",
}


@dataclass(frozen=True)
class Team:
    """What we say about a team. Everything about its agents is read, not written here."""

    key: str
    name: str
    lead: str
    came_in: str
    """What the recorded run was given, in a few words."""


TEAMS = {
    team.key: team
    for team in (
        Team(
            "engineering",
            "engineering",
            "The first incident summary while people still fix things, and pull requests sized before they are read.",
            "The log of an afternoon on which vans had no routes",
        ),
        Team(
            "marketing",
            "marketing",
            "A campaign mail in the house style from a brief, and a text held against the brand guide line by line.",
            "A brief for a campaign mail, with two lists to send it to",
        ),
        Team(
            "finance",
            "finance",
            "Invoices recalculated and compared with their orders, and expense lists checked line by line.",
            "A supplier’s invoice, pasted as text",
        ),
        Team(
            "operations",
            "operations",
            "Orders worked out from stock levels, and new suppliers checked before anybody pays them.",
            "A stock list and the place to deliver to",
        ),
        Team(
            "support",
            "customer support",
            "Refund requests checked against your rules, and long tickets turned into who does what next.",
            "A customer’s message about an order charged twice",
        ),
    )
}


@dataclass(frozen=True)
class Recording:
    """One run as the engine did it; tests/site/test_solutions.py makes it again and compares."""

    template: Template
    given: list[tuple[str, str]]
    """(question of the start form, what was answered)"""
    steps: list[dict[str, str]]
    """To the first card: {kind, tone, title}."""
    card: dict[str, Any]
    """As kept; `evidence` reads as words, without its Markdown."""
    after: list[dict[str, str]]
    audit: list[dict[str, str]]
    """{who, what}, oldest first."""
    report: list[tuple[bool, str]]
    """(is a heading, words), line by line."""


@dataclass(frozen=True)
class ToolLine:
    """A tool as a page shows it, with what the starting rules say to it."""

    tool: Tool
    rules: tuple[tuple[Effect, str], ...]


def get_team(key: str) -> Team:
    """Raises NotFound for a team that has no page."""
    if key not in TEAMS:
        raise NotFound("There is no page for this team. The five that have one are under Solutions.")
    return TEAMS[key]


def templates_of(team: Team) -> list[Template]:
    return [template for template in TEMPLATES.values() if template.team == team.key]


def tools_of(templates: list[Template]) -> list[ToolLine]:
    """Every tool that one of them uses, in the order they use them."""
    names = dict.fromkeys(name for template in templates for name in template.tools)
    return [ToolLine(TOOLS[name], _rules_on(TOOLS[name])) for name in names]


def every_tool() -> list[ToolLine]:
    return [ToolLine(tool, _rules_on(tool)) for tool in TOOLS.values()]


def asked_of(template: Template) -> list[str]:
    """What its start form asks for, a line each: a file and its text pasted are one."""
    lines: list[str] = []
    for spec in template.inputs:
        words = _asked(spec["label"])
        if spec["label"].startswith(PASTED) and lines:
            lines[-1] += f", or {words[0].lower()}{words[1:]}"
        else:
            lines.append(words)
    return lines


def in_euros(rule: str) -> str:
    """The name of a starting rule, which holds in any currency, as a company that reckons in euros reads it."""
    return re.sub(r"\b(above|up to) (?=\d)", r"\1 €", rule)


@cache
def recording(key: str) -> Recording:
    """The recorded run of this team."""
    kept = json.loads((RECORDINGS / f"{key}.json").read_text())
    template, run = TEMPLATES[kept["template"]], kept["recorded"]
    for item in run["card"]["evidence"]:
        item["quote"] = _plain(item["quote"])
    labels = {spec["name"]: _asked(spec["label"]) for spec in template.inputs}
    given = [(labels[name], words) for name, words in kept["input"].items()]
    run["card"]["why"] = in_euros(run["card"]["why"])
    for step in run["steps"] + run["after"]:
        step["title"] = in_euros(step["title"])
    for entry in run["audit"]:
        entry["what"] = in_euros(entry["what"])
    lines = [line for line in run["output"].splitlines() if _line(line) or not line]
    report = [(line.startswith("## "), _line(line).removeprefix("## ")) for line in lines]
    return Recording(template, given, run["steps"], run["card"], run["after"], run["audit"], report)


def _asked(label: str) -> str:
    """A label stands over its field; on a page it stands alone."""
    if label.startswith(PASTED):
        what = label.removeprefix(PASTED)
        return f"{what[0].upper()}{what[1:]} pasted as text"
    return READ_ALONE.get(label, label)


def _plain(markdown: str) -> str:
    """A quotation as one paragraph: its heading stands beside it, and bars and dashes of tables are not words."""
    words = ""
    for line in markdown.splitlines():
        if (told := _line(line)) and not line.startswith("#"):
            gap = "; " if line.startswith(("- ", "|")) and words and words[-1] not in ".:" else " "
            words += (gap if words else "") + told.removeprefix("- ")
    return words


def _line(line: str) -> str:
    """A line of Markdown without the bars of a table; nothing when it only draws one."""
    return line.strip("| ").replace(" | ", ", ") if line.strip(" |-:") else ""


def _rules_on(tool: Tool) -> tuple[tuple[Effect, str], ...]:
    """The starting rules that name `tool`; where none does, what its own caution says."""
    named: list[RuleLine] = [rule for rule in STARTING_RULES if rule.tool == tool.name]
    if named:
        return tuple((rule.effect, in_euros(rule.name)) for rule in named)
    verdict = decide(tool, Facts(Action(tool.title), {}, ()), ())
    return ((verdict.effect, verdict.why),)
