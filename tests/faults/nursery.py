"""Starts processes as the supervisor does: imports once, then forks. Only tests end what it starts.

One order a line on stdin, one process id a line on stdout: `runs` and `work` are workers, `clock` is the clock,
`approvers ...` are people (tests/faults/approvers.py). When stdin ends, so does everything started here.
"""

import os
import signal
import sys
from contextlib import suppress

# What a worker imports for its first real model: a worker counts as started when it is ready for one.
import openai  # noqa: F401
import pydantic_ai.models.openai  # noqa: F401
from flask import Flask

from app import create_app
from tasks import schedule, worker
from tests.faults import approvers


def main() -> None:
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what they log goes with the rest
    app = create_app()
    worker.preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    born = []
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            replies.close()
            live(app, *line.split())
        born.append(pid)
        print(pid, file=replies, flush=True)
    for pid in born:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def live(app: Flask, role: str, *arguments: str) -> None:
    """Be the child until its work ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setpgid(0, 0)
    if role == "clock":
        schedule.main(app)
    elif role == "approvers":
        approvers.main(app, *arguments)
    else:
        worker.main(role, app)
    os._exit(0)


if __name__ == "__main__":
    main()
