"""The files of a unified diff."""

import re
from dataclasses import dataclass, field

_FILE = re.compile(
    r"^(?:diff --git a/(?P<git>\S+)|\+\+\+ (?:b/)?(?P<new>[^\t\n]+)|--- (?:a/)?(?P<old>[^\t\n]+)|Index: (?P<svn>\S+))"
)
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__)/|(?:^|/)test_|[._-](?:test|spec)s?\.\w+$|Tests?\.\w+$", re.IGNORECASE
)
_CODE = re.compile(
    r"\.(?:py|js|jsx|ts|tsx|go|rs|java|kt|rb|php|cs|c|cc|cpp|h|swift|scala|ex|sql|sh|vue)$", re.IGNORECASE
)
_PROSE = re.compile(r"\.(?:md|rst|txt)$")
_MADE = re.compile(
    r"(?:^|/)(?:package-lock\.json|yarn\.lock|poetry\.lock|go\.sum|Cargo\.lock|pnpm-lock\.yaml|.*\.min\.(?:js|css)|dist/|vendor/|.*\.snap)",
    re.IGNORECASE,
)


@dataclass
class Changed:
    """One file of a diff."""

    path: str
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.added) + len(self.removed)

    @property
    def is_test(self) -> bool:
        return bool(_TEST.search(self.path))

    @property
    def is_code(self) -> bool:
        return bool(_CODE.search(self.path))

    @property
    def is_prose(self) -> bool:
        return bool(_PROSE.search(self.path))

    @property
    def is_made(self) -> bool:
        """Whether a tool wrote it: lock files, bundles, snapshots."""
        return bool(_MADE.search(self.path))

    def take(self, row: str) -> None:
        """Count a row of a hunk."""
        if row[:1] == "+":
            self.added.append(row[1:])
        elif row[:1] == "-":
            self.removed.append(row[1:])


@dataclass
class _Hunk:
    """How many rows of the old and of the new text a hunk still has: within them, `--- a` is a removed row."""

    old: int = 0
    new: int = 0

    def holds(self, row: str) -> bool:
        return (self.old > 0 or self.new > 0) and not row.startswith("diff --git") and row[:1] in {"+", "-", " ", ""}

    def pass_by(self, row: str) -> None:
        self.old, self.new = self.old - (row[:1] != "+"), self.new - (row[:1] != "-")


def read_diff(diff: str) -> list[Changed]:
    """The files of a unified diff, each once."""
    files: dict[str, Changed] = {}
    current: Changed | None = None
    hunk = _Hunk()
    for row in diff.splitlines():
        if start := _HUNK.match(row):
            hunk = _Hunk(int(start[1] or 1), int(start[2] or 1))
        elif current and hunk.holds(row):
            current.take(row)
            hunk.pass_by(row)
        elif head := _FILE.match(row):
            path, hunk = (head["git"] or head["new"] or head["svn"] or head["old"] or "").strip(), _Hunk()
            if path and path != "/dev/null":
                current = files.setdefault(path, Changed(path))
        elif current:
            current.take(row)  # a hunk whose counts are off
    return list(files.values())
