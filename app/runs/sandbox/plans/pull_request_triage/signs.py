"""Lines of a change that a reviewer should see."""

import re

from app.runs.sandbox.plans.pull_request_triage.diff import Changed
from app.runs.sandbox.wording import line

_LATER = "a note to do it later"
_ADDED = {
    what: re.compile(pattern, 0 if what == _LATER else re.IGNORECASE)
    for what, pattern in {
        "a secret in the code": r"(?:password|passwd|secret|api_?key|token|private_key)\w*[\"']?\s*[:=]\s*[\"'][^\"'\s{$<]{6,}[\"']|AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|\b(?:sk|ghp|xox[bp])[-_][A-Za-z0-9_-]{16,}",
        "a print or debugger left over": r"^\s*(?:print\(|console\.log\(|debugger\b|breakpoint\(\)|import pdb|var_dump\(|System\.out\.print|fmt\.Println\(|dd\()",
        _LATER: r"\b(?:TODO|FIXME|XXX|HACK)\b",
        "an exception that is dropped": r"except(?: \w+)?:\s*(?:pass|\.\.\.)?\s*$|catch\s*\([^)]*\)\s*\{\s*\}",
        "SQL or a command put together from text": r"(?:execute|query|raw)\(\s*(?:f[\"']|[\"'][^\"']*[\"']\s*(?:%|\+|\.format))|os\.system\(|shell\s*=\s*True|\beval\(|\bexec\(",
        "money in floating point": r"float\([^)]*(?:price|amount|total|cost)|(?:price|amount|total)\w*\s*:\s*float\b",
        "certificate checks switched off": r"verify\s*=\s*False|InsecureSkipVerify|rejectUnauthorized\s*:\s*false",
        "rows or columns dropped": r"\b(?:DROP (?:TABLE|COLUMN)|TRUNCATE|DELETE FROM \w+\s*;)|drop_(?:table|column)\(",
        "a new flag that starts switched on": r"DEFAULT TRUE\b|default\s*=\s*True",
        "a skipped test": r"@(?:pytest\.mark\.)?skip|\bit\.skip\(|\bxit\(|\.only\(|t\.Skip\(",
    }.items()
}
_REMOVED = re.compile(
    r"\b(?:if not\b|raise\b|assert\w*|require\w*|permission\w*|authori[sz]e\w*|login_required|csrf|validate\w*|verify\w*|check\w*|throw new|abort\(|forbidden|limit\w*)",
    re.IGNORECASE,
)
_REMOVED_CHECK = "a removed check"
_STOP_SIGNS = ("a secret", "an exception", "SQL", "money", "certificate", "rows", _REMOVED_CHECK)


def signs_in(files: list[Changed]) -> list[str]:
    """Lines to look at, with what they are; a secret is not repeated."""
    return [sign for f in files if not f.is_made for sign in (*_added(f), *_removed(f))][:20]


def _added(f: Changed) -> list[str]:
    return [
        f"{f.path}: {what}" + ("" if "secret" in what else f": `{line(hit, 100)}`")
        for what, pattern in _ADDED.items()
        for hit in [row for row in f.added if pattern.search(row)][:3]
    ]


def _removed(f: Changed) -> list[str]:
    """Checks that went and did not come back elsewhere in the file."""
    kept = {row.strip() for row in f.added}
    gone = [row for row in f.removed if _REMOVED.search(row) and row.strip() not in kept and not _is_comment(row)]
    return [f"{f.path}: {_REMOVED_CHECK}: `{line(row, 100)}`" for row in gone[:3]]


def _is_comment(row: str) -> bool:
    return row.strip().startswith(("#", "//", "*"))


def is_stop_sign(entry: str) -> bool:
    """Whether a line to look at is one that no change should go in with."""
    return any(f": {sign}" in entry for sign in _STOP_SIGNS)
