"""Whether the runs list and the inbox care how many runs have finished."""

import sqlite3
import time
from collections.abc import Iterator
from statistics import median

from tasks.bench.browser import WORKSPACE, Visitor, signed_in
from tasks.bench.figures import Figure, Results
from tasks.bench.stacks import Stack

FEW, MANY = 1_000, 1_000_000
BATCH = 50_000
CARDS_EVERY = 10
"""One finished run in so many had a card."""
PAGES = {
    "runs list": f"{WORKSPACE}/runs",
    "inbox": f"{WORKSPACE}/approvals",
    "decided cards": f"{WORKSPACE}/approvals?tab=decided",
}


def fill(stack: Stack, upto: int) -> None:
    """Have `upto` finished runs in the demo workspace, copied in bulk from one that ended there."""
    with stack.connect() as writer:
        writer.execute("PRAGMA synchronous=OFF")
        model = writer.execute("SELECT id FROM runs WHERE state = 'succeeded' AND workspace_id = 1 LIMIT 1").fetchone()
        card = writer.execute("SELECT id FROM approvals WHERE workspace_id = 1 LIMIT 1").fetchone()
        have = writer.execute("SELECT count(*) FROM runs WHERE start_key LIKE 'fill-%'").fetchone()[0]
        for first in range(have, upto, BATCH):
            _copy(writer, model[0], card[0], first, min(BATCH, upto - first))
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(writer: sqlite3.Connection, model: int, card: int, first: int, count: int) -> None:
    base = writer.execute("SELECT max(id) FROM runs").fetchone()[0]
    number = writer.execute("SELECT max(number) FROM runs WHERE workspace_id = 1").fetchone()[0]
    unlike = {
        "id": f"{base} + n",
        "public_id": "lower(hex(randomblob(10)))",
        "number": f"{number} + n",
        "start_key": f"'fill-' || ({first} + n)",
    }
    writer.execute("BEGIN IMMEDIATE")
    _insert(writer, "runs", model, count, unlike, "")
    card_base = writer.execute("SELECT max(id) FROM approvals").fetchone()[0]
    unlike = {
        "id": f"{card_base} + n",
        "public_id": "lower(hex(randomblob(10)))",
        "run_id": f"{base} + n",
        "call_key": f"'fill-' || ({first} + n)",
        "state": "'done'",
    }
    _insert(writer, "approvals", card, count, unlike, f"WHERE n % {CARDS_EVERY} = 0")
    writer.execute(f"UPDATE workspaces SET next_run_number = {number + count + 1} WHERE id = 1")
    writer.execute("COMMIT")


def _insert(writer: sqlite3.Connection, table: str, model: int, count: int, unlike: dict[str, str], where: str) -> None:
    columns = [row[1] for row in writer.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(unlike.get(column, f"m.{column}") for column in columns)
    writer.execute(
        f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) "
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {values} FROM c, (SELECT * FROM {table} WHERE id = {model}) m {where}"
    )


def page_ms(visitor: Visitor, path: str, count: int) -> list[float]:
    """How long the page takes, again and again."""
    times = []
    for _ in range(count + 3):
        began = time.monotonic()
        answer = visitor.get(path)
        times.append((time.monotonic() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
    return times[3:]


def measure(stack: Stack, results: Results, *, rows: int, quick: bool) -> None:
    visitor, count = signed_in(stack.port, "reviewer"), 20 if quick else 60
    fill(stack, FEW)
    few = {name: page_ms(visitor, path, count) for name, path in PAGES.items()}
    fill(stack, rows)
    many = {name: page_ms(visitor, path, count) for name, path in PAGES.items()}
    results.add(_figures(few, many, rows))
    for name in PAGES:
        results.samples[f"{name} with {FEW}"], results.samples[f"{name} with {rows}"] = few[name], many[name]


def _figures(few: dict[str, list[float]], many: dict[str, list[float]], rows: int) -> Iterator[Figure]:
    for name in PAGES:
        before, after = median(few[name]), median(many[name])
        compared = f"{after:.1f} ms; with {FEW:,} {before:.1f} ms"
        yield Figure(f"{name} with {rows:,} finished runs", after / before, "x", 1.2, compared=compared)
