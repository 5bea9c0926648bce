"""What is true of documents that a store knows: read from a list, found in the store, and held against what a step gave."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from ..calibration import Judged
from ..errors import InputError, UsageError
from ..records import Field, canonical, digest, normalised
from ..store import Store
from ._examples import rows

_FORMS: Final = (
    "Its columns are document (name, key or id) and path with value, or taxonomy with label; and source where documents of one are alike. "
    "A path without a value, or a taxonomy without a label, has none in that document"
)

Kind: TypeAlias = Literal["field", "label"]


class _Line(NamedTuple):
    """A line of the list: what is true in a document; ``value`` is None where there is nothing."""

    document: str
    kind: Kind
    name: str
    value: Any
    source: str


class _Reading(NamedTuple):
    """What a step gave, as the store has it."""

    document: str
    step: str
    kind: Kind
    name: str
    type: str
    text: str
    normalised: str
    raw: float | None


class Joined(NamedTuple):
    """What a step gave, judged by a list of what is true.

    ``missing`` counts by kind and name the true values that the step did not find; ``unsure`` readings have no confidence and are not
    judged; ``unknown`` are documents of the list that the store does not have.
    """

    step: str
    judged: list[Judged]
    missing: dict[tuple[Kind, str], int]
    unsure: int
    unknown: tuple[str, ...]
    content_ids: tuple[str, ...]
    digest: str


def joined(
    store: Store, truth: str | os.PathLike[str], *, step: str = "", paths: Sequence[str] = (), taxonomies: Sequence[str] = ()
) -> Joined:
    """What ``step`` gave for the current documents of ``store`` that the list in ``truth`` tells of, only of these ``paths`` and
    ``taxonomies`` if any are named. Raises `InputError` for what is no such list, and `UsageError` where nothing can be judged."""
    path = Path(truth)
    lines = [line for line in _lines(path) if not (paths or taxonomies) or line.name in (paths if line.kind == "field" else taxonomies)]
    documents = _documents(store, path, {line.document for line in lines})
    true: defaultdict[tuple[str, Kind, str], list[Any]] = defaultdict(list)
    sources: dict[str, str] = {}
    for line in lines:
        if line.document in documents:
            id = documents[line.document][0]
            true[id, line.kind, line.name] += [] if line.value is None else [line.value]
            sources[id] = sources.get(id) or line.source
    readings = [reading for reading in _readings(store) if (reading.document, reading.kind, reading.name) in true]
    step = step or _only_step(readings)
    readings = [reading for reading in readings if reading.step == step]
    judged = [
        Judged(
            reading.kind,
            reading.name,
            reading.raw,
            any(is_same(reading, value) for value in true[reading.document, reading.kind, reading.name]),
            sources.get(reading.document) or f"\x00{reading.document}",
        )
        for reading in readings
        if reading.raw is not None
    ]
    if not judged:
        where = f"step {step}" if step else "any step"
        raise UsageError(
            f"The store has no confidence of {where} for what {path} tells of",
            cause="Documents, paths or taxonomies are called otherwise there" if not readings else "The step says no confidence",
            fix="Ask: select name, path, step, confidence from fields join current_documents using (document_id, run_id)",
        )
    given = {(reading.document, reading.kind, reading.name) for reading in readings}
    missing: dict[tuple[Kind, str], int] = {}
    for (id, kind, name), values in true.items():
        if values and (id, kind, name) not in given:
            missing[kind, name] = missing.get((kind, name), 0) + 1
    found = [documents[name] for name in documents]
    return Joined(
        step,
        judged,
        missing,
        sum(reading.raw is None for reading in readings),
        tuple(sorted({line.document for line in lines} - set(documents))),
        tuple(sorted({content for _, content in found})),
        _digest(lines, documents),
    )


def _digest(lines: Sequence[_Line], documents: Mapping[str, tuple[str, str]]) -> str:
    """SHA-256 over what is true of which bytes, whatever the order of the lines."""
    known = ((documents[line.document][1], *map(str, line[1:])) for line in lines if line.document in documents)
    return digest(canonical(sorted(digest(canonical(each)) for each in known)))


def is_same(found: _Reading | Field, true: Any) -> bool:
    """Whether a value is the true one, after normalisation; a text is read as a value of the field's type, as ISO 8601 and plain decimals
    are, and where it cannot be, held against the value as text."""
    kind, text = found.type, found.text
    if isinstance(found, _Reading) and found.kind == "label":
        return text == str(true)
    own = normalised(found) if isinstance(found, Field) else found.normalised
    if isinstance(true, str) and kind in ("integer", "boolean"):
        # Which `Field` reads from JSON as they are, and lists have as text.
        return own == _normalised(true, "decimal") if kind == "integer" else own == f"boolean:{true.strip().lower()}"
    if isinstance(true, float):
        true, kind = str(true), "decimal"
    other = _normalised(true, kind if isinstance(true, str) else "")
    return own == other if other is not None else " ".join(text.split()).casefold() == " ".join(str(true).split()).casefold()


def _normalised(value: Any, kind: str) -> str | None:
    """A value as it is compared; None for what is no value of that type."""
    try:
        given = value.strip() if isinstance(value, str) and kind != "text" else value
        return normalised(Field(path="value", value=given, type=kind, status="ungrounded"))
    except (ValueError, TypeError, ArithmeticError):
        return None


# -- the list ---------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[_Line]:
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}", fix=f"Give a CSV file or JSON lines. {_FORMS}")
    for number, row in rows(path, _FORMS):
        kind: Kind = "label" if "taxonomy" in row else "field"
        name, value = (row.get("taxonomy"), row.get("label")) if kind == "label" else (row.get("path"), row.get("value"))
        if not row.get("document") or not name:
            raise InputError(f"Line {number} of {path} says of no document what is true in it", fix=_FORMS)
        yield _Line(str(row["document"]), kind, str(name), value, str(row.get("source", "")))


# -- the store --------------------------------------------------------------------------------------------------------


def _documents(store: Store, path: Path, names: set[str]) -> Mapping[str, tuple[str, str]]:
    """Of the documents that the list tells of, id and content_id of those that the store has. Raises `InputError` for a name of several."""
    by_id: dict[str, tuple[str, str]] = {}
    by_key: dict[str, tuple[str, str]] = {}
    by_name: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for id, key, name, content in store.sql("SELECT document_id, key, name, content_id FROM current_documents").fetchall():
        by_id[id] = by_key[key] = (id, content)
        by_name[name].append((id, content))
    found: dict[str, tuple[str, str]] = {}
    for name in sorted(names):
        exactly = by_id.get(name) or by_key.get(name)
        if exactly is None and len(by_name.get(name, ())) > 1:
            raise InputError(
                f"{path} tells of {name!r}, and the store has {len(by_name[name])} documents of that name",
                fix="Write the key or the id in the column document: select name, key, document_id from current_documents",
            )
        if exactly is not None or name in by_name:
            found[name] = exactly or by_name[name][0]
    return found


def _readings(store: Store) -> Iterator[_Reading]:
    """All that steps gave for current documents: values, and labels of whole documents that did not abstain."""
    query = """
        SELECT f.document_id, f.step, 'field', f.path, f.type, f.value_text, f.normalised, coalesce(f.raw_confidence, f.confidence)
        FROM fields f JOIN current_documents d ON d.document_id = f.document_id AND d.run_id = f.run_id
        UNION ALL
        SELECT l.document_id, l.step, 'label', l.taxonomy, 'text', l.value, l.value, coalesce(l.raw_confidence, l.confidence)
        FROM labels l JOIN current_documents d ON d.document_id = l.document_id AND d.run_id = l.run_id
        WHERE NOT l.abstained AND l.label_page IS NULL
        ORDER BY ALL
    """
    return (_Reading(*row) for row in store.sql(query).fetchall())


def _only_step(readings: Sequence[_Reading]) -> str:
    steps = sorted({reading.step for reading in readings if reading.raw is not None})
    if len(steps) > 1:
        raise UsageError(
            f"Several steps gave what the list tells of: {', '.join(steps)}",
            cause="Each has confidences of its own, and a calibrator is for one step",
            fix=f"Say which: --step {steps[0]}",
        )
    return steps[0] if steps else ""
