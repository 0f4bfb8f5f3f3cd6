"""`bin/check`: format, lint, types, templates, imports, secrets, vendored files.

Runs every check, says which failed, and fails when one did.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-P", "-m"]
CODE = ["app", "tasks", "tests", "bin/setup.py", "wsgi.py"]

SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]{40}"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{40,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}"
    r"|\bglpat-[A-Za-z0-9_-]{20}\b|\bxox[abprs]-[0-9]{8,}-[A-Za-z0-9-]{20,}"
    r"|\bAIza[A-Za-z0-9_-]{35}\b|\b[rs]k_live_[A-Za-z0-9]{24,}"
)
LISTED = re.compile(r"`?([\w./-]+\.\w+)`?\s*\|.*?`?([0-9a-f]{64})`?")


def tool(*words: str) -> Callable[[], Iterator[str]]:
    """A check that runs a program and shows what it says when it fails."""

    def check() -> Iterator[str]:
        done = subprocess.run([*PYTHON, *words], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            yield (done.stdout + done.stderr).strip()

    return check


def imports() -> Iterator[str]:
    """The contracts in pyproject.toml."""
    run = "from importlinter.cli import lint_imports_command as lint; lint()"
    done = subprocess.run([sys.executable, "-c", run], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        yield done.stdout[done.stdout.find("Contracts") :].strip() + done.stderr


def secrets() -> Iterator[str]:
    """Nothing that looks like a real key is kept in the repository."""
    for path in files():
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if (found := SECRETS.search(line)) and "example" not in line.lower():
                yield f"{path.relative_to(ROOT)}:{number}: looks like a secret: {found[0][:12]}…"


def files() -> Iterator[Path]:
    """Every text file of the repository."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        paths = [ROOT / name for name in names if name]
    else:
        skipped = {".venv", "var", "__pycache__"}
        paths = [path for path in ROOT.rglob("*") if not skipped & set(path.relative_to(ROOT).parts)]
    yield from (path for path in paths if path.is_file() and path.suffix not in (".woff2", ".png", ".ico", ".pdf"))


def vendored() -> Iterator[str]:
    """What lies in static/vendor is what static/VENDOR.md says, byte for byte, and nothing else."""
    static = ROOT / "static"
    listed = {name.removeprefix("static/"): sha for name, sha in LISTED.findall((static / "VENDOR.md").read_text())}
    for name, sha in listed.items():
        path = static / name
        if not path.is_file():
            yield f"static/{name} is listed in VENDOR.md and missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha:
            yield f"static/{name} is not the file that VENDOR.md lists"
    for path in (static / "vendor").rglob("*"):
        if path.is_file() and "LICENSE" not in path.name and str(path.relative_to(static)) not in listed:
            yield f"{path.relative_to(ROOT)} is not listed in VENDOR.md"


CHECKS: dict[str, Callable[[], Iterator[str]]] = {
    "format": tool("ruff", "format", "--check", "--quiet", *CODE),
    "lint": tool("ruff", "check", "--quiet", "--output-format", "concise", *CODE),
    "types": tool("mypy", "app", "tasks"),
    "templates": tool("djlint", "templates", "--lint", "--quiet"),
    "imports": imports,
    "secrets": secrets,
    "vendored files": vendored,
}


def main() -> int:
    failed = []
    for name, check in CHECKS.items():
        began = time.monotonic()
        found = list(check())
        print(f"{'FAILED' if found else 'passed'}  {name} ({time.monotonic() - began:.1f} s)", flush=True)
        for line in found:
            print("    " + line.replace("\n", "\n    "))
        failed += [name] if found else []
    if failed:
        print(f"\nFailed: {', '.join(failed)}.")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
