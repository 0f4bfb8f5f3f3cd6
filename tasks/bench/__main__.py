"""The command: which parts to measure, in which order, and where the results go."""

import argparse
import sys
import tempfile
from pathlib import Path

from app.config import ROOT
from tasks.bench import decisions, lists, policies, rules, runs, stacks, streams, weight
from tasks.bench.figures import Results

PARTS = ("runs", "streams", "pages", "policies", "rules", "decisions", "lists", "start")


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure LeenOps against raw RQ and its promises.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and 50,000 runs instead of a million")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part; may be given again")
    parser.add_argument("--rows", type=int, help="finished runs for the lists (1,000,000)")
    options = parser.parse_args()
    rows = options.rows or (50_000 if options.quick else lists.MANY)
    results, wanted = Results(), tuple(options.only or PARTS)
    with tempfile.TemporaryDirectory(prefix="leenops-bench-", ignore_cleanup_errors=True) as folder:
        measure(Path(folder), results, wanted, rows=rows, quick=options.quick)
    kept = results.keep(ROOT / "var" / "bench", {"quick": options.quick, "rows": rows, "parts": list(wanted)})
    print(f"\n{results.table()}\n\nKept in {kept}")
    return 0


def measure(folder: Path, results: Results, wanted: tuple[str, ...], *, rows: int, quick: bool) -> None:
    """The parts, each on a stack that is as quiet as the part needs it."""
    mine = folder / "ours"
    if "rules" in wanted:
        rules.measure(results, quick=quick)
    if "decisions" in wanted:
        decisions.measure(folder / "few", results, quick=quick)
    if not set(wanted) - {"rules", "decisions"}:
        return
    print("Starting LeenOps with its demo", flush=True)
    with stacks.ours(mine) as stack:
        if "runs" in wanted:
            with stacks.plain(folder / "raw") as raw:
                runs.measure(stack, raw, results, quick=quick)
        if "streams" in wanted:
            streams.measure(stack, results, quick=quick)
        if "pages" in wanted:
            weight.measure_pages(stack, results)
        if "policies" in wanted:
            with stacks.plain(folder / "hello") as raw:
                policies.measure(stack, raw, results, quick=quick)
        if "runs" in wanted and "streams" in wanted:
            weight.measure_after_work(stack, results)
    if "start" in wanted:
        weight.measure_start(mine, results, quick=quick)
    if "lists" in wanted:
        lists.measure(mine, results, rows=rows, quick=quick)


if __name__ == "__main__":
    sys.exit(main())
