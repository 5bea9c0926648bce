"""The component for XML of any kind."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from pydantic import Field as Setting

from aios_sdk import ComponentConfig, Context, Document, LimitExceeded, Malformed, PageText, Region, Source, component, implements

from ._data import Lines, check_fields, data_document, joined
from ._decode import decode

_DECLARED: Final = re.compile(rb"<\?xml\b[^>]{0,100}?encoding\s*=\s*[\"']\s*([\w.:-]+)")
_HEADINGS: Final = frozenset({"title", "head", "heading", "subtitle", "h1", "h2", "h3", "h4", "h5", "h6"})
_DEEPEST: Final = 200
_PROSE: Final = 0.3


class _Element:
    """An element while it is read: its name without a prefix, its attributes, and what is in it."""

    __slots__ = ("attributes", "content", "name")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name.rpartition(":")[2]
        self.attributes = {
            key.rpartition(":")[2]: value for key, value in attributes.items() if not key.startswith(("xmlns", "xsi:", "xml:space"))
        }
        self.content: list[str | _Element] = []

    @property
    def own_text(self) -> str:
        """The text that stands in this element itself."""
        return "".join(part for part in self.content if isinstance(part, str))

    @property
    def children(self) -> list[_Element]:
        return [part for part in self.content if isinstance(part, _Element)]


@component(
    "aios.xml",
    media_types=[
        "application/xml",
        "text/xml",
        "application/atom+xml",
        "application/rss+xml",
        "image/svg+xml",
        "application/vnd.ms-spreadsheetml",  # as XML, where aios.tables is not installed
    ],
    priority=-5,
    isolation="process",
    provides=["pages", "text", "regions", "fields"],
)
class Xml:
    """XML of any kind. Data as lines of names and values, each value a field: ``order.item[1].price``; prose as its paragraphs.

    Data are elements with either text or elements in them; where text and elements are mixed the file is prose, of which tags are no part.
    Attributes are fields as ``order.total.@currency``. Entities are never fetched, and those that expand without end are refused. Of a file
    that is cut off what stands before is kept, and the document is then partial.
    """

    class Config(ComponentConfig):
        """``max_fields``: values beyond them are text only, and the document is then partial; 0 for no fields at all.
        ``max_size``: in bytes."""

        max_fields: int = Setting(5_000, ge=0)
        max_size: int = Setting(50_000_000, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A document of one page. Raises `Malformed` or `LimitExceeded`, if anything can be read after the document."""
        data = source.read(self.config.max_size)
        declared = _DECLARED.search(data[:500])
        text, reason, confidence = decode(data, declared=declared[1].decode("ascii", "replace") if declared else "")
        tree = _Tree(max_size=20 * len(text) + 10_000)
        failure = tree.read(text.lstrip(), source.name)
        lines = Lines(max_size=20 * len(text) + 10_000)
        parts = _write(tree.root, lines) if tree.root is not None else []
        if not lines.text.strip():
            raise failure or Malformed(f"{source.name!r} holds no text")
        page = PageText(page=0, content=lines.text, reason=reason, confidence=confidence)
        regions = tuple(Region.of(page, "heading" if kind else "paragraph", start, end, level=kind) for kind, start, end in parts)
        if lines.values:
            regions = (Region.of(page, "code", 0, len(page.content.rstrip())),)
        yield data_document(page, lines.values, self.config.max_fields, regions)
        if failure is not None:
            raise failure
        if self.config.max_fields:
            check_fields(source.name, lines.values, self.config.max_fields, "aios.xml")


class _Tree:
    """The elements of a file, as far as it is well formed."""

    def __init__(self, max_size: int) -> None:
        self.root: _Element | None = None
        self._open: list[_Element] = []
        self._left = max_size
        self._outside = ""

    def read(self, text: str, name: str) -> Malformed | LimitExceeded | None:
        """Read ``text``; what went wrong, if anything did."""
        from xml.parsers import expat

        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.SkippedEntityHandler = self._skipped
        parser.ExternalEntityRefHandler = self._not_fetched
        try:
            parser.Parse(text.encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            if "amplification" in str(error):
                return LimitExceeded(f"{name!r} expands entities without end", cause="It is an attack (billion laughs)")
            return Malformed(
                f"{name!r} is not well formed: {error}", cause="It was cut off, or written by hand", fix="Ask the sender for it again"
            )
        except LimitExceeded as error:
            return error
        if self._outside:
            return Malformed(
                f"A part of {name!r} lies outside of it, at {self._outside!r}, and is not fetched",
                cause="It names a file or an address as an entity, which is also how files are stolen",
                fix="Ask the sender for one file with everything in it",
            )
        return None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise LimitExceeded(f"Elements lie more than {_DEEPEST} levels deep", cause="It may be an attack")
        element = _Element(name, attributes)
        if self._open:
            self._open[-1].content.append(element)
        elif self.root is None:
            self.root = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            raise LimitExceeded("Its entities expand to far more than the file", cause="It is an attack (billion laughs)")
        if self._open:
            self._open[-1].content.append(text)

    def _not_fetched(self, context: str, base: str | None, system: str | None, public: str | None) -> int:
        self._outside = self._outside or system or public or context
        return 1

    def _skipped(self, name: str, is_parameter: bool) -> None:
        """An entity that is declared elsewhere: one of HTML's, or nothing that can be known."""
        if not is_parameter:
            self._text(html.unescape(f"&{name};"))


def _write(root: _Element, lines: Lines) -> list[tuple[int, int, int]]:
    """Write the text of ``root``; for prose its blocks: the level of a heading (0 for none), start and end."""
    mixed, everything = _measured(root)
    blocks: list[tuple[int, int, int]] = []
    if mixed > _PROSE * everything:
        _write_prose(root, lines, blocks, 0)
    else:
        _write_data(root, root.name, lines, 0)
    return blocks


def _measured(root: _Element) -> tuple[int, int]:
    """How long the text is that stands beside elements, and how long all text is."""
    mixed = everything = 0
    stack = [(root, False)]
    while stack:
        element, within = stack.pop()
        size, children = len(element.own_text.strip()), element.children
        within = within or (size > 0 and bool(children))
        mixed += size * within
        everything += size
        stack.extend((child, within) for child in children)
    return mixed, everything


def _write_prose(element: _Element, lines: Lines, blocks: list[tuple[int, int, int]], depth: int) -> None:
    if element.own_text.strip():
        text = " ".join(_all_text(element).split())
        lines.write("\n\n" if lines.size else "")
        level = min(6, max(1, depth)) if element.name.lower() in _HEADINGS else 0
        blocks.append((level, lines.size, lines.size + len(text)))
        lines.write(text)
        return
    for child in element.children:
        _write_prose(child, lines, blocks, depth + 1)


def _all_text(element: _Element) -> str:
    return "".join(part if isinstance(part, str) else _all_text(part) for part in element.content)


def _write_data(element: _Element, path: str, lines: Lines, depth: int) -> None:
    indent = "  " * depth
    own = element.own_text.strip()
    lines.write(f"{indent}{element.name}" + (": " if own else ""))
    if own:
        lines.value(path, own, own)
    lines.write("\n")
    for name, value in element.attributes.items():
        if value.strip():
            lines.write(f"{indent}  @{name}: ")
            lines.value(f"{path}.@{name}", value, value)
            lines.write("\n")
    counts = Counter(child.name for child in element.children)
    seen: Counter[str] = Counter()
    for child in element.children:
        inner = joined(path, child.name)
        if counts[child.name] > 1:
            inner += f"[{seen[child.name]}]"
        seen[child.name] += 1
        _write_data(child, inner, lines, depth + 1)
