"""Mutants that stumble over damaged files."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from aios_sdk import Document, Malformed, PageInfo, PageText, Source, component, implements

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def page(text: str) -> Document:
    """A document of one page."""
    return Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))


def decoded(source: Source) -> str:
    """The text of a file in UTF-8."""
    try:
        return source.read().decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"it is no UTF-8: {error}") from error


@component("mutant.first-byte", version="1", media_types=["text/plain"], provides=["pages", "text"])
class FirstByte:
    """Looks at the first byte to see whether there is a byte order mark."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        text = decoded(source)
        yield page(text[1:] if text[0] == "\ufeff" else text)


@component("mutant.decodes", version="1", media_types=["text/plain"], provides=["pages", "text"])
class Decodes:
    """Takes it that every text is UTF-8."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield page(source.read().decode() or "-")


@component("mutant.opens-lazily", version="1", media_types=["image/png"], provides=["pages"])
class OpensLazily:
    """Catches what Pillow raises when it opens a picture, and forgets what it raises when it decodes one."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        from PIL import Image, UnidentifiedImageError

        try:
            picture = Image.open(io.BytesIO(source.read()), formats=["PNG"])
        except UnidentifiedImageError as error:
            raise Malformed("it is no PNG") from error
        width, height = picture.convert("L").size
        yield Document.of(pages=(PageInfo(index=0, width=float(width), height=float(height)),))


@component("mutant.any-zip", version="1", media_types=[_WORKBOOK], provides=["pages", "text"])
class AnyZip:
    """Takes every zip archive for a workbook."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        try:
            archive = zipfile.ZipFile(io.BytesIO(source.read()))
        except zipfile.BadZipFile as error:
            raise Malformed("it is no workbook") from error
        yield page(re.sub("<[^>]*>", " ", archive.read("xl/sheet1.xml").decode()))


@component("mutant.unpacks", version="1", media_types=["application/zip"])
class Unpacks:
    """Knows what zipfile raises, and not what zlib does."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        try:
            archive = zipfile.ZipFile(io.BytesIO(source.read()))
            for info in archive.infolist():
                if not info.flag_bits & 1:
                    yield Source(name=info.filename, data=archive.read(info))
        except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
            raise Malformed("it is no zip archive") from error


@component("mutant.recurses", version="1", media_types=["application/json"], provides=["pages", "text"])
class Recurses:
    """Walks through JSON by calling itself, as the parser does, too."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        try:
            found = json.loads(source.read())
        except ValueError as error:
            raise Malformed("it is no JSON") from error
        yield page("\n".join(self._leaves(found)) or "-")

    def _leaves(self, value: Any) -> Iterator[str]:
        if isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                yield from self._leaves(each)
        else:
            yield json.dumps(value)


@component("mutant.nothing", version="1", media_types=["text/plain"], provides=["pages", "text"])
class Nothing:
    """Makes a page of every part that has text, and a document in any case."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        parts = [part for part in decoded(source).split("\f") if part.strip()]
        yield Document.of(
            pages=tuple(PageInfo(index=index) for index in range(len(parts))),
            text=tuple(PageText(page=index, content=part) for index, part in enumerate(parts)),
        )


MUTANTS = [
    ("empty-file", FirstByte),
    ("any-bytes", Decodes),
    ("truncated", OpensLazily),
    ("another-type", AnyZip),
    ("damaged", Unpacks),
    ("hostile-file", Recurses),
    ("documents-hold-something", Nothing),
]
