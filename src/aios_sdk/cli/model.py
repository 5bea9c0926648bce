"""``aios model``: the trained models of a store, and what their aliases stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from aios_sdk.store import AliasChange, Model, Store

from ._printing import as_json, printable, size
from .store import AsJson, StorePath

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aios_sdk.store import Evaluation

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="A model: name (its champion), name@3 or name@challenger.")]
By = Annotated[str, typer.Option(help="Who does it, for the record. Default: the user of the system.")]

# The width of tables where nobody looks at a terminal.
_PAPER_WIDTH = 140


def list_models(
    store: StorePath,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Only the versions of this one.")] = "",
    json: AsJson = False,
) -> None:
    """List the trained models of a store: versions, the aliases that stand for them, and their latest evaluation.

    Examples:

      aios model list tickets.aios
    """
    with Store(store, create=False) as opened:
        found = opened.models.list(name)
        evaluations = [next(iter(opened.models.evaluations(model)), None) for model in found]
    if json:
        typer.echo(as_json([_facts(model, evaluation) for model, evaluation in zip(found, evaluations, strict=True)]))
        return
    if not found:
        typer.echo(f"There are no models{f' {name}' if name else ''} in {store}. Next: aios model train {store} NAME --component ...")
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=_PAPER_WIDTH)
    table = Table(box=box.HORIZONTALS, pad_edge=False)
    for heading in ("model", "aliases", "task", "format", "component", "trained on", "evaluation", "digest"):
        table.add_column(heading, overflow="fold")
    for model, evaluation in zip(found, evaluations, strict=True):
        table.add_row(
            str(model),
            ", ".join(model.aliases),
            model.task,
            model.format,
            f"{model.component} {model.component_version}".rstrip(),
            f"{model.examples:,} examples",
            _told(evaluation) if evaluation else "none",
            model.digest[:12],
        )
    console.print(table)


def show(store: StorePath, model: ModelName, json: AsJson = False) -> None:
    """Show one version of a model: what it is, its files, what it was measured to do, its card, and the history of its aliases.

    Examples:

      aios model show tickets.aios intents@challenger
    """
    with Store(store, create=False) as opened:
        found = opened.models.get(model)
        files = opened.models.files(found)
        evaluations = opened.models.evaluations(found)
        history = opened.models.history(found.name)
    if json:
        more = {"files": [file._asdict() for file in files], "evaluations": evaluations, "history": history}
        typer.echo(as_json({**_facts(found, None), "card": found.card, **more}))
        return
    facts = {
        "model": str(found),
        "aliases": ", ".join(found.aliases) or "none",
        "digest": found.digest,
        "task": found.task,
        "format": found.format,
        "trained by": f"{found.component} {found.component_version}".rstrip(),
        "settings": ", ".join(f"{name} = {value}" for name, value in found.config.items()) or "as they are by default",
        "classes": _shortened(found.classes),
        "trained on": f"{found.examples:,} examples, digest {found.examples_digest[:12]}",
        "measured then": ", ".join(f"{name} {value:.4g}" for name, value in found.metrics.items()) or "nothing",
        "files": ", ".join(f"{file.path} ({size(file.bytes)})" for file in files),
        "added": f"{found.created_at:%Y-%m-%d %H:%M} UTC by {found.created_by}",
    }
    width = max(map(len, facts))
    lines = [f"{name.ljust(width)}  {value}" for name, value in facts.items()]
    for evaluation in evaluations:
        figures = ", ".join(f"{name} {_figure(figure)}" for name, figure in evaluation.metrics.items())
        lines.append(f"{'evaluated'.ljust(width)}  {evaluation.examples:,} examples {evaluation.examples_digest[:12]}: {figures}")
    lines += [f"{'history'.ljust(width)}  {_changed(change)}" for change in history]
    typer.echo(printable("\n".join([*lines, "", found.card.rstrip()])))


def promote(
    store: StorePath,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model: name (its challenger), or name@3.")],
    force: Annotated[str, typer.Option(metavar="REASON", help="Why, although it does worse or nobody knows; it is recorded.")] = "",
    by: By = "",
) -> None:
    """Make a version the champion, which runs work with from then on; only the steps that use it are computed again.

    It must have done at least as well as the champion on the same examples: aios model compare finds out. The exit code is 2 where it did
    worse or nobody knows.

    Examples:

      aios model promote tickets.aios intents

      aios model promote tickets.aios intents@3 --force "the labels changed on 1 March"
    """
    with Store(store, create=False) as opened:
        typer.echo(printable(_changed(opened.models.promote(model, force=force, by=by))))


def rollback(
    store: StorePath,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model.")],
    alias: Annotated[str, typer.Option(help="The alias.")] = "champion",
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    by: By = "",
) -> None:
    """Let an alias stand again for what it stood for before it was last set.

    Examples:

      aios model rollback tickets.aios intents --reason "too many refunds went to cards"
    """
    with Store(store, create=False) as opened:
        typer.echo(printable(_changed(opened.models.rollback(name, alias=alias, reason=reason, by=by))))


def _facts(model: Model, evaluation: Evaluation | None) -> dict[str, object]:
    facts = {name: getattr(model, name) for name in model.__struct_fields__ if name != "card"}
    return {**facts, "identity": model.identity} | ({"evaluation": evaluation} if evaluation else {})


def _told(evaluation: Evaluation) -> str:
    return f"{evaluation.measure} {evaluation.value:.3f} ({evaluation.low:.3f} to {evaluation.high:.3f}) on {evaluation.examples:,}"


def _figure(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _changed(change: AliasChange) -> str:
    what = "again" if change.event == "rolled_back" else "now" if change.replaced else "from the beginning"
    before = f", in the place of version {change.replaced}" if change.replaced else ""
    reason = f": {change.reason}" if change.reason else ""
    when = f"{change.set_at:%Y-%m-%d %H:%M} UTC, {change.set_by}"
    return f"{change.name}@{change.alias} is version {change.version} {what}{before} ({when}){reason}"


def _shortened(names: tuple[str, ...], most: int = 12) -> str:
    def told() -> Iterator[str]:
        yield from names[:most]
        if len(names) > most:
            yield f"... and {len(names) - most:,} more"

    return ", ".join(told())
