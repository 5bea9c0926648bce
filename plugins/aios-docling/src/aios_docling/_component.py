"""The component that reads DoclingDocument JSON."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import pydantic

from aios_sdk import (
    Box,
    ComponentConfig,
    Context,
    Document,
    Malformed,
    PageInfo,
    PageText,
    Region,
    RegionKind,
    Source,
    Table,
    Unsupported,
    component,
    implements,
)

from ._items import Item, items, place
from ._tables import table_of

_HEAD: Final = 65_536
_SIGN: Final = re.compile(rb'"schema_name"\s*:\s*"DoclingDocument"')
_MOST_PAGES: Final = 100_000

#: What docling calls a text, and the kind of region that it is; others are paragraphs.
_REGIONS: Final[dict[str, RegionKind]] = {
    "title": "title",
    "section_header": "heading",
    "list_item": "list_item",
    "caption": "caption",
    "page_header": "header",
    "page_footer": "footer",
    "footnote": "footnote",
    "code": "code",
    "formula": "formula",
}
_BOXES: Final = {"checkbox_selected": "\u2611 ", "checkbox_unselected": "\u2610 "}


@component(
    "aios.docling", media_types=["application/json"], priority=5, isolation="process", provides=["pages", "text", "regions", "tables"]
)
class Docling:
    """Reads DoclingDocument JSON, as docling writes it: pages, texts with their kinds and boxes, nested lists, tables with merged cells.

    Other JSON is `Unsupported`, so that the next component is asked. Items without a place go to the page of the item before them.
    Example::

        Pipeline("converted").ingest("docling")
    """

    class Config(ComponentConfig):
        """``max_size`` of a file in bytes."""

        max_size: int = pydantic.Field(256 << 20, ge=1)

    def __init__(self, config: Config) -> None:
        self.config: Final = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """One document. Raises `Unsupported` for other JSON, `LimitExceeded` for too much of it, `Malformed` for what cannot be read."""
        whole = self._whole(source)
        sizes = dict(_sizes(whole.get("pages")))
        writer = _Writer(sizes, context)
        for item in items(whole):
            writer.add(item)
        yield writer.document()

    def _whole(self, source: Source) -> Mapping[str, Any]:
        if not _SIGN.search(source.head(_HEAD)):
            raise Unsupported("it is no DoclingDocument")
        data = source.read(self.config.max_size)
        try:
            whole = msgspec.json.decode(data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise Malformed(
                f"It is no whole JSON: {error}", cause="The file was cut off, or changed by hand", fix="Convert it again"
            ) from None
        if not isinstance(whole, dict) or whole.get("schema_name") != "DoclingDocument":
            raise Unsupported("it is no DoclingDocument")
        return whole


class _Part(NamedTuple):
    """A region before there is the text that it counts in."""

    kind: RegionKind
    start: int
    end: int
    box: Box | None
    level: int
    target: str


class _Sheet:
    """A page that is being written: its text so far, and the parts of it."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._length = 0
        self._last = ""
        self.parts: list[_Part] = []

    @property
    def text(self) -> str:
        return "".join(self._texts)

    def put(self, kind: RegionKind, text: str, box: Box | None = None, level: int = 0, target: str = "", link: str = "") -> None:
        """Write ``text`` below what is there: items of a list on the next line, others after an empty one."""
        text = text.strip("\n")
        if text and self._texts:
            self._write("\n" if kind == self._last == "list_item" else "\n\n")
        start = self._length
        self._write(text)
        self._last = kind
        self.parts.append(_Part(kind, start, self._length, box, level, target))
        if link and text.strip():
            self.parts.append(_Part("link", start, self._length, box, 0, link))

    def _write(self, text: str) -> None:
        self._texts.append(text)
        self._length += len(text)


class _Writer:
    """Puts every item on its page."""

    def __init__(self, sizes: Mapping[int, tuple[float, float]], context: Context) -> None:
        self._sizes = sizes
        self._context = context
        self._sheets: defaultdict[int, _Sheet] = defaultdict(_Sheet)
        self._tables: list[Table] = []
        self._page = min(sizes, default=0)

    def add(self, item: Item) -> None:
        page, box = place(item.data, self._sizes)
        if page is not None and page < _MOST_PAGES:
            self._page = page
        if item.kind == "tables":
            found = table_of(item.data, self._context, len(self._tables), self._page, box, self._sizes.get(self._page))
            if found is not None:
                self._tables.append(found[0])
                self._sheets[self._page].put("table", found[1], box, target=found[0].artifact)
        elif item.kind == "pictures":
            self._sheets[self._page].put("picture", "", box)
        elif item.kind == "texts":
            self._add_text(item, box)

    def _add_text(self, item: Item, box: Box | None) -> None:
        label, level = _text(item.data, "label"), item.data.get("level")
        text = _BOXES.get(label, "") + (_text(item.data, "text") or _text(item.data, "orig"))
        kind = _REGIONS.get(label, "paragraph")
        depth = 0
        if item.furniture and kind not in ("header", "footer"):
            kind = "footer" if box is None or box.y0 > 0.5 else "header"
        elif kind == "list_item":
            marker, depth = _text(item.data, "marker"), max(item.depth, 1)
            text = f"{marker} {text}" if marker and not text.startswith(marker) else text
        elif kind == "heading":
            depth = min(max(level, 1), 100) if isinstance(level, int) else 1
        self._sheets[self._page].put(kind, text, box, depth, link=_text(item.data, "hyperlink"))

    def document(self) -> Document:
        """Every page that was told of or written on; one where there is none."""
        pages = sorted({*self._sizes, *self._sheets}) or [0]
        sizes = {page: self._sizes.get(page, (0.0, 0.0)) for page in pages}
        texts = {page: PageText(page=page, content=sheet.text, reason="read by docling") for page, sheet in sorted(self._sheets.items())}
        return Document.of(
            pages=tuple(PageInfo(index=page, width=width, height=height) for page, (width, height) in sizes.items()),
            text=tuple(texts.values()),
            regions=tuple(
                Region.of(text, part.kind, part.start, part.end, box=part.box, level=part.level, target=part.target)
                for page, text in texts.items()
                for part in self._sheets[page].parts
            ),
            tables=tuple(self._tables),
        )


def _sizes(pages: object) -> Iterator[tuple[int, tuple[float, float]]]:
    for number, page in pages.items() if isinstance(pages, Mapping) else ():
        size = page.get("size") if isinstance(page, Mapping) else None
        if isinstance(size, Mapping) and number.isdecimal() and 0 < int(number[:9]) <= _MOST_PAGES:
            width, height = size.get("width"), size.get("height")
            if isinstance(width, int | float) and isinstance(height, int | float) and 0 < width < 1e9 and 0 < height < 1e9:
                yield int(number[:9]) - 1, (float(width), float(height))


def _text(data: Mapping[str, Any], name: str) -> str:
    """A text without lone surrogates, which JSON can hold and no document."""
    value = data.get(name)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
