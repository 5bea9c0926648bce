"""The first invariant, continued: what items rest on exists, and no automatic route rests on a value that no document shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from ._document import Document
from ._items import Check, Field, Label, Reference
from ._layers import Layers

_Item: TypeAlias = Field | Label | Check


def check_references(document: Document, added: Layers) -> Iterable[str]:
    """What is wrong with the references in ``added``, in sentences; nothing when all is well.

    Fields, labels and checks that are referred to must be the document's or its members'. A route without review must not rest on an
    ungrounded field, neither directly nor through checks and derived fields. Linear in what is held and referred to.
    """
    if not (added.route or added.checks or [field for field in added.fields if field.inputs]):
        return ()
    return _unfounded(document, added)


def _unfounded(document: Document, added: Layers) -> Iterator[str]:
    known: dict[str, _Item] = {}
    for layers in _held(document, added):
        known.update((field.id, field) for field in layers.fields)
        known.update((label.id, label) for label in layers.labels)
        known.update((check.id, check) for check in layers.checks)
    for field in added.fields:
        yield from _missing(f"field {field.path!r}", field.inputs, known)
    for check in added.checks:
        yield from _missing(f"check {check.rule!r}", check.inputs, known)
    for route in added.route:
        rests_on = [reference for reason in route.reasons for reference in reason.references]
        yield from _missing(f"route {route.destination!r}", rests_on, known)
        bare = None if route.review else _ungrounded(rests_on, known)
        if bare is not None:
            yield f"route {route.destination!r} is automatic and rests on field {bare.path!r}, which is ungrounded; give it review=True"


def _held(document: Document, added: Layers) -> Iterator[Layers]:
    yield added
    yield document.layers
    for member in document.members:
        yield member.document.layers


def _missing(what: str, references: Iterable[Reference], known: Mapping[str, _Item]) -> Iterator[str]:
    for reference in references:
        if reference.kind in ("field", "label", "check") and reference.id not in known:
            yield f"{what} rests on {reference.kind} {reference.name!r} with the id {reference.id!r}, which there is not"


def _ungrounded(references: Iterable[Reference], known: Mapping[str, _Item]) -> Field | None:
    waiting, seen = [reference.id for reference in references], set[str]()
    while waiting:
        identity = waiting.pop()
        item = known.get(identity)
        if item is None or identity in seen:
            continue
        seen.add(identity)
        if isinstance(item, Field) and item.status == "ungrounded":
            return item
        if isinstance(item, Field | Check):
            waiting.extend(reference.id for reference in item.inputs)
    return None
