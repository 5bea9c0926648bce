"""Documents become cases: gathered by parent, thread or key, in the order in which they were delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from msgspec.structs import replace

from ..expressions import DocumentSubject
from ..records import Document, Outcome, document_id, value_text
from ..store import Store
from ._plan import PlannedCollect


class First(NamedTuple):
    """The document that brought some bytes first, and that with all it came in."""

    document: str
    trail: frozenset[str]


class Delivered(NamedTuple):
    """What earlier runs recorded: the latest document of each place or key, the first that brought each content, and the runs of the
    pipeline since its last complete one."""

    by_key: Mapping[str, str]
    by_content: Mapping[str, First]
    cut_off: frozenset[str]


def delivered_before(store: Store, pipeline: str) -> Delivered:
    """What earlier runs on ``store`` recorded of deliveries; about 300 bytes a document in memory.

    A document counts once it has an outcome. As the bringer of its bytes it counts if its run ended or a case has it: of a run that was
    cut off nobody knows what would have come first. Of several in one run the original is the one that no case called a duplicate.
    """
    runs: set[str] = set()
    same: set[str] = set()
    found: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    ended: set[tuple[str, str]] = set()
    members: dict[tuple[str, str], str] = {}
    superseded: set[str] = set()
    for table, row in store.recorded({"runs", "documents", "outcomes", "members"}):
        if table == "runs":
            same.update([row["run_id"]] if row["pipeline"] == pipeline else ())
            runs.update([row["run_id"]] if row["status"] == "completed" else ())
        elif table == "documents" and row["kind"] != "case":
            key = (row["run_id"], row["document_id"])
            found[key] = (row["path"] or row["key"], row["content_id"], row["parent_id"], row["supersedes"])
        elif table == "outcomes":
            ended.add((row["run_id"], row["document_id"]))
        elif table == "members":
            members[row["run_id"], row["member_id"]] = row["duplicate_of"]
    by_key: dict[str, str] = {}
    first: dict[str, tuple[str, bool, str]] = {}
    for (run, document), (place, content, parent, supersedes) in sorted(found.items()):
        if (run, document) not in ended:
            continue
        superseded.update([supersedes] if supersedes else ())
        if place and not parent:  # what was forgotten has no place
            by_key[place] = document
        original = members.get((run, document), "")
        if content and (run in runs or (run, document) in members):
            candidate = (run, bool(original), original or document)
            first[content] = min(first.get(content, candidate), candidate)
    parents = {document: parent for (_, document), (_, _, parent, _) in found.items() if parent}
    by_content = {}
    for content, (_, _, document) in first.items():
        trail = frozenset(_upwards(document, parents))
        if not trail & superseded:
            by_content[content] = First(document, trail)
    last = max(same & runs, default="")
    return Delivered(by_key, by_content, frozenset(run for run in same if run > last))


def _upwards(document: str, parents: Mapping[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    while document and document not in seen:
        seen.add(document)
        yield document
        document = parents.get(document, "")


#: The place of a document: the number of its delivery, then its position in each parent from the top.
Place = tuple[int, ...]


class Duplicates:
    """Which document brought the same bytes first.

    The answer must not depend on which worker was faster, so nothing may be asked about a delivery before every earlier one has been
    unfolded: `unfolded_before` waits for that. ``earlier`` holds what former runs recorded, by content id,
    ``replaced`` the documents that this run has superseded so far.
    """

    def __init__(self, earlier: Mapping[str, First], replaced: AbstractSet[str]) -> None:
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
        known = self._earlier.get(document.content_id)
        first = known.document if known and not known.trail & self._replaced else self._first.get(document.content_id, ((), document.id))[1]
        return "" if first == document.id else first


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
