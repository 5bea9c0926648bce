"""``aios calibrate``: probabilities out of confidences, and from which one on nobody needs to look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aios_sdk.errors import UsageError
from aios_sdk.store import Store

from ._printing import as_json, printable
from .model import By
from .store import AsJson, StorePath

if TYPE_CHECKING:
    from rich.table import Table

    from aios_sdk.calibration import CalibrationError, Method, Threshold
    from aios_sdk.learning import Calibrated, CalibrationReport

_SHOWN = 5

# The width of tables where nobody looks at a terminal.
_PAPER_WIDTH = 140


def calibrate(
    store: StorePath,
    truth: Annotated[
        Path,
        typer.Option(
            help="What is true: CSV or JSON lines with document (name, key or id), path and value, or taxonomy and label; and source."
        ),
    ],
    step: Annotated[str, typer.Option(help="The step whose confidences are meant. Default: the only one that gave such values.")] = "",
    path: Annotated[list[str] | None, typer.Option(help="Only fields of this path; may be repeated.")] = None,
    taxonomy: Annotated[list[str] | None, typer.Option(help="Only labels of this taxonomy; may be repeated.")] = None,
    method: Annotated[str, typer.Option(help="isotonic or platt. Default: isotonic from 1,000 values on.")] = "",
    target: Annotated[list[float] | None, typer.Option(help="A precision to hold; may be repeated. Default: 0.99 and 0.95.")] = None,
    name: Annotated[str, typer.Option(help="What the calibrator is called among the models of the store.")] = "calibration",
    by: By = "",
    json: AsJson = False,
) -> None:
    """Learn from what is true how often a step's confidences are right, and from which confidence on nobody needs to look.

    The calibrator becomes a model of the store, which the option calibration=NAME of a step names. All figures are of sources that it was
    not fitted to. The error is told beside what a perfectly calibrated component would stay below in 95 of 100 such samples, if each value
    is right or wrong by itself, and if those of a source go together as much as these; a threshold holds its target precision, except in
    5 of 100 samples, by the bound of Clopper and Pearson.

    Examples:

      aios calibrate claims.aios --truth truth.csv

      aios calibrate claims.aios --truth truth.csv --step extract.fields --path total --target 0.98 --name totals
    """
    from aios_sdk.learning import calibrate as learn

    with Store(store, create=False) as opened:
        done = learn(
            opened,
            truth,
            step=step,
            paths=path or (),
            taxonomies=taxonomy or (),
            method=_method(method),
            targets=target or (0.99, 0.95),
            name=name,
            by=by,
        )
    if json:
        typer.echo(as_json(_facts(done)))
        return
    _print(done)
    named = done.model.name
    champion = "champion" in done.model.aliases
    then = f"calibration={named!r} at step {done.step}" if champion else f'aios model promote {store} {named} --force "why"'
    typer.echo(f"Next: {then}")


def _method(name: str) -> Method | None:
    if name not in ("", "isotonic", "platt"):
        raise UsageError(f"There is no method {name!r}", fix="Give isotonic or platt")
    return name or None  # type: ignore[return-value]  # it is one of them


def _print(done: Calibrated) -> None:
    from rich.console import Console

    everything = done.reports[0]
    typer.echo(
        printable(
            f"{done.model} learned from {everything.values:,} values of step {done.step}, of {done.sources:,} sources ({done.method}); "
            f"it is the {', '.join(done.model.aliases)}"
        )
    )
    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=_PAPER_WIDTH)
    table = _table("values of", "given", "right", "not found", "calibration error raw", "calibrated", "by chance up to", "among sources")
    for report in done.reports:
        before, after = _error(report.before), _error(report.after)
        absent = f"{report.total - report.values:,}"
        chance = f"{report.after.chance:.4f}", f"{report.after.among_sources:.4f}"
        table.add_row(_name(report), f"{report.values:,}", f"{report.right:,}", absent, before, after, *chance)
    console.print(table)
    table = _table("target", "values of", "confidence from", "without a person", "values", "right", "precision at least")
    for report in done.reports:
        for each in report.thresholds:
            table.add_row(f"{each.target:.4g}", _name(report), *_threshold(each))
    console.print(table)
    for report in done.reports:
        for each in report.thresholds:
            if each.reason:
                typer.echo(printable(f"{_name(report)}: {each.reason}"))
    if done.unsure:
        typer.echo(f"{done.unsure:,} values were left out: the step says no confidence of them")
    if done.unknown:
        more = f" and {len(done.unknown) - _SHOWN:,} more" if len(done.unknown) > _SHOWN else ""
        typer.echo(printable(f"not in the store: {', '.join(done.unknown[:_SHOWN])}{more}"))


def _table(*headings: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.HORIZONTALS, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _name(report: CalibrationReport) -> str:
    return report.name or "all"


def _error(error: CalibrationError) -> str:
    return f"{error.value:.4f} ({error.low:.4f} to {error.high:.4f})"


def _threshold(found: Threshold) -> tuple[str, ...]:
    if found.threshold is None:
        return ("none", "0%", "", "", "")
    rate = f"{found.rate.value:.1%} ({found.rate.low:.1%} to {found.rate.high:.1%})"
    return (f"{found.threshold:.6f}", rate, f"{found.accepted:,}", f"{found.right:,}", f"{found.bound:.4f}")


def _facts(done: Calibrated) -> dict[str, object]:
    reports = [
        {
            **report._asdict(),
            "before": report.before._asdict(),
            "after": {**report.after._asdict(), "is_chance": report.after.is_chance},
            "thresholds": [{**each._asdict(), "rate": each.rate._asdict()} for each in report.thresholds],
        }
        for report in done.reports
    ]
    facts = {"identity": done.model.identity, "aliases": done.model.aliases, "step": done.step, "method": done.method}
    return {**facts, "sources": done.sources, "unsure": done.unsure, "unknown": done.unknown, "reports": reports}
