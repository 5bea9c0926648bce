"""A sample: bytes, and the truth about them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, final

from aios_sdk.errors import UsageError
from aios_sdk.records import Document, Extraction, Layers, PageInfo, Source, document_id

from .._parquet import make_table
from ._paper import Paper, PaperHost, PlacedWord


class SampleTable(NamedTuple):
    """The truth about a table: its name, its columns as (name, DuckDB type), and its rows as Python values; None where nothing stands."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]


@final
@dataclass(frozen=True, kw_only=True)
class Sample:
    """A small document made by code, and what is known to be in it. Equal calls give equal bytes with one version of Pillow.

    Attributes:
        name: a file name; media_type: of the bytes; data: the bytes.
        papers: its pages, each with its text and the box of each word, as displayed.
        readable: whether the bytes hold the text as text; of a scan it is only to be seen.
        tables: its tables; parts: what is packed into it: attachments, members of an archive.
    """

    name: str
    media_type: str
    data: bytes
    papers: tuple[Paper, ...] = ()
    readable: bool = True
    tables: tuple[SampleTable, ...] = ()
    parts: tuple[Sample, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The true text of each page."""
        return tuple(paper.content for paper in self.papers)

    @property
    def text(self) -> str:
        """The true text of all pages, joined by form feeds as in `Document.text`."""
        return "\f".join(self.texts)

    @property
    def words(self) -> tuple[tuple[PlacedWord, ...], ...]:
        """The true words of each page, each with its range in the page's text and its box."""
        return tuple(paper.words for paper in self.papers)

    @cached_property
    def content_id(self) -> str:
        """The SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def source(self, *, key: str = "") -> Source:
        """The bytes as a source for ingest, in memory, with the identity that the engine gives; ``key`` is by default the name."""
        identity = document_id(key or self.name, 0, self.content_id)
        return Source(
            name=self.name,
            key=key or self.name,
            data=self.data,
            media_type=self.media_type,
            document_id=identity,
            content_id=self.content_id,
            size=len(self.data),
            root=identity,
        )

    def write(self, folder: Path) -> Path:
        """Write the bytes into ``folder`` under the sample's name; the path."""
        path = folder / self.name
        path.write_bytes(self.data)
        return path

    def document(self, *, read: bool = False) -> Document:
        """The document as ingest leaves it: pages, the text and words that the bytes hold, tables. It opens its bytes and draws its pages.

        With ``read``, a page that only shows its text has it too, as if OCR had read it without a mistake. Raises `UsageError` for a mere
        container such as a zip archive.
        """
        if not self.papers and not self.tables:
            raise UsageError(f"{self.name} holds no document itself", fix="Take those of its parts")
        source = self.source()
        bare = Document(
            id=source.document_id,
            name=self.name,
            media_type=self.media_type,
            content_id=source.content_id,
            size=source.size,
            key=source.key,
            root=source.root,
        ).bind(PaperHost(self.data, self.papers, self.media_type.startswith("image/")))
        texts = tuple(paper.text(method="embedded") for paper in self.papers) if self.readable else ()
        words = tuple(paper.word_columns(text) for paper, text in zip(self.papers, texts, strict=False))
        tables = tuple(make_table(name, columns, rows) for name, columns, rows in self.tables)
        pages = tuple(paper.info for paper in self.papers) or (PageInfo(index=0),)
        document = bare.add("ingest.sample", Layers(pages=pages, text=texts, words=words, tables=tables))
        if not read or self.readable:
            return document
        texts = tuple(paper.text(method="ocr", confidence=0.95) for paper in self.papers)
        words = tuple(paper.word_columns(text, 0.95) for paper, text in zip(self.papers, texts, strict=True))
        return document.add("extract.ocr", Extraction(text=texts, words=words))

    def __repr__(self) -> str:
        return f"Sample({self.name!r}, {self.media_type!r}, {len(self.data)} bytes)"
