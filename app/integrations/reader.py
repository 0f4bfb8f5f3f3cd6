"""Reads PDF, DOCX and XLSX in processes of its own, which nobody waits for and which take nothing down.

Run as a script it is a server without a port: it gets (what to do, the file, a pipe) over the socket that is
its standard input, forks a child for each, and goes when nobody has asked for a while. The child limits
itself and then reads; what it finds goes into the pipe as lines of JSON, and the last line says that it is
whole. It imports nothing of the application and gets none of its environment.

Why a process: the parsers take any time and any memory on a crafted file, hold the interpreter's lock
meanwhile, and have no hook in the middle. Bounds around them are a new hole with each of their releases;
the kernel's are not. Why a server that forks: importing a parser takes 200 ms, a fork 2.
"""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

IDLE_SECONDS = 60
SECONDS = 5
"""Processor time for one file."""
SECONDS_PER_PAGE = 0.03
"""And for each page a PDF really has: 500 honest, dense pages take about 10 s."""
CHECK_SECONDS = 3
SHEET_SECONDS = 8
"""openpyxl takes 5 s for an honest sheet of 20,000 rows and ten columns."""
MEMORY = 180 * 1024 * 1024
"""In use by one child; looked at every 20 ms, so that it can be some more at its end."""
SPARE = 60 * 1024 * 1024
"""The kernel counts memory that is asked for and not yet used, and parsers say less clearly that there is none."""
REQUEST = 16
"""Bytes of a request: the job's name, padded."""

MAX_PAGES = 500
MAX_NODES = 5_000
MAX_CHARS = 2_000_000
MAX_SHEETS = 20
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_CELLS = 500_000
MAX_CELL = 2_000

Lines = Iterator[Any]


class Refused(Exception):
    """What the caller is told: locked | pages | large | slow."""


def read_pdf(file: BinaryIO) -> Lines:
    """How many pages there are, then [place, text] of each."""
    pages = _pages(file)
    _allow(SECONDS + SECONDS_PER_PAGE * len(pages))
    yield len(pages)
    for number, page in enumerate(pages, 1):
        yield [f"page {number}", page.extract_text()]


def check_pdf(file: BinaryIO) -> Lines:
    """How many pages there are."""
    yield len(_pages(file))


def _pages(file: BinaryIO) -> list[Any]:
    from pypdf import PdfReader

    reader = PdfReader(file)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("locked")
    _walk(reader.root_object.get("/Pages"))
    return list(reader.pages)


def _walk(root: Any) -> None:
    """Count the pages as a reader meets them: a page tree of a kilobyte can lead to 30^8 of them."""
    pages, nodes, left = 0, 0, [root]
    while left:
        node = left.pop()
        node = None if node is None else node.get_object()
        nodes += 1
        if not isinstance(node, dict):
            continue
        kids = node.get("/Kids") if node.get("/Type") != "/Page" else None
        pages += kids is None
        if nodes > MAX_NODES:
            raise Refused(f"pages {max(pages, MAX_PAGES + 1)}")
        left += list(kids.get_object())[:MAX_NODES] if kids is not None else []


def read_docx(file: BinaryIO) -> Lines:
    """["section" or "", text] of each heading, paragraph and row of a table, in order."""
    import docx
    from docx.table import Table

    is_heading: dict[str | None, bool] = {}
    for block in docx.Document(file).iter_inner_content():
        if isinstance(block, Table):
            yield from (["", row] for row in _docx_rows(block))
        else:
            key = block._p.style
            if key not in is_heading:  # asking for a paragraph's style takes 3 ms
                is_heading[key] = block.style is not None and (block.style.name or "").startswith("Heading")
            yield ["heading" if is_heading[key] else "", block.text]


def _docx_rows(table: Any) -> Iterator[str]:
    """Each cell once, however many columns it says it spans."""
    for row in table._tbl.tr_lst:
        cells = ("\n".join(p.text for p in cell.p_lst).strip() for cell in row.tc_lst[:MAX_COLUMNS])
        yield " | ".join(cells)


def read_xlsx(file: BinaryIO) -> Lines:
    """The name of each sheet, then [number, cells] of its rows that are not empty."""
    import openpyxl

    book, left = openpyxl.load_workbook(file, read_only=True, data_only=True), MAX_CELLS
    for sheet in book.worksheets[:MAX_SHEETS]:
        sheet.reset_dimensions()  # a hostile dimension makes openpyxl pad every row to it
        yield sheet.title
        for number, row in enumerate(sheet.iter_rows(max_row=MAX_ROWS + 1, values_only=True), 1):
            cells = [_cell(value) for value in row[:MAX_COLUMNS]]
            while cells and not cells[-1]:
                cells.pop()
            left -= len(cells)
            if left < 0:
                return
            if cells:
                yield [number, cells]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:MAX_CELL]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)[:MAX_CELL]


JOBS: dict[str, tuple[Callable[[BinaryIO], Lines], float, str]] = {
    "check pdf": (check_pdf, CHECK_SECONDS, "pypdf"),
    "read pdf": (read_pdf, SECONDS, "pypdf"),
    "read docx": (read_docx, SECONDS, "docx"),
    "read xlsx": (read_xlsx, SHEET_SECONDS, "openpyxl"),
}


def serve(requests: socket.socket) -> None:
    """Fork for each request until nobody asks any more, or whoever asked is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel clears children away
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asks
    while select.select([requests], [], [], IDLE_SECONDS)[0]:
        message, files, _, _ = socket.recv_fds(requests, REQUEST, 2)
        if not message:
            return
        name = message.decode().strip()
        with contextlib.suppress(ImportError):
            __import__(JOBS[name][2])  # once, here: the children have it already
        if os.fork() == 0:
            requests.close()
            _child(name, *files)
        for file in files:
            os.close(file)


def _child(name: str, file: int, pipe: int) -> None:
    """Read one file within the limits, say what it holds, and end."""
    code = 1
    try:
        read, seconds, _ = JOBS[name]
        _say(pipe, "started")
        _limit(pipe, seconds)
        with os.fdopen(file, "rb") as source:
            _tell(pipe, read(source))
        _say(pipe, {"end": True})
        code = 0
    except Refused as refused:
        _say(pipe, {"refused": str(refused)})
    except MemoryError:
        _say(pipe, {"refused": "large"})
    except RecursionError:
        _say(pipe, {"refused": "broken"})
    except Exception:  # the parsers raise almost anything on broken input
        _say(pipe, {"refused": "broken"})
    finally:
        os._exit(code)


def _tell(pipe: int, lines: Lines) -> None:
    """Write lines until they hold MAX_CHARS."""
    left = MAX_CHARS
    for line in lines:
        if isinstance(line, list):
            line = _cut(line, left)
            left -= _length(line)
        _say(pipe, {"line": line})
        if left <= 0:
            return


def _cut(line: list[Any], left: int) -> list[Any]:
    return [line[0], line[1][:left]] if isinstance(line[1], str) else line


def _length(line: list[Any]) -> int:
    return len(line[1]) if isinstance(line[1], str) else sum(len(cell) + 1 for cell in line[1])


def _limit(pipe: int, seconds: float) -> None:
    """From now on the kernel ends this process when it takes too much; so does a watch where the kernel does not."""
    for number in (signal.SIGPROF, signal.SIGPIPE, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    with contextlib.suppress(ValueError, OSError):  # macOS takes no such limit
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY + SPARE, MEMORY + SPARE))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_watch, args=(pipe,), daemon=True).start()


def _allow(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _watch(pipe: int) -> None:
    """End when the memory in use is more than allowed, or when nobody listens any more."""
    unit = 1 if sys.platform == "darwin" else 1024
    gone = select.poll()
    gone.register(pipe, 0)
    while not gone.poll(0):
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit > MEMORY:
            _say(pipe, {"refused": "large"})
            break
        time.sleep(0.02)
    os._exit(1)


def _say(pipe: int, line: Any) -> None:
    """One line; it begins with a line end, so that it stands alone whatever was half written before."""
    data = b"\n" + json.dumps(line).encode() + b"\n"
    while data:
        data = data[os.write(pipe, data) :]


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
