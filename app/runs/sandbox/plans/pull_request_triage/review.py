"""What a reviewer should know of a change: its size, its risky parts, and how pressing it is."""

import re
from dataclasses import dataclass

from app.runs.sandbox.plans.pull_request_triage.diff import Changed
from app.runs.sandbox.plans.pull_request_triage.signs import is_stop_sign, signs_in
from app.runs.sandbox.wording import plural

_AREAS = {
    area: re.compile(pattern, re.IGNORECASE)
    for area, pattern in {
        "sign-in": r"auth|login|sign.?in|session|password|oauth|sso|token|accounts?/",
        "permissions": r"permission|polic(?:y|ies)|access|roles?\b|acl|authoriz",
        "money": r"pay|billing|invoice|price|refund|ledger|checkout|tax|currency",
        "data": r"migrat|schema|\.sql$|models?\b|alembic|database|personal|privacy",
        "deployment": r"deploy|docker|\.github/|ci/|terraform|helm|k8s|kubernetes|nginx|\.ya?ml$|settings|config|\.env|requirements|package\.json|pyproject|go\.mod",
    }.items()
}
_PRESSING = {"sign-in", "permissions", "money"}


@dataclass(frozen=True)
class Review:
    """A change as it was measured."""

    files: list[Changed]
    areas: dict[str, list[str]]
    """The risky parts it touches, and the files that do."""
    lines: list[str]
    """Lines to look at."""
    untested: list[str]
    size: int
    """Changed lines, without what tools wrote."""

    @classmethod
    def of(cls, files: list[Changed]) -> "Review":
        size = sum(f.size for f in files if not f.is_made)
        return cls(files, _areas_of(files), signs_in(files), _untested(files), size)

    @property
    def measured(self) -> str:
        """Its size in words; empty when no diff was given."""
        added, removed = sum(len(f.added) for f in self.files), sum(len(f.removed) for f in self.files)
        return f"{plural(len(self.files), 'file')}, {added} lines added, {removed} removed" if self.files else ""

    @property
    def points(self) -> list[str]:
        """What the task says."""
        return [
            self.measured or "No diff was given; read the description.",
            *(f"{area}: {', '.join(paths[:4])}" for area, paths in self.areas.items()),
            *(f"No test: {path}" for path in self.untested[:5]),
            *self.lines,
        ]

    @property
    def priority(self) -> str:
        """high, normal or low."""
        if any(map(is_stop_sign, self.lines)) or _PRESSING & self.areas.keys():
            return "high"
        harmless = self.size == 0 or all(f.is_prose or f.is_test for f in self.files)
        return "low" if self.files and harmless else "normal"


def _areas_of(files: list[Changed]) -> dict[str, list[str]]:
    paths = [f.path for f in files if not f.is_test]
    touched = {area: [p for p in paths if pattern.search(p)] for area, pattern in _AREAS.items()}
    return {area: listed for area, listed in touched.items() if listed}


def _untested(files: list[Changed]) -> list[str]:
    """Code that changed while no test of its name did; any changed test is enough for a single file."""
    tests = " ".join(f.path for f in files if f.is_test and f.added).lower()
    code = [f.path for f in files if f.is_code and not f.is_test and f.size and not f.is_made]
    if tests and len(code) == 1:
        return []
    return [path for path in code if not tests or _module(path) not in tests]


def _module(path: str) -> str:
    return re.sub(r"\.\w+$", "", path.rsplit("/", 1)[-1]).lower()
