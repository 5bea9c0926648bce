"""The components: documents, slides and books; and those of Word and PowerPoint from before 2007."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from pydantic import Field as Setting

from aios_sdk import (
    ComponentConfig,
    Context,
    Document,
    Encrypted,
    LimitExceeded,
    Malformed,
    PageInfo,
    PageText,
    Region,
    Resources,
    Source,
    Table,
    component,
    implements,
)

from ._properties import FIELDS, fields

if TYPE_CHECKING:
    from ._content import Content

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
_WORD: Final = f"{_OOXML}wordprocessingml.document"
_SLIDES: Final = f"{_OOXML}presentationml.presentation"
_OPEN: Final = tuple(f"{_ODF}{kind}{template}" for kind in ("text", "presentation", "graphics") for template in ("", "-template"))
_RTF: Final = ("application/rtf", "text/rtf")
_EPUB: Final = "application/epub+zip"
_DOC: Final = "application/msword"
_PPT: Final = "application/vnd.ms-powerpoint"
#: What LibreOffice makes of a legacy document: how the file is called, and as what it is read.
_NEW: Final = {_DOC: (".doc", "docx"), _PPT: (".ppt", "pptx")}
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROVIDED: Final = ("pages", "text", "regions", "tables", "fields")


class _Limits(ComponentConfig):
    """``max_size``: what a file may unpack to, in bytes. ``max_ratio``: unpacked to packed size of its parts above 1 MB. ``pictures``:
    whether pictures become parts of their own; embedded files always do."""

    max_size: int = Setting(500_000_000, ge=1)
    max_ratio: int = Setting(200, ge=1)
    pictures: bool = True


@component(
    "aios.office",
    media_types=[_WORD, _SLIDES, *_OPEN, *_RTF, _EPUB],
    isolation="process",
    provides=_PROVIDED,
    fields=FIELDS,
    memory_mb=1024,
)
class Office:
    """Word, PowerPoint, OpenDocument, RTF and EPUB files: text in reading order, regions, tables, properties, and what is embedded.

    Slides and chapters are pages, texts have one. The text is what a reader sees: tracked changes are accepted, hidden text is left out,
    lists and headings have their numbers; headers stand first, notes and comments last. Macros are ignored, and nothing outside of the file
    is read. Of a damaged file what could be read is kept.
    """

    class Config(_Limits):
        __doc__ = _Limits.__doc__

    def __init__(self, config: Config) -> None:
        self.config: Final = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """The document, then a `Source` for each picture and embedded file.

        Raises `Encrypted`, `LimitExceeded` (before anything unpacks), `Malformed`; the last one after what could be read of a damaged file.
        """
        with source.open() as file:
            yield from _given(_content(file, source.name, source.media_type, self.config), source.name, context)


@component(
    "aios.soffice", media_types=[_DOC, _PPT], isolation="process", provides=_PROVIDED, fields=FIELDS, programs=["soffice"], memory_mb=1024
)
class Soffice:
    """Word and PowerPoint files from before 2007, as `aios.office` reads what LibreOffice makes of them.

    The program ``soffice`` runs for each document with a profile of its own, in which macros, links and the network are switched off; it is
    killed at the step's deadline. Example::

        Pipeline("old").ingest("soffice", timeout=120)
    """

    class Config(_Limits):
        __doc__ = _Limits.__doc__

    def __init__(self, config: Config) -> None:
        self.config: Final = config

    def open(self, resources: Resources) -> None:
        """Raise `Unavailable`, with the command that installs it, when LibreOffice is missing."""
        from ._soffice import program

        program()

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """The document, then a `Source` for each picture and embedded file.

        Raises `Encrypted`, `LimitExceeded`, `Malformed`, and `DeadlineExceeded` when LibreOffice was stopped.
        """
        from ._ole import is_encrypted
        from ._soffice import convert

        data = source.read(self.config.max_size)
        if is_encrypted(data):
            raise Encrypted(f"{source.name!r} needs a password", fix="Save the file without a password")
        suffix, kind = _NEW[_PPT if source.media_type == _PPT else _DOC]
        made = convert(data, suffix, kind, context.scratch, context.remaining())
        with made.open("rb") as file:
            yield from _given(_content(file, source.name, _SLIDES if kind == "pptx" else _WORD, self.config), source.name, context)


def _content(file: BinaryIO, name: str, media_type: str, config: _Limits) -> Content:
    """What is in ``file``, by the reader for its type."""
    from ._package import Package

    head = file.read(len(_OLE))
    file.seek(0)
    if head == _OLE:
        from ._ole import is_encrypted

        if is_encrypted(file.read()):
            raise Encrypted(f"{name!r} needs a password", fix="Save the file without a password")
        raise Malformed(
            f"{name!r} is an OLE file, and no {media_type}", cause="It was named or declared wrongly", fix="Name it as what it is"
        )
    try:
        if media_type in _RTF:
            from ._rtf import read_rtf

            data = file.read(config.max_size + 1)
            if len(data) > config.max_size:
                raise LimitExceeded(f"{name!r} has more than {config.max_size:,} bytes", fix="Raise max_size of aios.office")
            return read_rtf(data, name, pictures=config.pictures)
        package = Package(file, name, max_size=config.max_size, max_ratio=config.max_ratio)
        if media_type == _EPUB:
            from ._epub import read_epub as read
        elif media_type.startswith(_ODF):
            from ._odf import read_odf as read
        elif media_type == _SLIDES:
            from ._slides import read_slides as read
        else:
            from ._word import read_word as read
        return read(package, pictures=config.pictures)
    except RecursionError as error:
        raise LimitExceeded(f"{name!r} nests too deeply", cause="It may be an attack") from error


def _given(found: Content, name: str, context: Context) -> Iterator[Document | Source]:
    """The content as the engine takes it: a document, its parts, and at the end what could not be read."""
    parts = iter(found.parts)
    first = next(parts, None)
    if found.damage and first is None and not any(leaf.blocks for leaf in found.leaves):
        raise _damaged(found, name)
    yield _document(found, context.scratch)
    for part in chain(() if first is None else (first,), parts):
        yield Source(name=part.name, data=part.data)
    if found.damage:
        raise _damaged(found, name)


def _document(found: Content, scratch: Path) -> Document:
    import duckdb

    from ._content import page_of, regions_of

    pages: list[PageInfo] = []
    texts: list[PageText] = []
    regions: list[Region] = []
    tables: list[Table] = []
    with duckdb.connect(config={"memory_limit": "256MB", "threads": 1, "temp_directory": str(scratch / "duckdb")}) as connection:
        for index, leaf in enumerate(found.leaves):
            info, text, places = page_of(index, leaf)
            rows: dict[int, str] = {}
            for start, _, block in places:
                if block.grid is not None:
                    path = scratch / f"table-{len(tables)}.parquet"
                    table = Table.from_rows(
                        block.grid.texts(), path, name=f"table-{len(tables) + 1}", header=block.grid.header, page=index, box=block.box,
                        merged=block.grid.merged(), connection=connection,
                    )  # fmt: skip
                    tables.append(table)
                    rows[start] = table.artifact
            pages.append(info)
            texts.append(text)
            regions += regions_of(text, places, rows)
    return Document.of(
        pages=tuple(pages), text=tuple(texts), regions=tuple(regions), tables=tuple(tables), fields=tuple(fields(found.properties))
    )


def _damaged(found: Content, name: str) -> Malformed:
    told = "; ".join(found.damage[:3]) + (f"; and {len(found.damage) - 3} more" if len(found.damage) > 3 else "")
    return Malformed(f"{name!r} is damaged: {told}", cause="It was cut off or changed on its way", fix="Get the file again")
