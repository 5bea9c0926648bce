"""``aios demo``: the claims desk, from an inbox to one decision per claim."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aios_sdk.errors import UsageError

if TYPE_CHECKING:
    from aios_sdk.records import Document, Field, Outcome, Resolved

#: Columns where the output is no terminal.
_PAPER_WIDTH = 130

#: The fields of a claim worth a look, and how they are headed.
_KEY_FIELDS = (("policy_number", "policy"), ("loss_date", "loss"), ("amount_claimed", "claimed"))


def demo(
    store: Annotated[
        Path | None, typer.Option(help="Where the results go. Default: demo.aios in the checkout, made anew each time.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes, for components that parse, read or predict. Default: the number of cores.")
    ] = None,
) -> None:
    """Run the claims example: mails with invoices, scans and spreadsheets become one decision per claim.

    The example lies in examples/claims of the checkout: the inbox, the pipeline as YAML and as Python, the rules, and the policies.

    Examples:

      aios demo

      aios demo --store /tmp/try.aios
    """
    from aios_sdk.pipelines import Pipeline
    from aios_sdk.store import Store

    example = _example()
    place = store or _short(example.parent.parent / "demo.aios")
    pipeline = Pipeline.from_yaml(example / "claims.yaml")
    pipeline.compile()
    if store is None and (place / "store.json").is_file():
        shutil.rmtree(place)
    typer.echo(f"{pipeline}\n")
    begun = time.monotonic()
    with Store(place) as opened:
        outcomes = sorted(pipeline.run(example / "inbox", store=opened, workers=workers, progress=True), key=lambda outcome: outcome.name)
    _print_claims(outcomes)
    _print_troubles(outcomes)
    _print_next(place, outcomes, time.monotonic() - begun)


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _example() -> Path:
    for root in (Path.cwd(), Path(__file__).resolve().parents[3]):
        found = root / "examples" / "claims"
        if (found / "claims.yaml").is_file():
            return found
    raise UsageError(
        "The claims example is not here",
        cause="It is part of the checkout, not of the installed package",
        fix="Clone the repository and run `make demo` there",
    )


def _print_claims(outcomes: list[Outcome]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=_PAPER_WIDTH)
    table = Table(title="One decision per claim", title_justify="left", box=box.HORIZONTALS, show_lines=True, pad_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("documents", min_width=9)
    table.add_column("key fields (confidence)", min_width=24)
    table.add_column("checks failed", overflow="fold", min_width=14)
    table.add_column("route", no_wrap=True)
    table.add_column("why", ratio=1)
    for outcome in outcomes:
        case, route = outcome.document, outcome.route
        table.add_row(
            Path(case.name).stem[:16],
            _documents(case),
            _key_fields(case),
            _failed_checks(case),
            Text(route.destination + ("*" if route.review else ""), style="yellow" if route.review else "green") if route else "none",
            _why(outcome),
        )
    console.print(table)
    typer.echo("A route marked with * goes to a person first; the others are automatic.")


def _documents(case: Document) -> str:
    """How many, and how those that did not complete ended."""
    ended = Counter(member.status for member in case.members)
    troubles = [f"{count} {status}" for status, count in ended.items() if status != "completed"]
    return "\n".join([str(len(case.members)), *troubles])


def _key_fields(case: Document) -> str:
    lines = [
        f"{heading} {_value(found)}" for path, heading in _KEY_FIELDS if (found := case.members[0].document.fields.get(path)) is not None
    ]
    inside = {member.document.id for member in case.members if member.document.media_type == "application/pdf"}
    for member in case.members:
        total = member.document.fields.get("total")
        if total is not None and member.document.parent not in inside:
            lines.append(f"invoice {_value(total)}")
    return "\n".join(lines)


def _value(found: Resolved[Field]) -> str:
    if found.chosen is None:
        return "conflict"
    return f"{found.chosen.text} ({found.confidence:.2f})" if found.confidence is not None else found.chosen.text


def _failed_checks(case: Document) -> str:
    failed = [rule for rule, check in case.checks.items() if check.passed is False]
    unknown = sum(check.passed is None for check in case.checks.values())
    return "\n".join([*failed, *([f"{unknown} unknown"] if unknown else [])])


def _why(outcome: Outcome) -> str:
    """What the checks that failed say; else the reason for the route."""
    if outcome.route is None:
        return ""
    said = [check.message for check in outcome.document.checks.values() if check.passed is False and check.message]
    return "; ".join(said or [reason.text for reason in outcome.route.reasons[:1]])


def _print_troubles(outcomes: list[Outcome]) -> None:
    troubles = [
        (outcome, member)
        for outcome in outcomes
        for member in outcome.document.members
        if member.status in ("failed", "refused", "partial")
    ]
    typer.echo("\nWhat was refused or failed:" if troubles else "\nNothing was refused and nothing failed.")
    for outcome, member in troubles:
        reason = member.failures[0] if member.failures else None
        typer.echo(
            f"  {member.name} in {outcome.name}: {member.status}"
            + (f", {reason.category}: {reason.message.splitlines()[0]}" if reason else "")
        )


def _print_next(store: Path, outcomes: list[Outcome], seconds: float) -> None:
    documents = sum(len(outcome.document.members) for outcome in outcomes)
    typer.echo(f"\n{len(outcomes)} claims of {documents} documents in {seconds:.0f} s; everything is in {store}. Try next:\n")
    invoice = next(
        (
            member.document
            for outcome in outcomes
            for member in outcome.document.members
            if member.document.media_type == "application/pdf" and "total" in member.document.fields
        ),
        None,
    )
    if invoice is not None:
        typer.echo(f"  aios explain {store} {invoice.id[:12]} total --png total.png     # where that amount stands on the page")
    typer.echo(f"  aios sql {store} \"select name, destination, review, reasons->0->>'text' as why from current_routes\"")
    typer.echo(
        f"  aios sql {store} \"select name, value_text, quote, page, component, version from field_provenance where path = 'total'\""
    )
