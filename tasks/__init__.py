"""Entry points without a request: workers, the clock, the supervisor."""

import time

STARTED = time.monotonic()
"""When this process began to load: imports are most of a start."""
