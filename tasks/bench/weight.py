"""What it costs to have it running, to start it, and to load a page of it."""

import gzip
import re
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urljoin

import psutil

from tasks.bench.browser import WORKSPACE, Visitor, signed_in
from tasks.bench.figures import Figure, Results
from tasks.bench.stacks import Stack, start_ours

MB = 1024 * 1024
STATIC_KINDS = {"console": (f"{WORKSPACE}/approvals", 60), "public": ("/", 45)}
_ASSET = re.compile(rb'<(?:link|script|img|source)\b[^>]*?\b(?:href|src)="(/static/[^"]+)"')
_FACE = re.compile(r"@font-face\s*{([^}]*)}", re.S)
_RANGE = re.compile(r"U\+([0-9A-F?]+)(?:-([0-9A-F]+))?", re.I)
PACKED = (".woff2", ".png", ".jpg", ".jpeg", ".webp", ".avif")


def memory_mb(stack: Stack) -> tuple[float, int]:
    """The proportional memory of everything bin/run started, Redis too, and how many processes that is."""
    parent = psutil.Process(stack.processes[0].pid)
    family = [parent, *parent.children(recursive=True)]
    return sum(process.memory_full_info().pss for process in family) / MB, len(family)


def measure_start(data: Path, results: Results, *, quick: bool) -> None:
    """Start on a prepared folder, and look at the memory of one that has nothing to do."""
    times, memory, processes = [], 0.0, 0
    for n in range(2 if quick else 4):
        stack, seconds = start_ours(data)
        try:
            times.append(seconds)
            if n == 0:
                time.sleep(8)
                memory, processes = memory_mb(stack)
        finally:
            stack.stop()
    compared = f"{processes} processes: web, {processes - 6} on runs, work, clock, Redis and their parents"
    results.add([Figure("idle memory, web, workers, clock and Redis", memory, "MB", 300, compared=compared)])
    compared = f"bin/run to its home page; {len(times)} starts, slowest {max(times):.1f} s"
    results.add([Figure("cold start", median(times), "s", 3, compared=compared)])


def measure_after_work(stack: Stack, results: Results) -> None:
    """The memory of one that has worked."""
    time.sleep(3)
    memory, processes = memory_mb(stack)
    results.add([Figure("memory after everything above", memory, "MB", compared=f"{processes} processes")])


def measure_pages(stack: Stack, results: Results) -> None:
    visitor = signed_in(stack.port, "reviewer")
    results.add(_weights(visitor))


def _weights(visitor: Visitor) -> Iterator[Figure]:
    for kind, (path, most) in STATIC_KINDS.items():
        parts = page_parts(visitor, path)
        largest = ", ".join(
            f"{name} {size / 1024:.1f}" for name, size in sorted(parts.items(), key=lambda p: -p[1])[:4]
        )
        yield Figure(f"{kind} page, first visit", sum(parts.values()) / 1024, "KB", most, compared=largest)


def page_parts(visitor: Visitor, path: str) -> dict[str, int]:
    """Everything a browser fetches to show the page for the first time, and its size as a front server packs it."""
    page = visitor.get(path).body
    parts = {path: _packed(path, page)}
    text = page.decode()
    for address in dict.fromkeys(found.decode() for found in _ASSET.findall(page)):
        content = visitor.get(address).body
        parts[_name(address)] = _packed(_name(address), content)
        if _name(address).endswith(".css"):
            for font in _fonts(content.decode(), address, text):
                parts[_name(font)] = _packed(_name(font), visitor.get(font).body)
    return parts


def _fonts(css: str, address: str, text: str) -> Iterator[str]:
    """The font files whose range covers a sign of the page: browsers fetch no others."""
    signs = {ord(sign) for sign in text}
    for face in _FACE.findall(css):
        file = re.search(r"url\([\"']?([^\"')]+)", face)
        ranges = [(int(low, 16), int(high or low, 16)) for low, high in _RANGE.findall(face)]
        if file and (not ranges or any(low <= sign <= high for sign in signs for low, high in ranges)):
            yield urljoin(address, file[1])


def _name(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


def _packed(name: str, content: bytes) -> int:
    return len(content) if name.endswith(PACKED) else len(gzip.compress(content, 6))
