"""What commands about models have in common: the options that say where examples are, and reading them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from aios_sdk.errors import UsageError

from ._printing import printable
from ._reading import reader
from .run import load_pipeline, quiet_libraries

if TYPE_CHECKING:
    from aios_sdk.records import Example
    from aios_sdk.store import Store

_SHOWN = 5

ExamplesPath = Annotated[
    Path,
    typer.Option(
        "--examples",
        help="Texts with labels (CSV, TSV, JSON lines: text, label, source); a folder LABEL/file; or a list of files with labels (file, "
        "label) or true values (file, path, value).",
    ),
]
DocumentsPath = Annotated[Path | None, typer.Option("--documents", help="The folder of the files that a list names. Default: its own.")]
ReadBy = Annotated[
    str | None, typer.Option("--pipeline", help="How files are read (YAML file or module:name). Default: by type, scans by tesseract.")
]
After = Annotated[
    list[str] | None,
    typer.Option(
        metavar="STEP=MODEL",
        help="Let this model of the store speak of each example first, as that step of a pipeline would, and leave out examples that it "
        "learned from: for a component that rests on earlier steps, such as vote. May be repeated.",
    ),
]
Settings = Annotated[list[str] | None, typer.Option("--config", metavar="KEY=VALUE", help="A setting of the component; may be repeated.")]


@contextmanager
def reading_examples(
    store: Store, path: Path, documents: Path | None, pipeline: str | None, after: Sequence[str] | None
) -> Iterator[Sequence[Example]]:
    """The examples, with what models of the store say of them; files that could not be read are told, and left out."""
    from aios_sdk.learning import answered, read_examples

    quiet_libraries()
    models = _models_of(after)
    read = load_pipeline(pipeline) if pipeline else reader()
    with read_examples(path, documents=documents, pipeline=read) as found:
        for name, reason in found.unread[:_SHOWN]:
            typer.echo(printable(f"left out: {name} could not be read: {reason.partition(chr(10))[0]}"), err=True)
        if len(found.unread) > _SHOWN:
            typer.echo(f"... and {len(found.unread) - _SHOWN:,} more", err=True)
        if not models:
            yield found.examples
            return
        spoken = answered(store, found.examples, models)
        if left := len(found.examples) - len(spoken):
            typer.echo(f"left out: {left:,} examples that a model of --after learned from", err=True)
        yield spoken


def _models_of(given: Sequence[str] | None) -> Mapping[str, str]:
    """Models by the step that each speaks for. Raises `UsageError` for one without a step."""
    models: dict[str, str] = {}
    for each in given or ():
        step, _, model = each.partition("=")
        if not step or not model:
            raise UsageError(f"--after {each!r} names no step and model", fix="Write --after classify.lexical=intents@champion")
        models[step] = model
    return models


def settings_of(given: Sequence[str] | None) -> dict[str, Any]:
    """Settings as they are given: values are JSON where they read as such, else text. Raises `UsageError` for one without a value."""
    settings: dict[str, Any] = {}
    for each in given or ():
        key, sign, value = each.partition("=")
        if not sign or not key:
            raise UsageError(f"--config {each!r} is no setting", fix="Write --config taxonomy=intent")
        try:
            settings[key] = msgspec.json.decode(value)
        except msgspec.MsgspecError:
            settings[key] = value
    return settings
