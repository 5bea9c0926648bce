"""Documents become cases: gathered by parent, thread or key, in the order in which they were delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from ..expressions import DocumentSubject
from ..records import Document, Outcome, document_id, value_text
from ..store import Deliveries
from ._plan import PlannedCollect

#: The place of a document: the number of its delivery, then its position in each parent from the top.
Place = tuple[int, ...]


class Duplicates:
    """Which document brought the same bytes first.

    The answer must not depend on which worker was faster, so nothing may be asked about a delivery before every earlier one has been
    unfolded: `unfolded_before` waits for that. ``earlier`` is what former runs recorded, ``replaced`` are the documents that this run has
    superseded so far.
    """

    def __init__(self, earlier: Deliveries, replaced: AbstractSet[str]) -> None:
        self._earlier = earlier
        self._replaced = replaced
        self._first: dict[str, tuple[Place, str]] = {}
        self._unfolded: set[int] = set()
        self._next = 0
        self._moved = asyncio.Condition()

    def seen(self, document: Document, place: Place) -> None:
        """A document was found at ``place``."""
        if document.content_id:
            known = self._first.get(document.content_id)
            if known is None or place < known[0]:
                self._first[document.content_id] = (place, document.id)

    async def unfolded(self, delivery: int) -> None:
        """All that delivery number ``delivery`` holds has been seen."""
        async with self._moved:
            self._unfolded.add(delivery)
            while self._next in self._unfolded:
                self._unfolded.discard(self._next)
                self._next += 1
            self._moved.notify_all()

    async def unfolded_before(self, delivery: int) -> None:
        """Wait until every delivery before ``delivery`` has been unfolded."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._next >= delivery)

    def original_of(self, document: Document) -> str:
        """The id of the document that brought the same bytes first; empty when it was this one, or came in what this run replaces."""
        known = self._earlier.first(document.content_id)
        mine = document.id if document.page_range is None else document.parent  # the pages of a packet came with it
        first = known.document if known and not known.trail & self._replaced else self._first.get(document.content_id, ((), mine))[1]
        return "" if first == mine else first


class Cases:
    """Gathers the outcomes of documents into cases."""

    def __init__(self, collect: PlannedCollect, duplicates: Duplicates, resolve: tuple[str, ...]) -> None:
        self._collect = collect
        self._duplicates = duplicates
        self._resolve = resolve
        self._waiting: dict[str, list[tuple[Place, Outcome]]] = {}

    async def close_delivery(self, delivery: int, found: list[tuple[Place, Outcome]]) -> Document | None:
        """The case of one delivery if cases are made by parent; else its documents wait for the end of the input."""
        await self._duplicates.unfolded_before(delivery)
        if not found:
            return None
        found.sort(key=lambda pair: pair[0])
        if self._collect.by == "parent":
            return self._case(found[0][1].document.id, found)
        for place, outcome in found:
            self._waiting.setdefault(self._key(outcome.document, found[0][1].document), []).append((place, outcome))
        return None

    def close_all(self) -> Iterator[Document]:
        """The cases that waited for the end of the input, in the order of their first members."""
        for key, found in sorted(self._waiting.items(), key=lambda pair: min(pair[1])[0]):
            found.sort(key=lambda pair: pair[0])
            yield self._case(key, found)
        self._waiting.clear()

    def _key(self, document: Document, first: Document) -> str:
        if self._collect.by == "thread":
            return f"thread:{first.thread or first.id}"
        assert self._collect.key is not None  # by is "key"
        value = self._collect.key.evaluate(DocumentSubject(document)).value
        return f"alone:{document.id}" if value is None else f"key:{self._collect.key}:{value_text(value)}"  # type: ignore[arg-type]

    def _case(self, key: str, found: list[tuple[Place, Outcome]]) -> Document:
        identity = document_id(f"case:{key}", 0, "")
        members = tuple(self._member(outcome) for _, outcome in found)
        first = members[0].document
        return Document(
            id=identity, name=first.name, kind="case", root=identity, thread=first.thread, resolve=self._resolve, members=members
        )

    def _member(self, outcome: Outcome) -> Outcome:
        document = outcome.document
        return replace(outcome, document=document.only(self._collect.keep).marked(self._duplicates.original_of(document)))
