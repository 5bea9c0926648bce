"""Documents: immutable, cumulative, in layers; and the outcomes of what was done to them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, Protocol, TypeAlias, final

import msgspec
from msgspec.structs import replace

from ..errors import Category, StoreError
from ._identity import document_id
from ._items import Check, Field, Label, Reference
from ._layers import LAYERS, Layers, layers_between, merge_layers, same_pages, stamped_items
from ._page import PageInfo, PageText, Words
from ._region import Region
from ._resolve import Candidates
from ._results import Result, Route, Summary
from ._table import Table

if TYPE_CHECKING:
    from PIL.Image import Image

#: What a document is in its tree: a file as given, a part of another (attachment, embedded file, archive member), or a case of several.
Kind: TypeAlias = Literal["file", "part", "case"]

#: How a step ended for a document.
StepStatus: TypeAlias = Literal["ok", "partial", "unsupported", "failed", "skipped"]

#: How a document ended.
Status: TypeAlias = Literal["completed", "partial", "failed", "refused"]


class Host(Protocol):
    """What the engine or the store lends a document so that it can reach its bytes."""

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page`` by the component that ingested the document."""


@final
class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, dict=True):
    """A document, a part of one, or a case of several; immutable.

    An ingest component makes it with `Document.of` and gives only layers; the engine sets its identity. Every later step adds to
    it through `Document.add`. ``members`` are the outcomes of a case's documents. Example::

        yield Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content="Dear Sirs ..."),))

    Attributes:
        id: one delivery of these bytes (32 hexadecimal digits); content_id: SHA-256 of the bytes; size: in bytes.
        name: file name as given; key: the source's key, empty for a part.
        media_type: as detected from the bytes; media_declared: what the name promises, or the sender declared, where that is another.
        kind: ``file``, ``part`` or ``case``; parent, position, root: its place in the tree of documents.
        thread: what a conversation is known by (for a mail the id of the first message), else empty.
        supersedes: the document that was delivered under the same key before, with other bytes.
        page_range: of a document that was split off a packet, its pages there: the first, from 0, and the one after the last. Its pages
            keep their numbers, and its bytes are the packet's.
        duplicate_of: the document that brought the same bytes first; known for the members of a case.
        resolve: ids of steps whose values win, first first; from the pipeline.
    """

    id: str = ""
    name: str = ""
    kind: Kind = "file"
    media_type: str = ""
    media_declared: str = ""
    content_id: str = ""
    size: int = 0
    key: str = ""
    parent: str = ""
    position: int = 0
    root: str = ""
    thread: str = ""
    supersedes: str = ""
    page_range: tuple[int, int] | None = None
    duplicate_of: str = ""
    resolve: tuple[str, ...] = ()
    layers: Layers = Layers()
    members: tuple[Outcome, ...] = ()

    @classmethod
    def of(cls, *, thread: str = "", **layers: tuple[Any, ...]) -> Document:
        """A document that has only layers (``pages``, ``text``, ``words``, ``tables``, ``fields`` ...). Raises ``TypeError`` for others."""
        return cls(thread=thread, layers=Layers(**layers))

    # -- what steps added ---------------------------------------------------------------------------------------------

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """The pages, each with its text, words and image at hand."""
        return tuple(Page(self, info) for info in self.layers.pages)

    @cached_property
    def _readings(self) -> dict[int, tuple[PageText, ...]]:
        found: dict[int, list[PageText]] = {}
        for text in self.layers.text:
            found.setdefault(text.page, []).append(text)
        return {page: tuple(texts) for page, texts in found.items()}

    @cached_property
    def _texts(self) -> dict[str, PageText]:
        return {text.artifact: text for text in self.layers.text}

    @cached_property
    def _words(self) -> dict[str, Words]:
        return {words.artifact: words for words in reversed(self.layers.words)}

    @cached_property
    def _regions(self) -> dict[str, tuple[Region, ...]]:
        steps: dict[str, str] = {region.artifact: region.step for region in self.layers.regions}
        found: dict[str, list[Region]] = {}
        for region in self.layers.regions:
            if region.step == steps[region.artifact]:
                found.setdefault(region.artifact, []).append(region)
        return {artifact: tuple(regions) for artifact, regions in found.items()}

    @property
    def text(self) -> str:
        """The text of all pages, joined by form feeds."""
        return "\f".join(page.text for page in self.pages)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables."""
        return self.layers.tables

    @cached_property
    def fields(self) -> Candidates[Field]:
        """The fields by path: ``document.fields["total"].value``."""
        return Candidates(self.layers.fields, self.resolve)

    @cached_property
    def labels(self) -> Candidates[Label]:
        """The labels of the whole document by taxonomy: ``document.labels["document-kind"].value``."""
        return Candidates(tuple(label for label in self.layers.labels if label.page is None), self.resolve)

    @property
    def summary(self) -> Summary | None:
        """The latest summary."""
        return self.layers.summary[-1] if self.layers.summary else None

    @property
    def checks(self) -> Mapping[str, Check]:
        """The latest verdict of each rule."""
        return {check.rule: check for check in self.layers.checks}

    @property
    def route(self) -> Route | None:
        """The latest route."""
        return self.layers.route[-1] if self.layers.route else None

    # -- changing, by making another ----------------------------------------------------------------------------------

    def add(self, step: str, result: Result | Layers) -> Document:
        """This document with what ``step`` found, each item marked with the step and given its id.

        Nothing that was there changes. Raises ``TypeError`` for what is no result of a stage.
        """
        return self.with_layers(merge_layers(self.layers, self.stamp(step, result)))

    def with_layers(self, layers: Layers) -> Document:
        """This document with other layers; its identity and what lends it its bytes stay."""
        return self._with(layers=layers)

    def stamp(self, step: str, result: Result | Layers) -> Layers:
        """``result`` as layers whose items carry ``step`` and an id made of this document, the step and their content."""
        return Layers(**stamped_items(self.id, step, result))

    def one_page(self, index: int) -> Document:
        """A view with page ``index`` only, for components that work page by page; the page keeps its number."""
        layers = self.layers
        return self._with(
            layers=replace(
                layers,
                pages=tuple(page for page in layers.pages if page.index == index),
                text=tuple(text for text in layers.text if text.page == index),
                words=tuple(words for words in layers.words if words.page == index),
                regions=tuple(region for region in layers.regions if region.page == index),
                tables=tuple(table for table in layers.tables if table.page == index),
            )
        )

    def split_off(self, start: int, end: int, *, position: int) -> Document:
        """The document on the pages ``start`` to ``end`` (exclusive) of this packet, as its part number ``position``: a view of them.

        It holds what lies on these pages, with their numbers, so that spans stay valid; of the packet's fields and labels those that stand
        there. What was said of the packet as a whole is not said of it. Example::

            letter = packet.split_off(2, 5, position=1)
        """
        shown = f"page {start + 1}" if end == start + 1 else f"pages {start + 1}-{end}"
        return self._with(
            id=document_id(self.id, position, f"{self.content_id}\x1fpages {start}-{end}"),
            name=f"{self.name}, {shown}",
            kind="part",
            key="",
            parent=self.id,
            position=position,
            supersedes="",
            page_range=(start, end),
            layers=layers_between(self.layers, start, end),
        )

    def only(self, keep: frozenset[str]) -> Document:
        """A view with the layers named in ``keep``; the others are empty."""
        layers = self.layers
        return self._with(layers=Layers(**{name: getattr(layers, name) for name in LAYERS if name in keep}))

    def marked(self, duplicate_of: str) -> Document:
        """This document, saying which one brought the same bytes first (empty for none)."""
        return self._with(duplicate_of=duplicate_of)

    def bind(self, host: Host) -> Document:
        """This document, able to open its bytes and render its pages through ``host``."""
        self.__dict__["_lent_by"] = host
        return self

    def _with(self, **changes: Any) -> Document:
        other = replace(self, **changes)
        known, mine = self.__dict__, other.__dict__
        if "_lent_by" in known:
            mine["_lent_by"] = known["_lent_by"]
        if ("pages" in known or "_texts" in known) and same_pages(self.layers, other.layers):
            for name in ("pages", "_readings", "_texts"):
                if name in known:
                    mine[name] = known[name]
        return other

    # -- reaching outside ---------------------------------------------------------------------------------------------

    def open(self) -> BinaryIO:
        """A binary file on the document's bytes, to be closed by the caller. Raises `StoreError` when they are not at hand."""
        return self._host().open(self)

    def read(self) -> bytes:
        """The document's bytes."""
        with self.open() as file:
            return file.read()

    def _host(self) -> Host:
        host: Host | None = self.__dict__.get("_lent_by")
        if host is None:
            raise StoreError(
                f"The bytes of {self.name or 'this document'!r} are not at hand",
                cause="The document was made by hand or read from JSON, so nothing knows where its bytes are",
                fix="Take the document from a run or from the store, or call bind()",
                document=self.id or None,
            )
        return host

    def reference(self, item: Field | Label | Check | Table) -> Reference:
        """A pointer at one of this document's items, for ``inputs`` and reasons."""
        if isinstance(item, Field):
            return Reference("field", item.id, self.id, item.path)
        if isinstance(item, Label):
            return Reference("label", item.id, self.id, item.taxonomy)
        if isinstance(item, Check):
            return Reference("check", item.id, self.id, item.rule)
        return Reference("table", item.artifact, self.id, item.name)


@final
class Page:
    """One page of a document: its geometry (`PageInfo`), the text that counts, its words and its picture."""

    __slots__ = ("_document", "info")

    def __init__(self, document: Document, info: PageInfo) -> None:
        self._document: Final = document
        self.info: Final = info

    @property
    def index(self) -> int:
        """Its number, from 0."""
        return self.info.index

    @property
    def readings(self) -> tuple[PageText, ...]:
        """Every text that a step gave for this page, in the order of the steps."""
        return self._document._readings.get(self.info.index, ())

    @property
    def reading(self) -> PageText | None:
        """The text that counts: the latest that is not blank."""
        readings = self.readings
        return next((text for text in reversed(readings) if text.content.strip()), readings[-1] if readings else None)

    @property
    def text(self) -> str:
        """The content of the reading that counts; empty when there is none."""
        reading = self.reading
        return reading.content if reading else ""

    @property
    def words(self) -> Words | None:
        """The words of the reading that counts, if the step gave their boxes."""
        reading = self.reading
        return None if reading is None else self._document._words.get(reading.artifact)

    @property
    def regions(self) -> tuple[Region, ...]:
        """The parts of the reading that counts, in reading order, by the latest step that told them; none where no step did."""
        reading = self.reading
        return () if reading is None else self._document._regions.get(reading.artifact, ())

    def image(self, dpi: int = 200) -> Image:
        """A picture of the page as displayed, rendered by the component that ingested the document (RGB, pillow)."""
        return self._document._host().render(self._document, self.info.index, dpi)

    def __repr__(self) -> str:
        return f"Page({self.info.index}, {len(self.text)} code points)"


class UnitFailure(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """One page (from 0) or block of rows for which a step failed; ``page`` is None for the whole document."""

    category: Category
    message: str
    page: int | None = None
    retryable: bool = False


class StepOutcome(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How one step ended for one document: which component did it, and what failed."""

    step: str
    stage: str
    status: StepStatus
    component: str = ""
    message: str = ""
    failures: tuple[UnitFailure, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How one document ended: ``completed``, ``partial`` (some of it failed), ``failed`` or ``refused`` (nobody handles it)."""

    document: Document
    status: Status
    steps: tuple[StepOutcome, ...] = ()

    @property
    def name(self) -> str:
        """The document's name."""
        return self.document.name

    @property
    def route(self) -> Route | None:
        """Where it goes, if a step said so."""
        return self.document.route

    @property
    def failures(self) -> tuple[UnitFailure, ...]:
        """Everything that went wrong, in the order of the steps."""
        return tuple(failure for step in self.steps for failure in step.failures)
