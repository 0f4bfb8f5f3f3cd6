"""Finding a Chromium for the journeys, or installing Debian's where that is possible."""

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
MISSING = (
    "There is no Chromium here for the browser tests. Install one (Debian, Ubuntu: apt install chromium), or set "
    "CHROMIUM to its path. `bin/test fast` runs without a browser."
)
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage", "--disable-gpu"]


def find() -> str | None:
    """The path of a Chromium or Chrome; CHROMIUM wins. None when there is none."""
    if given := os.environ.get("CHROMIUM"):
        return given
    return next(filter(None, (*map(shutil.which, NAMES), *(path for path in MAC if Path(path).exists()))), None)


def install(*packages: str) -> bool:
    """Install Debian packages when we may: as root, or with a sudo that asks nothing. False when we may not."""
    if not shutil.which("apt-get"):
        return False
    front = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if front and (not shutil.which("sudo") or subprocess.run([*front, "true"], capture_output=True).returncode):
        return False
    print(f"Installing {' and '.join(packages)} …", flush=True)
    apt = [*front, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL)
    options = ["-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"]
    return subprocess.run([*apt, "install", *options, *packages], stdout=subprocess.DEVNULL).returncode == 0
