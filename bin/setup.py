"""Make the environment in .venv and keep it in step with requirements.txt. Standard library only.

Does nothing when nothing changed. Two commands started at once wait for each other. Nothing is installed
outside this folder, and no administrator rights are needed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".requirements"
LOG = ROOT / ".venv.log"


def wanted() -> str:
    """A checksum of all that decides what is in the environment."""
    content = (ROOT / "requirements.txt").read_bytes() + f"{sysconfig.get_platform()} {sys.version_info[:2]}".encode()
    return hashlib.sha256(content).hexdigest()


def is_ready() -> bool:
    return STAMP.is_file() and STAMP.read_text() == wanted() and os.access(PYTHON, os.X_OK)


def make() -> None:
    """Create the environment when it is missing or belongs to another Python."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    if os.access(PYTHON, os.X_OK):
        found = subprocess.run([PYTHON, "-c", asked], capture_output=True, text=True)
        if found.stdout.strip() == ours and has_pip():
            return
    shutil.rmtree(VENV, ignore_errors=True)
    say("Making an environment for LeenOps in .venv ")
    run([sys.executable, "-m", "venv", str(VENV)], "the environment could not be made")


def has_pip() -> bool:
    return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0


def install() -> None:
    say("Installing what LeenOps needs. The first time takes about a minute ")
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    run([*pip, "-r", str(ROOT / "requirements.txt")], "the installation did not finish")


def run(command: list[str], trouble: str) -> None:
    """Run with a dot every second; on failure show the end of what it said, and stop."""
    with open(LOG, "wb") as log:
        work = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            dots(work)
        except KeyboardInterrupt:
            work.terminate()
            work.wait()
            sys.exit("\nStopped. Start the command again to go on.")
    if work.returncode:
        tail = LOG.read_text(errors="replace").splitlines()[-15:]
        sys.exit("\n" + "\n".join(tail) + f"\n\nLeenOps: {trouble}. The lines above say why; all of it is in {LOG}.")
    say("", end="\n")
    LOG.unlink(missing_ok=True)


def dots(work: "subprocess.Popen[bytes]") -> None:
    due = time.monotonic() + 1
    while work.poll() is None:
        time.sleep(0.05)
        if time.monotonic() > due:
            say(".")
            due += 1


def say(words: str, end: str = "") -> None:
    print(words, end=end, file=sys.stderr, flush=True)


def main() -> None:
    if "--is-ready" in sys.argv:
        sys.exit(not is_ready())
    if is_ready():
        return
    with open(ROOT / ".venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready():
            make()
            STAMP.unlink(missing_ok=True)
            install()
            STAMP.write_text(wanted())


main()
