"""``aios model evaluate`` and ``compare``: how well models do on examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from aios_sdk.store import Store

from ._examples import After, DocumentsPath, ExamplesPath, ReadBy, Settings, reading_examples, settings_of
from ._printing import as_json, printable
from .model import ModelName
from .store import AsJson, StorePath

if TYPE_CHECKING:
    from aios_sdk.learning import Comparison, Evaluated


def evaluate(
    store: StorePath,
    model: ModelName,
    examples: ExamplesPath,
    documents: DocumentsPath = None,
    pipeline: ReadBy = None,
    after: After = None,
    component: Annotated[str, typer.Option(help="The component that works with it. Default: the one that trained it.")] = "",
    config: Settings = None,
    json: AsJson = False,
) -> None:
    """Measure how well a model does on examples, and record it: for labels accuracy and macro-F1, for fields F1 over all values, exact
    after normalisation, each with its 95% interval.

    Examples of documents that it was trained on are left out: they say nothing of others. If examples have a source, the intervals take
    each source as one.

    Examples:

      aios model evaluate tickets.aios intents@challenger --examples held-out.csv
    """
    from aios_sdk.learning import evaluate as measure

    settings = settings_of(config)
    with Store(store, create=False) as opened, reading_examples(opened, examples, documents, pipeline, after) as found:
        done = measure(opened, model, found, config=settings, component=component)
    if json:
        typer.echo(as_json({"failed": done.failed, "evaluation": done.evaluation}))
        return
    _print([done])


def compare(
    store: StorePath,
    one: Annotated[str, typer.Argument(metavar="ONE", help="A model, such as intents@champion.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Another, such as intents@challenger.")],
    examples: ExamplesPath,
    documents: DocumentsPath = None,
    pipeline: ReadBy = None,
    after: After = None,
    config: Settings = None,
    json: AsJson = False,
) -> None:
    """Compare two models on the same examples, and say which does better and whether that is more than chance.

    The 95% interval of the difference comes from a paired bootstrap: 1,000 times, as many examples (or sources, where they have one) are
    drawn with replacement, and both models are measured on what was drawn. Both evaluations are recorded, so that OTHER can be promoted.

    Examples:

      aios model compare tickets.aios intents@champion intents@challenger --examples held-out.csv
    """
    from aios_sdk.learning import compare as measure

    settings = settings_of(config)
    with Store(store, create=False) as opened, reading_examples(opened, examples, documents, pipeline, after) as found:
        done = measure(opened, one, other, found, config=settings)
    if json:
        facts = {"gain": done.gain._asdict(), "is_certain": done.is_certain}
        typer.echo(as_json({**facts, "one": done.one.evaluation, "other": done.other.evaluation}))
        return
    _print([done.one, done.other])
    typer.echo(_verdict(done))
    if done.gain.value >= 0:
        typer.echo(f"Next: aios model promote {store} {done.other.evaluation.name}@{done.other.evaluation.version}")


def _print(done: list[Evaluated]) -> None:
    """The figures of each evaluation, a column each."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from aios_sdk.learning import Figure

    table = Table("measure", box=box.HORIZONTALS, pad_edge=False)
    for each in done:
        table.add_column(_name(each))
    for measure in done[0].evaluation.metrics:
        figures = [each.evaluation.metrics.get(measure) for each in done]
        table.add_row(measure, *(str(Figure(**figure)) if figure else "" for figure in figures))
    Console().print(table)
    first = done[0].evaluation
    typer.echo(f"{first.examples:,} examples, with 95% intervals")
    if first.left_out:
        who = "it was" if len(done) == 1 else "one of them was"
        typer.echo(f"{first.left_out:,} more were left out: {who} trained on their documents")
    for each in done:
        if each.failed:
            reason = each.reason.partition("\n")[0]
            typer.echo(printable(f"{_name(each)} gave nothing for {each.failed:,} examples, which count as wrong: {reason}"))


def _name(done: Evaluated) -> str:
    return f"{done.evaluation.name}@{done.evaluation.version}"


def _verdict(done: Comparison) -> str:
    gain, measure = done.gain, done.one.evaluation.measure
    better, worse = (done.other, done.one) if gain.value >= 0 else (done.one, done.other)
    told = f"{measure} differs by {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
    if done.is_certain:
        return f"{_name(better)} does better than {_name(worse)}, by more than chance: {told}"
    if gain.value == 0:
        return f"{_name(better)} and {_name(worse)} do equally well: {told}"
    return f"{_name(better)} does better than {_name(worse)} here, and that may be chance: {told}"
