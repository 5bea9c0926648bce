"""What ``aios run --plan`` prints."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from ._printing import printable

if TYPE_CHECKING:
    from aios_sdk.pipelines import Pipeline

#: Reasons shown for a step, and the width of the table where nobody looks at a terminal.
_REASONS: Final = 3
_PAPER_WIDTH: Final = 120


def show(pipeline: Pipeline, inputs: list[str], store: Path) -> None:
    """For each step how many results would be recalled and computed, and the most frequent reasons."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from aios_sdk.store import Store

    if not store.exists():
        typer.echo(f"There is no {store} yet: everything would be computed.")
        return
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    documents = set()
    with Store(store, create=False) as opened:
        for foreseen in pipeline.preview(inputs, store=opened):
            documents.add(foreseen.document)
            counts[foreseen.step][foreseen.will] += 1
            if foreseen.why:
                reasons[foreseen.step][foreseen.why] += 1
    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=_PAPER_WIDTH)
    table = Table("step", box=box.HORIZONTALS, pad_edge=False)
    for heading in ("recalled", "computed", "depends"):
        table.add_column(heading, justify="right")
    table.add_column("why", ratio=1)
    for step, counted in counts.items():
        why = "\n".join(f"{count:,} x {printable(reason)}" for reason, count in reasons[step].most_common(_REASONS))
        table.add_row(step, f"{counted['recall']:,}", f"{counted['compute']:,}", f"{counted['depend']:,}", why)
    console.print(table)
    typer.echo(f"{len(documents):,} document{'' if len(documents) == 1 else 's'}. Nothing was run.")
