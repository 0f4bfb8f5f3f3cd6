"""`bin/test`: the whole suite, `bin/test fast` without browser, faults and PostgreSQL, or pytest as you say.

A part in which no test ran counts as failed. With CI set, so does a part that could not run at all.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field

from tests import chromium, postgres

NO_POSTGRES = "There is no PostgreSQL server here, so the tests ran on SQLite only (apt install postgresql)."


@dataclass(frozen=True)
class Part:
    """One run of pytest."""

    name: str
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> bool:
        print(f"\n== {self.name}", flush=True)
        command = [sys.executable, "-P", "-m", "pytest", *self.arguments]
        return subprocess.run(command, env=os.environ | self.environment).returncode == 0


MAIN = Part("Tests on SQLite", ["-q", "-n", "2", "-m", "not e2e and not fault"])
JOURNEYS = Part("Journeys in Chromium", ["-q", "-n", "2", "--dist", "loadfile", "-m", "e2e"])
FAULTS = Part("Faults: real processes, killed", ["-q", "-m", "fault and not e2e"])
POSTGRES = Part("Tests on PostgreSQL", MAIN.arguments, {"TEST_DATABASE": "postgresql"})


def main(arguments: list[str]) -> int:
    """The exit status: 0 when all that should run ran and passed."""
    if arguments == ["fast"]:
        return report([MAIN], [])
    if arguments:
        return 0 if Part("pytest", arguments).run() else 1
    missing = []
    if not chromium.find() and not chromium.install("chromium"):
        print(chromium.MISSING, file=sys.stderr)
        return 1
    parts = [MAIN, JOURNEYS, FAULTS]
    if postgres.binaries() or chromium.install("postgresql"):
        parts.append(POSTGRES)
    else:
        missing.append(NO_POSTGRES)
    return report(parts, missing)


def report(parts: list[Part], missing: list[str]) -> int:
    lines, failed = [], bool(missing and os.environ.get("CI"))
    for part in parts:
        began = time.monotonic()
        passed = part.run()
        failed |= not passed
        lines.append(f"{'passed' if passed else 'FAILED'}  {part.name} ({time.monotonic() - began:.0f} s)")
    print("\n" + "\n".join([*lines, *missing]), flush=True)
    return int(failed)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
