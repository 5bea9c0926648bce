"""``aios run``: a pipeline over files and folders, into a store."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from aios_sdk.errors import PipelineError

from ._exit import Exit
from ._printing import printable

if TYPE_CHECKING:
    from aios_sdk.engine import Stop
    from aios_sdk.pipelines import Pipeline
    from aios_sdk.records import Document, Outcome

_SHOWN = 20


def run(
    pipeline: Annotated[str, typer.Argument(help="A YAML file, or module:name of a Pipeline in Python.", metavar="PIPELINE")],
    inputs: Annotated[list[str], typer.Argument(help="Files and folders.", metavar="INPUT")],
    store: Annotated[Path, typer.Option(help="The store: a directory, usually named NAME.aios; made if it is not there.")],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes, for components that parse, read or predict. Default: the number of cores.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute everything, also what the store holds already.")] = False,
    grace: Annotated[float, typer.Option(min=0, help="Seconds after Ctrl-C in which what is under way is finished.")] = 10.0,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be computed, and why; run nothing.")] = False,
    progress: Annotated[bool, typer.Option(help="Tell on standard error how far it is.")] = True,
) -> None:
    """Run PIPELINE on every INPUT and record everything in the store.

    A file that nobody can read becomes a failure in the store, and the run goes on. The exit code is 0 when no document failed and 1
    when some did (see the failures printed, or: aios sql STORE "from errors").

    What the store holds already is not computed again: the same command goes on where it was interrupted, and after a change only the
    steps that it concerns are done. Failures that may pass are tried again. --plan tells beforehand.

    Ctrl-C (or SIGTERM) has it finish what is under way and take nothing new; a second one ends it at once. The exit code is then 130.

    Examples:

      aios run claims.yaml inbox/ --store claims.aios

      aios run mypackage.pipelines:tickets tickets.csv --store tickets.aios
    """
    from aios_sdk.engine import Ending, Stop, check_inputs
    from aios_sdk.engine import run as run_plan
    from aios_sdk.store import Store

    quiet_libraries()
    found = load_pipeline(pipeline)
    check_inputs(inputs)
    compiled = found.compile()  # what is wrong with the pipeline is said before a store is made
    if plan:
        from ._preview import show

        show(found, inputs, store)
        return
    counts: Counter[str] = Counter()
    troubles: list[Outcome] = []
    misnamed: list[Document] = []
    stop, end = Stop(grace), Ending(sys.stderr, quiet=progress)
    try:
        with _asked_by_signals(stop), Store(store) as opened:
            for outcome in run_plan(
                compiled, inputs, store=opened, workers=workers, progress=progress, fresh=fresh, observers=(end,), stop=stop
            ):
                for each in ending(outcome):
                    counts[each.status] += 1
                    if each.status != "completed" and len(troubles) < _SHOWN:
                        troubles.append(each)
                    if each.document.media_declared and len(misnamed) <= _SHOWN:
                        misnamed.append(each.document)
    except KeyboardInterrupt:
        end.status = "interrupted"
    report(counts, troubles)
    note(misnamed)
    if end.status == "interrupted":
        sys.stderr.write(f"Interrupted. What was done is safe in {store}. Run the same command again to go on from there.\n")
        raise typer.Exit(Exit.INTERRUPTED)
    typer.echo(f'Next: aios sql {store} "from current_fields"')
    if counts["failed"]:
        raise typer.Exit(Exit.FAILED)


@contextmanager
def _asked_by_signals(stop: Stop) -> Iterator[None]:
    """Within it Ctrl-C, and SIGTERM as well, asks to stop; the third is a `KeyboardInterrupt`, for what heeds neither of two requests."""

    def ask(number: int, frame: FrameType | None) -> None:
        stop.request()
        if stop.requests > 1:
            for each in before:
                signal.signal(each, signal.default_int_handler)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def quiet_libraries() -> None:
    """Keep what parsers print about damaged files off the terminal: the failure is in the store, with its document."""
    if os.environ.get("AIOS_DEBUG") != "1":
        os.environ["RUST_BACKTRACE"] = "0"
        warnings.filterwarnings("ignore", module=r"PIL\.")


def ending(outcome: Outcome) -> Iterable[Outcome]:
    """The documents that an outcome speaks of: the members of a case, else itself."""
    return outcome.document.members if outcome.document.kind == "case" else (outcome,)


def report(counts: Counter[str], troubles: list[Outcome], *, err: bool = False) -> None:
    """How many documents ended how, and the first that did not complete, with the reason."""
    told = ", ".join(f"{counts[status]:,} {status}" for status in ("completed", "partial", "failed", "refused") if counts[status])
    typer.echo(f"{counts.total():,} document{'' if counts.total() == 1 else 's'}: {told or 'none were found'}", err=err)
    for outcome in troubles:
        failure = outcome.failures[0] if outcome.failures else None
        reason = f"{failure.category}: {failure.message}" if failure else next((step.message for step in outcome.steps if step.message), "")
        first = reason.splitlines()[0] if reason else ""
        typer.echo(printable(f"  {outcome.status:<9} {outcome.document.key or outcome.name}: {first}"), err=err)
    more = counts.total() - counts["completed"] - len(troubles)
    if more > 0:
        typer.echo(f"  ... and {more:,} more", err=err)


def note(misnamed: list[Document]) -> None:
    """The first documents that are not what they say they are."""
    for document in misnamed[:_SHOWN]:
        what = f"it says {document.media_declared}, its bytes are {document.media_type}"
        typer.echo(printable(f"  note      {document.key or document.name}: {what}"))
    if len(misnamed) > _SHOWN:
        typer.echo("  ... and more: from current_documents select name, media_declared, media_type where media_declared <> ''")


def load_pipeline(name: str) -> Pipeline:
    """The pipeline in a YAML file, or at ``module:name``. Raises `PipelineError` when it is neither."""
    from aios_sdk.pipelines import Pipeline
    from aios_sdk.plugins import import_object

    if name.endswith((".yaml", ".yml")):
        return Pipeline.from_yaml(Path(name))
    if ":" in name:
        sys.path.insert(0, str(Path.cwd()))
        found = import_object(name)
        if isinstance(found, Pipeline):
            return found
        raise PipelineError(f"{name} is a {type(found).__name__}, not a Pipeline", fix="Name the variable that holds the pipeline")
    raise PipelineError(f"{name!r} is no pipeline", fix="Give a file that ends in .yaml, or module:name")
