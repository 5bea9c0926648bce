"""Laws about the same input in another shape: its name, its delivery, where its bytes lie, the order of its rows."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import LAYERS, Document, Layers, Source, Span, Table, digest, to_json
from aios_sdk.stages import Stage

from .. import fakes, samples
from .._answers import Answer, Ingested
from .._elsewhere import Findings, Told, probe
from .._judging import difference, facts
from .._law import LawBroken, NotApplicable, law
from .._parquet import cells, make_table
from .._subject import Subject

#: What these laws rest on: single calls are sound, and instances neither remember nor share anything.
SOUND: Final = ("opens-again",)
#: And where answers are compared: the same input has the same answer.
STEADY: Final = (*SOUND, "deterministic")

#: How many of the author's examples and the kit's samples.
_FEW: Final = 3

#: Ids of documents that are nobody's.
_OTHER_ID: Final = "0ddba11c0ffee0ddba11c0ffee0ddba1"
_OTHER_PARENT: Final = "5eedfeedc0ffee5eedfeedc0ffee5eed"


def varies(info: ComponentInfo) -> str:
    """Why two answers of a component cannot be compared; empty where they can."""
    return "" if info.deterministic is True else f"it declares deterministic={info.deterministic!r}"


def drawn(subject: Subject, stage: Stage) -> list[Document | Source]:
    """A few inputs: the laws on operation call a component several times for each, and a component may be slow."""
    found: list[Document | Source] = list(subject.own(stage)[:_FEW])
    subject.forall(subject.inputs(stage), found.append, examples=max(2, subject.examples // 5))
    return found


def each_of_few(subject: Subject, body: Callable[[Stage, Any], None]) -> None:
    """Call ``body(stage, given)`` for every stage with those that `drawn` gives; raises its `LawBroken` for the smallest that shows it."""
    for stage in subject.stages:
        for given in subject.own(stage)[:_FEW]:
            try:
                body(stage, given)
            except LawBroken as broken:
                broken.example = given if broken.example is None else broken.example
                raise
        subject.forall(subject.inputs(stage), partial(body, stage), examples=max(2, subject.examples // 5))


def is_folder(given: Document | Source) -> bool:
    """Whether it is a folder, whose content lies outside of it."""
    return isinstance(given, Source) and given.media_type == "inode/directory"


def _only_ingest(info: ComponentInfo) -> str:
    if "ingest" not in info.stages:
        return "it ingests nothing"
    return "folders lie on the disk" if info.media_types == ("inode/directory",) else varies(info)


def _reads_the_name(info: ComponentInfo) -> str:
    return varies(info) or ("it declares that it reads the name" if "name" in info.reads else "")


def _reads_the_key(info: ComponentInfo) -> str:
    return varies(info) or ("it declares that it reads the key" if "key" in info.reads else "")


def _only_rows(info: ComponentInfo) -> str:
    return varies(info) or ("" if info.unit == "rows" or "tables" in info.provides else "it neither reads tables nor works by rows")


@law("operation", after=STEADY, unless=_reads_the_name)
def renamed_file(subject: Subject) -> None:
    """Another file name changes nothing, unless the component declares that it reads names.

    What was done once for the same content is not done again: the engine looks it up by content, and names enter that look-up only for
    components that say ``reads=["name"]``. A component that reads the name and does not say so is given what was found under another name.
    Declare it, or go by the media type and the content.
    """

    def body(stage: Stage, given: Any) -> None:
        if is_folder(given):
            return
        before, after = subject.answer(stage, given), subject.answer(stage, replace_of(given, name="another name.bin"))
        same(before, after, f"called {given.name!r}", "called 'another name.bin'")

    each_of_few(subject, body)


@law("operation", after=STEADY, unless=_reads_the_key)
def copied_document(subject: Subject) -> None:
    """The same bytes delivered twice, under another key and id and as part of another document, give the same content.

    One attachment comes in many mails. Its text, values and labels are computed once and shared, so they must not hold who sent it: no ids,
    keys or paths of this delivery in values, names or texts. A component that needs the key says ``reads=["key"]``. References to items of
    the document (``document.reference(item)``) hold its id and are no part of this.
    """

    def body(stage: Stage, given: Any) -> None:
        if is_folder(given):
            return
        about = {"key": "", "parent": _OTHER_PARENT, "position": 7, "root": _OTHER_PARENT}
        if isinstance(given, Source):
            copy = replace(given, document_id=_OTHER_ID, **about)
        else:
            copy = replace_of(given, id=_OTHER_ID, kind="part" if given.kind == "file" else given.kind, **about)
        before, after = subject.answer(stage, given), subject.answer(stage, copy)
        own = given.document_id if isinstance(given, Source) else given.id
        # References name the document that holds what they point at, and items of the same result by ids made of it; rightly so.
        mapped = {f'"{name}":"{_OTHER_ID}"': f'"{name}":"{own}"' for name in ("id", "document_id")}
        if isinstance(given, Document) and isinstance(copy, Document):
            pairs = zip(_ids(after.added(copy, stage)), _ids(before.added(given, stage)), strict=False)
            mapped |= {f'"id":"{new}"': f'"id":"{old}"' for new, old in pairs}
        same(before, after, "as one delivery", "as another", mapped=mapped)

    each_of_few(subject, body)


@law("operation", after=STEADY, unless=_only_ingest)
def file_or_memory(subject: Subject) -> None:
    """A source is read the same whether its bytes lie in memory or in a file whose name says nothing.

    The engine hands over files that are called by the hash of their content, and tests hand over bytes. Read with ``source.open()`` or
    ``source.read()``, which do either; take the type from ``source.media_type``, and not from the end of ``source.path``.
    """

    def body(stage: Stage, given: Source) -> None:
        if stage != "ingest" or is_folder(given):
            return
        data = given.read()
        inside = replace(given, data=data, path="", content_id=digest(data), size=len(data))
        outside = replace(fakes.admitted(given, subject.new_folder("file")), document_id=inside.document_id, root=inside.root)
        same(subject.answer(stage, inside), subject.answer(stage, outside), "from memory", "from a file")

    each_of_few(subject, body)


def _ids(layers: Layers) -> list[str]:
    """The ids of all items that have one, in order."""
    return [item.id for name in LAYERS for item in getattr(layers, name) if getattr(item, "id", "")]


#: Seconds to another day, month and year.
_YEARS: Final = 1000 * 86_400.0


@law("operation", after=(*SOUND, "deterministic-across-processes"), unless=varies)
def same_elsewhere(subject: Subject) -> None:
    """The same document gives the same answer in another time zone, on another day and in another current folder.

    A decision must be repeatable years later, on another machine. Times are UTC: ``datetime.astimezone()`` and ``fromtimestamp()`` without
    a zone give those of the machine. "Today" belongs into the configuration, or is taken from the document. Data files are found beside
    the code with ``importlib.resources``, not in the current folder. What needs the day all the same declares ``deterministic=False``.
    """
    inputs = [(stage, given) for stage in subject.stages for given in drawn(subject, stage) if not is_folder(given)]
    if not inputs:
        raise NotApplicable("it has no example that can be handed to another process")
    zone = "KIT-14" if time.timezone == 12 * 3600 else "KIT+12"
    folder = None if _names_a_file(subject.config) or Path("aios.toml").exists() else subject.new_folder("elsewhere")
    ways: dict[str, dict[str, Any]] = {
        "in another time zone": {"environment": {"TZ": zone}},
        "on another day": {"later": _YEARS},
        "in another current folder": {"cwd": folder},
    }
    together: dict[str, Any] = {name: value for way in ways.values() for name, value in way.items()}
    here = [subject.answer(*each) for each in inputs]
    if not _differing(here, probe(subject, inputs, **together)):
        return
    for name, way in ways.items():
        found = _differing(here, probe(subject, inputs, **way))
        if found:
            said = found[1].said and f": {found[1].said}"
            raise LawBroken(f"{name} it gives another answer{said}", example=inputs[found[0]][1])
    raise LawBroken("in another time zone, on another day and in another current folder it gives another answer")


def _differing(here: Sequence[Answer], there: Findings) -> tuple[int, Told] | None:
    """The number of the first call that came to something else there."""
    pairs = enumerate(zip(here, there.calls, strict=True))
    return next(((number, told) for number, (answer, told) in pairs if answer.content != told.content), None)


def _names_a_file(value: Any) -> bool:
    """Whether a configuration names something in the current folder, where relative paths start."""
    if isinstance(value, Mapping):
        return any(map(_names_a_file, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_names_a_file, value))
    return isinstance(value, str | os.PathLike) and not os.path.isabs(value) and os.path.lexists(value)  # noqa: PTH117


#: The number of a row in the path of a field.
_ROW: Final = re.compile(r"\[\d+\]")


@law("operation", after=(*STEADY, "units-merge-to-the-whole"), unless=_only_rows)
def permuted_rows(subject: Subject) -> None:
    """The rows of a table in another order give the same findings, in that order.

    Who reads a table file must give each row as it stands, whatever came before it: a type that is guessed from the first rows, a value
    carried over from the row above or rows that are sorted show here. A component with ``unit="rows"`` is given blocks of rows that are cut
    anywhere, so what it says of a row must rest on that row alone; row numbers in paths (``lines[3].total``) move along.
    """
    compared: list[str] = []
    for stage in subject.stages:
        if stage == "ingest":
            compared += _permuted_files(subject)
        elif subject.info.unit == "rows":
            permuted = partial(_permuted_document, subject, stage, compared)
            subject.forall(subject.inputs(stage), permuted)
    if not compared:
        raise NotApplicable("it read no table with more than one row")


def _permuted_files(subject: Subject) -> Iterator[str]:
    truth = samples.REPAIRS
    order = (2, 0, 3, 1)
    for make in (samples.table, samples.workbook):
        one, other = make(truth), make(truth._replace(rows=tuple(truth.rows[row] for row in order)))
        if not subject.info.accepts(one.media_type):
            continue
        before, after = subject.answer("ingest", one.source()), subject.answer("ingest", other.source())
        if before.refusal is not None:
            continue
        yield one.name
        if after.refusal is not None:
            raise LawBroken(f"it refuses the file with its rows in another order: {after.refusal.what}", example=other.source())
        tables = before.layers.tables, after.layers.tables
        if len(tables[0]) != len(tables[1]):
            raise LawBroken(f"it finds {len(tables[1])} tables instead of {len(tables[0])}", example=other.source())
        for first, second in zip(*tables, strict=True):
            if first.columns != second.columns:
                raise LawBroken(f"the columns become {second.columns} instead of {first.columns}", example=other.source())
            rows = cells(first.location)
            if [rows[row] for row in order] != cells(second.location):
                raise LawBroken("its rows are not the same rows in the new order", example=other.source())


def _permuted_document(subject: Subject, stage: Stage, compared: list[str], document: Document) -> None:
    for number, table in enumerate(document.tables):
        if table.rows < 2 or not table.location:
            continue
        columns = [(column.name, column.type) for column in table.columns]
        other = replace(make_table(table.name, columns, cells(table.location)[::-1], page=table.page), step=table.step)
        tables = (*document.tables[:number], other, *document.tables[number + 1 :])
        before = subject.answer(stage, document)
        after = subject.answer(stage, document.with_layers(replace(document.layers, tables=tables)))
        if before.refusal is not None and after.refusal is not None:
            continue
        compared.append(table.name)
        if sorted(_of_rows(before.layers, table)) != sorted(_of_rows(after.layers, other, turned=True)):
            raise LawBroken(f"with the rows of table {table.name!r} turned round it does not say the same of each row")


def _of_rows(layers: Layers, table: Table, *, turned: bool = False) -> Iterator[str]:
    """What is said of the rows of ``table``, which are counted from its end when it is ``turned``."""

    def moved(span: Span) -> Span:
        if span.artifact != table.artifact or span.row is None:
            return span
        return replace(span, artifact="the table", row=table.rows - 1 - span.row if turned else span.row)

    for field in layers.fields:
        path = _ROW.sub("[]", field.path)
        yield to_json(replace(field, path=path, spans=tuple(map(moved, field.spans)), step="", id="")).decode()
    for label in layers.labels:
        yield to_json(replace(label, spans=tuple(map(moved, label.spans)), step="", id="")).decode()
    for redaction in layers.redactions:
        yield to_json(replace(redaction, span=moved(redaction.span), step="", id="")).decode()


def replace_of(given: Any, **changes: Any) -> Any:
    """``given`` with ``changes``, still able to reach its bytes."""
    other = replace(given, **changes)
    host = given.__dict__.get("_lent_by") if isinstance(given, Document) else None
    return other if host is None else other.bind(host)


def same(before: Answer, after: Answer, first: str, second: str, *, example: Any = None, mapped: Mapping[str, str] | None = None) -> None:
    """Raise `LawBroken` when two answers differ, of inputs that are called ``first`` and ``second``; ``mapped`` are texts in the second
    answer that stand for others."""
    expected, content = _comparable(before), _comparable(after)
    for new, old in (mapped or {}).items():
        content = content.replace(new.encode(), old.encode())
    if expected == content:
        return
    one, other = (f"refused as {answer.refusal.category}" if answer.refusal else "read" for answer in (before, after))
    said = f"it is {one} {first}, and {other} {second}" if one != other else f"{second} it gives another result than {first}"
    raise LawBroken(said, example=example, details=difference(facts(before), facts(after), (first, second)))


def _comparable(answer: Answer) -> bytes:
    """The content without the ids of items, which follow from the rest."""
    if answer.refusal is not None:
        return answer.content
    plain: Any = msgspec.json.decode(answer.content)
    for items in (plain[0] if isinstance(answer.result, Ingested) else plain).values():
        for item in items:
            item.pop("id", None)
    return msgspec.json.encode(plain)
