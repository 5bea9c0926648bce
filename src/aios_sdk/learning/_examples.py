"""Examples out of files: texts with labels, folders of labelled files, and documents with a list of their true values."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ..errors import InputError
from ..records import Document, Example, Source, Value
from ..store import Store
from ._drawing import drawing

if TYPE_CHECKING:
    from ..pipelines import Pipeline

#: The columns of a list of examples, and what the forms of one are.
_FORMS: Final = (
    "Its columns are text and label; or file and label; or file, path and value. A column source says whom each is from. "
    "JSON lines may have labels (a list), or fields (by path)"
)
_LISTS: Final = (".csv", ".tsv", ".jsonl", ".ndjson")


class Examples(NamedTuple):
    """What was read: the examples, and the files that could not be, each with the reason."""

    examples: tuple[Example, ...]
    unread: tuple[tuple[str, str], ...] = ()


class _Truth(NamedTuple):
    """What a list says of one file."""

    labels: dict[str, None]
    fields: dict[str, Value]
    source: str


@contextmanager
def read_examples(
    source: str | os.PathLike[str], *, documents: str | os.PathLike[str] | None = None, pipeline: Pipeline | None = None
) -> Iterator[Examples]:
    """The examples in ``source``; while this lasts, the bytes and pages of their documents can be opened.

    A folder has a folder of files for each label: ``bills/2026/a.pdf`` is labelled ``bills``. A list (CSV, TSV, JSON lines) has texts with
    labels, or names files below ``documents`` (default: the folder of the list) with their labels or the true values of fields. Files pass
    through ``pipeline`` (default: they are ingested by type), so that examples have the layers that the component is given later.

    Raises `InputError` for what is no such thing, naming the line or file. Example::

        with read_examples("tickets.csv") as found:
            model = train(store, "intents", "lexical", found.examples)
    """
    path = Path(source)
    if path.is_dir():
        labelled = dict(_in_folders(path))
        with _read(path, labelled, pipeline) as found:
            yield found
    elif path.suffix.lower() in _LISTS and path.is_file():
        listed = list(rows(path, _FORMS))
        if any("file" in row for _, row in listed):
            folder = Path(documents) if documents is not None else path.parent
            with _read(folder, _truths(path, listed), pipeline) as found:
                yield found
        else:
            yield Examples(tuple(_text(path, line, row) for line, row in listed))
    else:
        there = "ends in something else than " + ", ".join(_LISTS) if path.is_file() else "is not there"
        raise InputError(f"There are no examples in {str(path)!r}", cause=f"It {there}", fix=f"Give a folder, or a list. {_FORMS}")


# -- lists ------------------------------------------------------------------------------------------------------------


def rows(path: Path, forms: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a list, each with its line; what is empty is left out. ``forms`` tells who gave another file what columns there are."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", fix="Give a file in UTF-8 that you may read") from error
    if path.suffix.lower() in (".csv", ".tsv"):
        reader = csv.DictReader(text.splitlines(keepends=True), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        try:
            for row in reader:
                yield reader.line_num, {name: value for name, value in row.items() if name and value not in (None, "")}
        except csv.Error as error:
            raise InputError(f"Line {reader.line_num} of {path}: {error}", fix=forms) from error
        return
    for line, content in enumerate(text.split("\n"), 1):
        if content.strip():
            try:
                yield line, msgspec.json.decode(content, type=dict[str, Any])
            except msgspec.MsgspecError as error:
                raise InputError(f"Line {line} of {path} is no JSON object: {error}", fix=forms) from error


def _text(path: Path, line: int, row: Mapping[str, Any]) -> Example:
    labels = _labels(row)
    if not isinstance(row.get("text"), str) or not labels:
        raise _wrong(path, line, "has no text with a label")
    return Example.of_text(row["text"], *labels, source=str(row.get("source", "")))


def _truths(path: Path, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> dict[str, _Truth]:
    """What the list says, by file; several lines may speak of one."""
    found: dict[str, _Truth] = {}
    for line, row in rows:
        if not row.get("file"):
            raise _wrong(path, line, "names no file")
        truth = found.setdefault(row["file"], _Truth({}, {}, str(row.get("source", ""))))
        truth.labels.update(dict.fromkeys(_labels(row)))
        truth.fields.update(row.get("fields", {}))
        if "path" in row:
            if row.get("value") is not None:
                truth.fields[row["path"]] = row["value"]
        elif not (_labels(row) or "fields" in row):
            raise _wrong(path, line, "says neither label, nor path and value")
    return found


def _labels(row: Mapping[str, Any]) -> tuple[str, ...]:
    given = row.get("labels", row.get("label", ()))
    return (given,) if isinstance(given, str) else tuple(map(str, given)) if isinstance(given, list) else ()


def _wrong(path: Path, line: int, what: str) -> InputError:
    return InputError(f"Line {line} of {path} {what}", fix=_FORMS)


# -- files ------------------------------------------------------------------------------------------------------------


def _in_folders(folder: Path) -> Iterator[tuple[str, _Truth]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        place = path.relative_to(folder)
        if any(part.startswith(".") for part in place.parts):
            continue
        if len(place.parts) == 1:
            raise InputError(
                f"{path} lies in no folder that says its label", fix=f"Put each file into {folder}/LABEL/, or give a list of labels"
            )
        yield place.as_posix(), _Truth({place.parts[0]: None}, {}, "")


@contextmanager
def _read(folder: Path, truths: Mapping[str, _Truth], pipeline: Pipeline | None) -> Iterator[Examples]:
    """Examples of files below ``folder``, as a run of the pipeline gives them."""
    from ..pipelines import Pipeline

    if not truths:
        raise InputError(f"There are no examples in {str(folder)!r}", fix=f"Put files into {folder}/LABEL/")
    sources = [Source(name=Path(name).name, key=name, path=str(folder / name), origin=str(folder / name)) for name in truths]
    for source in sources:
        if not Path(source.path).is_file():
            raise InputError(f"There is no file {source.path!r}, which is among the examples", fix="Give the folder with --documents")
    read = pipeline or Pipeline("examples").ingest()
    with tempfile.TemporaryDirectory(prefix="aios-examples-") as place, Store(Path(place) / "examples.aios") as store:
        found: dict[str, Document] = {}
        unread: dict[str, str] = dict.fromkeys(truths, "nothing was read")
        for outcome in read.run(sources, store=store):
            key = outcome.document.key
            if key in truths and outcome.status in ("completed", "partial"):
                found[key] = outcome.document
                unread.pop(key, None)
            elif key in truths:
                unread[key] = next((step.message for step in outcome.steps if step.message), outcome.status)
        with drawing(store) as host:  # the workers that drew pages ended with the run
            examples = [_example(found[name].bind(host), truth) for name, truth in truths.items() if name in found]
            yield Examples(tuple(examples), tuple(unread.items()))


def _example(document: Document, truth: _Truth) -> Example:
    return Example(document=document, labels=tuple(truth.labels), fields=truth.fields, source=truth.source)


def sources_of(examples: Sequence[Example]) -> list[str]:
    """Whom each example is from; those that do not say are each from somebody else."""
    return [example.source or f"\x00{number}" for number, example in enumerate(examples)]
