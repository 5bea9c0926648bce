"""``aios demo``: the claims desk, from an inbox to one decision per claim."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aios_sdk.errors import UsageError

if TYPE_CHECKING:
    from aios_sdk.records import Document, Outcome

#: The fields of a claim worth a look, and how they are headed.
_KEY_FIELDS = (("claim_number", "claim"), ("policy_number", "policy"), ("loss_date", "loss"), ("amount_claimed", "claimed"))


def demo(
    store: Annotated[Path | None, typer.Option(help="Where the results go. Default: demo.aios in the checkout, made anew each time.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Components at work at once. Default: the number of cores.")] = None,
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
        "The claims example is not here", cause="It is part of the checkout, not of the installed package",
        fix="Clone the repository and run `make demo` there",
    )


def _print_claims(outcomes: list[Outcome]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="One decision per claim", title_justify="left", show_lines=True)
    for heading in ("claim", "documents", "key fields (confidence)", "checks failed", "route", "why"):
        table.add_column(heading, overflow="fold")
    for outcome in outcomes:
        case = outcome.document
        route = outcome.route
        style = "green" if route and not route.review else "yellow"
        table.add_row(
            case.name, _documents(case), _key_fields(case), _failed_checks(case),
            Text((route.destination + (" (review)" if route.review else "")) if route else "none", style=style),
            route.reasons[0].text if route and route.reasons else "",
        )
    console = Console()
    console.print(table if console.width >= 100 else table, width=max(console.width, 110))


def _documents(case: Document) -> str:
    return "\n".join(f"{member.name}{'' if member.status == 'completed' else f' [{member.status}]'}" for member in case.members)


def _key_fields(case: Document) -> str:
    first = case.members[0].document
    lines = []
    for path, heading in _KEY_FIELDS:
        found = first.fields.get(path)
        if found is not None:
            sure = f" ({found.confidence:.2f})" if found.confidence is not None else ""
            lines.append(f"{heading} {found.chosen.text if found.chosen else 'conflict'}{sure}")
    for member in case.members:
        found = member.document.fields.get("total")
        if found is not None and member.document.media_type == "application/pdf":
            sure = f" ({found.confidence:.2f})" if found.confidence is not None else ""
            lines.append(f"total {found.chosen.text if found.chosen else 'conflict'}{sure}")
    return "\n".join(lines)


def _failed_checks(case: Document) -> str:
    return "\n".join(f"{rule}{'' if check.passed is False else ' (unknown)'}" for rule, check in case.checks.items() if check.passed is not True)


def _print_troubles(outcomes: list[Outcome]) -> None:
    troubles = [(outcome, member) for outcome in outcomes for member in outcome.document.members if member.status in ("failed", "refused", "partial")]
    typer.echo("\nWhat was refused or failed:" if troubles else "\nNothing was refused and nothing failed.")
    for outcome, member in troubles:
        reason = member.failures[0] if member.failures else None
        typer.echo(f"  {member.name} in {outcome.name}: {member.status}" + (f", {reason.category}: {reason.message.splitlines()[0]}" if reason else ""))


def _print_next(store: Path, outcomes: list[Outcome], seconds: float) -> None:
    documents = sum(len(outcome.document.members) for outcome in outcomes)
    typer.echo(f"\n{len(outcomes)} claims of {documents} documents in {seconds:.0f} s; everything is in {store}. Try next:\n")
    invoice = next(
        (member.document for outcome in outcomes for member in outcome.document.members
         if member.document.media_type == "application/pdf" and "total" in member.document.fields), None,
    )
    if invoice is not None:
        typer.echo(f"  aios explain {store} {invoice.id[:12]} total --png total.png     # where that amount stands on the page")
    typer.echo(f"  aios sql {store} \"select name, destination, review, reason from current_routes join current_documents using (document_id)\"")
    typer.echo(f"  aios sql {store} \"from field_provenance where path = 'total'\"")
