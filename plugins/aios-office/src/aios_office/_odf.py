"""OpenDocument texts and presentations (OASIS OpenDocument 1.3, part 3): odt, odp, odg, and their templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aios_sdk import Box, Encrypted, Malformed, RegionKind

from ._content import Block, Content, Leaf, Line, Part, flat, picture, some, with_kind
from ._odf_lists import Counters
from ._odf_styles import OdfStyles, points
from ._odf_tables import grid_of
from ._odf_text import Asides, Inline
from ._ole import unwrapped
from ._package import Package
from ._properties import properties
from ._xml import Element, attribute, child, children, descendants, number, tag

_META: Final = {
    "dc:title": "title", "dc:subject": "subject", "meta:initial-creator": "author", "meta:keyword": "keywords",
    "meta:creation-date": "created", "dc:date": "modified",
}  # fmt: skip
#: Elements that only hold more of the text: sections, indexes, drawings and groups.
_WRAPPERS: Final = frozenset({
    "text:section", "text:index-body", "text:index-title", "text:table-of-content", "text:illustration-index", "text:table-index",
    "text:object-index", "text:user-index", "text:alphabetical-index", "text:bibliography", "text:numbered-paragraph", "draw:text-box",
    "office:text",
})  # fmt: skip
_SHAPES: Final = frozenset({
    "draw:frame", "draw:g", "draw:a", "draw:custom-shape", "draw:rect", "draw:line", "draw:polyline", "draw:polygon",
    "draw:regular-polygon", "draw:path", "draw:circle", "draw:ellipse", "draw:connector", "draw:caption", "draw:measure", "draw:control",
    "dr3d:scene",
})  # fmt: skip
_EDGES: Final[dict[str, RegionKind]] = {"header": "header", "footer": "footer", "page-number": "footer", "date-time": "footer"}


def read_odf(package: Package, *, pictures: bool) -> Content:
    """The text in ``package`` as one page, or its drawn pages. Raises `Encrypted` when it needs a password."""
    manifest = package.xml("META-INF/manifest.xml")
    if next(descendants(manifest, "manifest:encryption-data", "manifest:encrypted-key"), None) is not None:
        raise Encrypted(f"{package.name!r} needs a password", fix="Save the file without a password")
    content = package.xml("content.xml")
    body = child(content, "office:body")
    if body is None and content is None:
        raise Malformed(f"{package.name!r} has no content.xml that can be read", cause="It is damaged", fix="Get the file again")
    reader = _Odf(package, content)
    drawn = next(children(body, "office:presentation", "office:drawing"), None)
    text = child(body, "office:text")
    leaves = reader.pages(drawn) if drawn is not None else [Leaf(list(reader.text(text)))]
    meta = child(package.xml("meta.xml"), "office:meta")
    found = properties((_META[tag(each)], each.text or "") for each in (meta if meta is not None else ()) if tag(each) in _META)
    return Content(leaves, found, _parts(package, content, pictures), package.damage)


def _parts(package: Package, content: Element | None, pictures: bool) -> Iterator[Part]:
    """The pictures that the content shows, and what is embedded in it as a file."""
    seen: set[str] = set()
    for element in descendants(content, "draw:image", "draw:object-ole", "draw:plugin"):
        name = attribute(element, "href").removeprefix("./")
        if not name or name in seen or name not in package or (tag(element) == "draw:image" and not pictures):
            continue
        seen.add(name)
        data = None if tag(element) == "draw:image" and _is_preview(element) else package.read(name)
        if data and (found := unwrapped(Part(name.rpartition("/")[2], data))):
            yield found


def _is_preview(image: Element) -> bool:
    """Whether the picture only stands for something else in its frame: a table, an object, a text."""
    return any(tag(each) in ("table:table", "draw:object", "draw:text-box") for each in image.getparent())


def _box(shape: Element, size: tuple[float, float]) -> Box | None:
    """The box of a shape on a page of that size in points; None where it has no frame, or lies beside the page."""
    x, y, width, height = (points(attribute(shape, name)) for name in ("x", "y", "width", "height"))
    if x is None or y is None or not width or not height or not all(size):
        return None
    box = Box.of(x / size[0], y / size[1], (x + width) / size[0], (y + height) / size[1])
    return box if box.x0 < box.x1 and box.y0 < box.y1 else None


class _Odf:
    """One reading of a file."""

    def __init__(self, package: Package, content: Element | None) -> None:
        self._package: Final = package
        styles = package.xml("styles.xml")
        self._styles: Final = OdfStyles([content, styles])
        self._counters: Final = Counters(self._styles)
        self._asides: Final = Asides()
        self._inline: Final = Inline(self._styles, self._asides)

    def text(self, text: Element | None) -> Iterator[Block]:
        """The blocks of a text between its headers and footers; then its notes, then its comments."""
        yield from self._edges("header")
        yield from self._blocks(text if text is not None else ())
        yield from self._edges("footer")
        yield from self._late()

    def _edges(self, kind: RegionKind) -> Iterator[Block]:
        """The headers or footers of all page styles; those that say the same once."""
        seen: set[tuple[str, ...]] = set()
        for master in self._styles.masters.values():
            for edge in children(master, f"style:{kind}", f"style:{kind}-first", f"style:{kind}-left"):
                found = list(with_kind(self._blocks(edge), kind))
                said = tuple(block.text for block in found)
                if attribute(edge, "display") != "false" and said not in seen:
                    seen.add(said)
                    yield from found

    def _late(self) -> Iterator[Block]:
        for mark, note in self._asides.take_notes():
            yield from with_kind(self._blocks(note), "footnote", f"[{mark}] ")
        for comment in self._asides.take_comments():
            author = next((each.text or "" for each in children(comment, "dc:creator")), "").strip()
            yield from with_kind(self._blocks(comment), "comment", f"{author}: " if author else "")

    def pages(self, drawn: Element) -> list[Leaf]:
        """The drawn pages, hidden ones too."""
        return [self._page(page) for page in children(drawn, "draw:page")]

    def _page(self, page: Element) -> Leaf:
        size = self._styles.size(attribute(page, "master-page-name"))
        shapes = [(each, list(self._shape(each, size))) for each in page if tag(each) in _SHAPES]
        titles = [block for shape, found in shapes if attribute(shape, "class") == "title" for block in found]
        blocks = titles + [block for shape, found in shapes if attribute(shape, "class") != "title" for block in found]
        for frame in descendants(child(page, "presentation:notes"), "draw:frame"):
            if attribute(frame, "class") == "notes":
                blocks += with_kind(self._blocks(frame), "comment")
        for comment in children(page, "office:annotation"):
            self._asides.comments.append(comment)
        blocks += self._late()
        return Leaf(blocks, *size)

    def _shape(self, shape: Element, size: tuple[float, float]) -> Iterator[Block]:
        if tag(shape) in ("draw:g", "draw:a", "dr3d:scene"):
            for each in shape:
                yield from self._shape(each, size)
            return
        box = _box(shape, size)
        kind = attribute(shape, "class")
        found = list(self._blocks((shape,)))
        if kind == "title" and found:
            text, links = flat(found)
            found = [Block("heading", text, 1, links=links)] if text else []
        elif kind in _EDGES:
            found = list(with_kind(found, _EDGES[kind]))
        for block in found:
            yield Block(block.kind, block.text, block.level, box, block.links, block.grid, block.target)

    def _blocks(self, elements: Iterable[Element]) -> Iterator[Block]:
        for element in elements:
            match tag(element):
                case "text:p":
                    yield from self._paragraph(element, self._styles.kind(attribute(element, "style-name")))
                case "text:h":
                    level = max(1, number(attribute(element, "outline-level"), 1))
                    listed = attribute(element, "is-list-header") != "true"
                    prefix = self._counters.heading(level, attribute(element, "start-value")) if listed else ""
                    yield from self._paragraph(element, "heading", level, prefix)
                case "text:list":
                    yield from self._list(element, 1, "")
                case "table:table":
                    grid = grid_of(element, self._cell)
                    yield from grid if isinstance(grid, list) else some(grid.block())
                case name if name in _SHAPES:
                    yield from self._frame(element)
                case name if name in _WRAPPERS:
                    yield from self._blocks(element)

    def _cell(self, cell: Element) -> list[Block]:
        return list(self._blocks(cell))

    def _paragraph(self, paragraph: Element, kind: RegionKind, level: int = 0, prefix: str = "") -> Iterator[Block]:
        line = Line()
        asides = self._inline.read(paragraph, line)
        yield from some(line.block(kind, level, prefix=prefix))
        yield from self._blocks(asides)

    def _list(self, element: Element, level: int, outer: str) -> Iterator[Block]:
        style = attribute(element, "style-name") or outer
        self._counters.begin(element, style, level)
        for item in children(element, "text:list-item", "text:list-header"):
            counts = tag(item) == "text:list-item" and next(iter(item), None) is not None and tag(item[0]) != "text:list"
            prefix = self._counters.item(style, level, attribute(item, "start-value")) if counts else ""
            for each in item:
                match tag(each):
                    case "text:list":
                        yield from self._list(each, level + 1, style)
                    case "text:p" | "text:h" as name:
                        if name == "text:h":
                            depth = max(1, number(attribute(each, "outline-level"), 1))
                            yield from self._paragraph(each, "heading", depth, prefix)
                        else:
                            yield from self._paragraph(each, "list_item", level, prefix)
                        prefix = ""
                    case _:
                        yield from self._blocks((each,))

    def _frame(self, frame: Element) -> Iterator[Block]:
        """What a shape shows: text, a table, an object of its own, a picture."""
        if (inner := child(frame, "draw:object")) is not None:
            yield from self._object(attribute(inner, "href").removeprefix("./"))
        elif (image := child(frame, "draw:image")) is not None and not _is_preview(image):
            texts = (each.text or "" for each in children(frame, "svg:desc", "svg:title"))
            name = attribute(image, "href").removeprefix("./")
            part = name.rpartition("/")[2] if name in self._package else ""
            text = next(texts, "")
            if part or text.strip():
                yield picture(text, part)
        yield from self._blocks(each for each in frame if tag(each) not in ("draw:object", "draw:image", "draw:object-ole"))

    def _object(self, folder: str) -> Iterator[Block]:
        """A formula, chart or text that stands in a folder of the package as a document of its own."""
        root = self._package.xml(f"{folder}/content.xml") if folder else None
        if root is None:
            return
        if tag(root).startswith("math:"):
            line = Line()
            line.write(next((each.text or "" for each in descendants(root, "math:annotation")), "") or " ".join(root.itertext()))
            yield from some(line.block("formula"))
        for part in descendants(root, "office:chart"):
            for title in descendants(part, "chart:title"):
                yield from with_kind(self._blocks(title), "caption")
            for table in descendants(part, "table:table"):
                grid = grid_of(table, self._cell)
                yield from grid if isinstance(grid, list) else some(grid.block())
        for part in descendants(root, "office:text"):
            yield from self._blocks(part)
