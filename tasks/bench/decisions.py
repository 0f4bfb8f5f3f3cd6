"""How long a decision takes to answer, with few and with very many cards open."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tasks.bench.browser import WORKSPACE, Visitor, signed_in
from tasks.bench.figures import Figure, Results, percentile
from tasks.bench.lists import copy_rows
from tasks.bench.stacks import Stack, ours

FEW, MANY = 100, 10_000
WAYS = ("approve", "changes", "reject")
FILLED = "SELECT public_id FROM approvals WHERE call_key LIKE 'open-%' AND state = 'pending' ORDER BY id DESC LIMIT ?"


def fill(stack: Stack, count: int) -> None:
    """Have so many more open cards in the demo workspace, each of a run of its own, copied from one that waits."""
    waiting = (
        "SELECT id, run_id FROM approvals WHERE workspace_id = 1 AND state = 'pending' AND risk = 'medium' LIMIT 1"
    )
    with stack.connect() as writer:
        card, run = writer.execute(waiting).fetchone()
        base, number = writer.execute("SELECT max(id), max(number) FROM runs").fetchone()
        writer.execute("BEGIN IMMEDIATE")
        unlike = {"id": f"{base} + n", "public_id": "lower(hex(randomblob(10)))", "start_key": f"'open-{base}-' || n"}
        copy_rows(writer, "runs", run, count, unlike | {"number": f"{number} + n"})
        _copy_checkpoints(writer, run, base, count)
        unlike = {
            "id": f"{_top(writer)} + n",
            "public_id": "lower(hex(randomblob(10)))",
            "call_key": f"'open-{base}-' || n",
        }
        copy_rows(writer, "approvals", card, count, unlike | {"run_id": f"{base} + n"})
        writer.execute(f"UPDATE workspaces SET next_run_number = {number + count + 1} WHERE id = 1")
        writer.execute("COMMIT")


def _copy_checkpoints(writer: sqlite3.Connection, run: int, base: int, count: int) -> None:
    columns = [row[1] for row in writer.execute("PRAGMA table_info(run_checkpoints)")]
    values = ", ".join(f"{base} + n" if column == "run_id" else column for column in columns)
    writer.execute(
        f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) "
        f"INSERT INTO run_checkpoints SELECT {values} FROM c, (SELECT * FROM run_checkpoints WHERE run_id = {run})"
    )


def _top(writer: sqlite3.Connection) -> int:
    found: int = writer.execute("SELECT max(id) FROM approvals").fetchone()[0]
    return found


def measure(data: Path, results: Results, *, quick: bool) -> None:
    """The same system, first with few and then with many open cards."""
    count = 60 if quick else 240
    times: dict[int, list[float]] = {}
    with ours(data) as stack:
        visitor = signed_in(stack.port, "reviewer")
        for size in (FEW, MANY):
            fill(stack, size + count)
            cards = _open(stack, count)
            times[size] = [_decided_ms(visitor, card, WAYS[n % len(WAYS)]) for n, card in enumerate(cards)]
    results.add(_figures(times))
    results.samples |= {f"decision with {size} open cards": values for size, values in times.items()}


def _open(stack: Stack, count: int) -> list[str]:
    with stack.connect() as reader:
        return [row[0] for row in reader.execute(FILLED, (count,))]


def _decided_ms(visitor: Visitor, card: str, decision: str) -> float:
    fields = {"decision": decision, "version": "1", "idempotency_key": card, "reason": "timing", "note": "Later."}
    began = time.monotonic()
    answer = visitor.post(f"{WORKSPACE}/approvals/{card}/decisions", **fields)
    took = (time.monotonic() - began) * 1000
    if answer.status != 303:
        raise RuntimeError(f"the decision was refused: {answer.status}")
    return took


def _figures(times: dict[int, list[float]]) -> Iterator[Figure]:
    few, many = median(times[FEW]), median(times[MANY])
    yield Figure(f"a decision with {MANY:,} open cards, p95", percentile(times[MANY], 95), "ms", 50)
    compared = f"{many:.1f} ms; with {FEW:,} {few:.1f} ms"
    yield Figure(f"a decision with {MANY:,} open cards", many / few, "x", 1.5, compared=compared)
