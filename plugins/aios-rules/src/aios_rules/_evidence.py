"""What a decision rests on: from the names that an expression read to the items of the document, and on to what those were made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, TypeAlias, final

from aios_sdk import Check, Document, Field, Label, Reference
from aios_sdk.expressions import Reference as Read
from aios_sdk.expressions import Result

from ._tables import LookupTable

Item: TypeAlias = Field | Label | Check


class Held(NamedTuple):
    """An item and the document that holds it."""

    document: Document
    item: Item


@final
class Evidence:
    """The items of a document or case, by the references to them."""

    def __init__(self, document: Document, tables: Mapping[str, LookupTable]) -> None:
        self._document = document
        self._tables = tables
        self._documents = {owner.id: owner for owner in (*(member.document for member in document.members), document)}

    def references(self, *results: Result) -> tuple[Reference, ...]:
        """What decided the results, each once: items by their ids, attributes and what is missing by the document, rows by their table."""
        return tuple(dict.fromkeys(found for result in results for read in result.references for found in self._resolved(read)))

    def resting(self, references: Iterable[Reference]) -> tuple[Reference, ...]:
        """The references and, through the inputs of checks and of derived fields, all that these rest on in turn."""
        found: dict[Reference, None] = {}
        waiting = list(references)[::-1]
        while waiting:
            reference = waiting.pop()
            if reference in found:
                continue
            found[reference] = None
            for held in self._items(reference):
                waiting += () if isinstance(held.item, Label) else held.item.inputs[::-1]
        return tuple(found)

    def ungrounded(self, references: Iterable[Reference]) -> Iterator[tuple[Reference, Document]]:
        """Those of the references that are fields which no place in a document shows, and who holds them."""
        for reference in references:
            for held in self._items(reference):
                if isinstance(held.item, Field) and held.item.status == "ungrounded":
                    yield reference, held.document

    def confidence(self, references: Iterable[Reference]) -> float | None:
        """The lowest confidence among the fields and labels referred to, or None when none has one."""
        items = [held.item for reference in references for held in self._items(reference)]
        return min((item.confidence for item in items if not isinstance(item, Check) and item.confidence is not None), default=None)

    def verdicts(self) -> Iterator[tuple[Document, Check]]:
        """The latest verdict of every rule, of the document first and then of its members."""
        for owner in (self._document, *(member.document for member in self._document.members)):
            for verdict in owner.checks.values():
                yield owner, verdict

    def _resolved(self, read: Read) -> Iterator[Reference]:
        if read.kind == "lookup":
            # The table belongs to no document; its id is the digest of its file, which the store can keep apart.
            yield Reference("table", self._tables[read.name.partition(".")[0]].digest, "", f"{read.name}[{read.id}]")
            return
        owner = self._documents[read.document_id]
        if read.kind == "attribute":
            yield Reference("document", owner.id, owner.id, read.name)
            return
        if read.kind in ("field", "label") and owner.members and read.name not in (owner.fields if read.kind == "field" else owner.labels):
            owner = owner.members[0].document  # a case speaks for its first member
        items = [item for item in _named(owner, read.kind, read.name) if not read.id or item.id == read.id]
        yield from map(owner.reference, items)
        if not items:
            yield Reference("document", owner.id, owner.id, f'{read.kind}("{read.name}")')

    def _items(self, reference: Reference) -> list[Held]:
        if reference.kind not in ("field", "label", "check"):
            return []
        if reference.id:
            held = self._by_id.get(reference.id)
            return [held] if held else []
        owner = self._documents.get(reference.document_id)
        return [Held(owner, item) for item in _named(owner, reference.kind, reference.name)] if owner else []

    @cached_property
    def _by_id(self) -> Mapping[str, Held]:
        return {
            item.id: Held(owner, item)
            for owner in self._documents.values()
            for items in (owner.layers.fields, owner.layers.labels, owner.layers.checks)
            for item in items
        }


def _named(owner: Document, kind: str, name: str) -> tuple[Item, ...]:
    if kind == "field":
        return owner.fields.all(name)
    if kind == "label":
        return owner.labels.all(name)
    found = owner.checks.get(name)
    return () if found is None else (found,)
