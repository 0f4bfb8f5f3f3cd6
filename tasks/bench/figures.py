"""What a measurement brings back, and how it is shown and kept."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles


@dataclass(frozen=True)
class Figure:
    """One line of the table. `target` is the worst value that still holds the promise; None promises nothing."""

    name: str
    value: float
    unit: str
    target: float | None = None
    higher_is_better: bool = False
    compared: str = ""
    """What it was measured against, in words."""

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        holds = self.value >= self.target if self.higher_is_better else self.value <= self.target
        return "holds" if holds else "MISSED"

    @property
    def promise(self) -> str:
        if self.target is None:
            return ""
        return f"{'>=' if self.higher_is_better else '<='} {self.target:g} {self.unit}"


@dataclass
class Results:
    """Everything one run of the benchmark measured."""

    figures: list[Figure] = field(default_factory=list)
    samples: dict[str, list[float]] = field(default_factory=dict)

    def add(self, figures: Iterable[Figure]) -> None:
        for figure in figures:
            self.figures.append(figure)
            print(_line(figure), flush=True)

    def keep(self, folder: Path, options: dict[str, object]) -> Path:
        """Write everything as JSON to `folder`; the file's path."""
        folder.mkdir(parents=True, exist_ok=True)
        at = datetime.now(UTC)
        path = folder / f"{at:%Y%m%dT%H%M%SZ}.json"
        content = {
            "at": at.isoformat(),
            "machine": machine(),
            "options": options,
            "figures": [asdict(figure) | {"verdict": figure.verdict} for figure in self.figures],
            "samples_ms": {name: [round(value, 2) for value in values] for name, values in self.samples.items()},
        }
        path.write_text(json.dumps(content, indent=1))
        return path

    def table(self) -> str:
        """The figures as a Markdown table."""
        rows = [("figure", "measured", "promise", "", "against")]
        rows += [(f.name, f"{f.value:.3g} {f.unit}", f.promise, f.verdict, f.compared) for f in self.figures]
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        rows.insert(1, tuple("-" * width for width in widths))  # type: ignore[arg-type]
        return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in rows)


def machine() -> dict[str, object]:
    """Where it was measured, and how busy that machine was."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def percentile(values: list[float], share: int) -> float:
    """The value that `share` percent of `values` do not exceed."""
    return quantiles(values, n=100, method="inclusive")[share - 1] if len(values) > 1 else values[0]


def _line(figure: Figure) -> str:
    promise = f"  ({figure.promise}: {figure.verdict})" if figure.promise else ""
    return f"  {figure.name:58} {figure.value:>9.3g} {figure.unit:5}{promise}"
