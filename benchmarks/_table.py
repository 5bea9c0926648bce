"""What all benchmarks share: a table of figures with bars and floors, printed and written as JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure: ``case``, ``figure`` in ``unit``, and its ``bar``, a bound from above unless ``at_least``.

    ``beside`` names what was measured in the same run for comparison: the floor, or a peer. A row without a bar gives no verdict; one
    without a figure could not be measured, and misses its bar if it has one. ``invalid`` says why what was measured is not what is claimed.
    """

    case: str
    figure: float | None
    unit: str
    bar: float | None = None
    at_least: bool = False
    beside: str = ""
    invalid: str = ""

    @property
    def verdict(self) -> str:
        """``met``, ``MISSED``, ``INVALID``, or empty without a bar."""
        if self.invalid:
            return "INVALID"
        if self.bar is None:
            return ""
        if self.figure is None:
            return "MISSED"
        return "met" if (self.figure >= self.bar if self.at_least else self.figure <= self.bar) else "MISSED"


def benchmark(
    title: str,
    measure: Callable[[bool], list[Row]] | Callable[[bool, argparse.Namespace], list[Row]],
    more: Callable[[argparse.ArgumentParser], None] | None = None,
) -> int:
    """Run ``measure(quick)`` under the options ``--quick`` and ``--json FILE``, print the table, and return 1 for a missed bar, else 0.

    Where ``more`` adds options of its own, ``measure(quick, options)`` is given all of them.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions; good for a look, not for a claim")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON too")
    if more is not None:
        more(parser)
    options = parser.parse_args()
    where = machine()
    rows = measure(options.quick) if more is None else measure(options.quick, options)  # type: ignore[call-arg]
    print(f"{title}{' (quick)' if options.quick else ''}\n{where}\n\n{table(rows)}")
    if options.json:
        content = {
            "title": title,
            "quick": options.quick,
            "machine": where,
            "rows": [{**asdict(row), "verdict": row.verdict} for row in rows],
        }
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 1 if any(row.verdict in ("MISSED", "INVALID") for row in rows) else 0


def sections(kind: str, names: Sequence[str], measure: Callable[[Callable[..., list[Row]]], list[Row]]) -> list[Row]:
    """The rows of the named sections, one after the other: of each the function NAME of the module ``_KIND_NAME`` is given to ``measure``.

    One that cannot be measured gives a row that says why.
    """
    rows: list[Row] = []
    for name in names:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        module = importlib.import_module(f"_{kind}_{name}")  # of a section that is not asked for nothing is needed
        try:
            rows += measure(getattr(module, name))
        except SystemExit as error:  # the other sections are worth their rows all the same
            rows.append(Row(case=name, figure=None, unit="", invalid=str(error).removeprefix("benchmark invalid: ")))
    return rows


def machine() -> str:
    """The machine in words: processors, system, Python, and how many processes of others kept it busy during the last minute."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{usable} cores ({platform.machine()}), {platform.system()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    head = ["case", "figure", "unit", "bar", "beside it", "verdict"]
    cells = [[row.case, number(row.figure), row.unit, _bar(row), row.invalid or row.beside, row.verdict] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = [[*head], ["-" * width for width in widths], *cells]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines)


def number(value: float | None) -> str:
    """A figure with three significant digits, large ones in full; a dash for one that is not known."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _bar(row: Row) -> str:
    if row.bar is None:
        return ""
    return f"{'>=' if row.at_least else '<='} {number(row.bar)}"


def fail(message: str) -> NoReturn:
    """End the benchmark because what it measured is not what it claims to measure."""
    sys.exit(f"benchmark invalid: {message}")
