"""PowerPoint files: each slide a page with the text of its shapes in their order, its tables, charts, notes and comments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Final

from aios_sdk import Box, RegionKind

from ._content import Block, Cell, Content, Grid, Leaf, Line, flat, some, with_kind
from ._drawing import graphic, line_of, pictured
from ._frames import WHOLE, Frame, Geometry
from ._numbers import letters, roman
from ._office_open import core_properties, embedded, main_part
from ._package import Package, Relation
from ._xml import Element, attribute, child, children, chosen, descendants, number, tag

_POINT: Final = 12_700  # EMU
#: The size of slides where a file gives none, in EMU: 10 by 7.5 inches.
_USUAL: Final = (9_144_000, 6_858_000)
_EDGES: Final[dict[str, RegionKind]] = {"hdr": "header", "ftr": "footer", "dt": "footer", "sldNum": "footer"}
_BODIES: Final = frozenset({"body", "obj", "", "half"})


def read_slides(package: Package, *, pictures: bool) -> Content:
    """The presentation in ``package``, a page for each slide, hidden ones too, in the order of the show."""
    main = main_part(package, "ppt/presentation.xml")
    root = package.xml(main)
    relations = package.relations(main)
    size = child(root, "p:sldSz")
    width, height = (number(attribute(size, name)) if size is not None else 0 for name in ("cx", "cy"))
    if width <= 0 or height <= 0:
        width, height = _USUAL
    leaves: list[Leaf] = []
    parts = [main]
    deck = _Deck(package, relations, (width, height))
    for entry in children(child(root, "p:sldIdLst"), "p:sldId"):
        relation = relations.get(_relation_id(entry))
        if relation is None or relation.external or relation.target not in package:
            package.damage.append(f"a slide of {package.name!r} is missing")
            continue
        if relation.target in parts:
            continue  # no slide is shown twice
        slide = _Slide(deck, relation.target)
        leaves.append(Leaf(list(slide.blocks()), round(width / _POINT, 2), round(height / _POINT, 2)))
        parts += slide.parts
    return Content(leaves, core_properties(package), embedded(package, parts, pictures), package.damage)


def _relation_id(entry: Element) -> str:
    # The entry has an id of its own besides the relation's, which differs only in its namespace.
    return next((str(value) for name, value in entry.attrib.items() if name.endswith("}id")), "")


class _Deck:
    """What the slides of a presentation share, each part read once."""

    def __init__(self, package: Package, relations: Mapping[str, Relation], size: tuple[int, int]) -> None:
        self.package: Final = package
        self.size: Final = size
        self._relations: Final = relations
        self._geometries: Final[dict[str, Geometry]] = {}

    def geometry(self, layout: str) -> Geometry:
        """The placeholders of a layout and of its master."""
        if layout not in self._geometries:
            above = self.package.relations(layout).values() if layout else ()
            master = next((each.target for each in above if each.kind == "slideMaster"), "")
            self._geometries[layout] = Geometry([self.package.xml(each) for each in (layout, master) if each])
        return self._geometries[layout]

    @cached_property
    def authors(self) -> dict[str, str]:
        """The names of who commented, by id."""
        parts = (each.target for each in self._relations.values() if each.kind in ("commentAuthors", "authors") and not each.external)
        roots = (self.package.xml(each) for each in parts)
        return {attribute(each, "id"): attribute(each, "name") for root in roots if root is not None for each in root}


class _Slide:
    """One slide with what hangs on it."""

    def __init__(self, deck: _Deck, part: str) -> None:
        self._deck: Final = deck
        self._package: Final = deck.package
        self._relations: Final = deck.package.relations(part)
        self._root: Final = deck.package.xml(part)
        self._kinds: Final = {each.kind: each.target for each in self._relations.values() if not each.external}
        self._geometry: Final = deck.geometry(self._kinds.get("slideLayout", ""))
        #: The parts that were read: the slide and its notes.
        self.parts: Final = [part]

    def blocks(self) -> Iterator[Block]:
        """The title, the other shapes in their order (which is that of screen readers), then notes and comments."""
        tree = child(self._root, "p:cSld", "p:spTree")
        found = [(shape, list(self._shape(shape, WHOLE))) for shape in (tree if tree is not None else ())]
        for first in (True, False):
            for shape, blocks in found:
                if (_placeholder(shape)[0] in ("title", "ctrTitle")) is first:
                    yield from blocks
        yield from self._notes()
        yield from self._comments()

    def _shape(self, shape: Element, frame: Frame) -> Iterator[Block]:
        match tag(shape):
            case "p:sp" | "p:cxnSp":
                yield from self._text(shape, frame)
            case "p:grpSp":
                inner = frame.of_group(child(shape, "p:grpSpPr", "a:xfrm"))
                for each in shape:
                    yield from self._shape(each, inner)
            case "p:pic":
                yield from pictured(child(shape, "p:nvPicPr", "p:cNvPr"), shape, self._relations, self._box(shape, frame))
            case "p:graphicFrame":
                yield from self._graphic(shape, self._box(shape, frame))
            case "mc:AlternateContent":
                for each in chosen(shape):
                    yield from self._shape(each, frame)

    def _box(self, shape: Element, frame: Frame) -> Box | None:
        return self._geometry.box(shape, _placeholder(shape), frame, self._deck.size)

    def _text(self, shape: Element, frame: Frame) -> Iterator[Block]:
        body = child(shape, "p:txBody")
        if body is None:
            return
        kind, _ = _placeholder(shape)
        box = self._box(shape, frame)
        if kind in ("title", "ctrTitle"):
            text, links = flat(_paragraphs(body, self._relations, lambda _: False))
            if text:
                yield Block("title" if kind == "ctrTitle" else "heading", text, 0 if kind == "ctrTitle" else 1, box, links)
        elif kind in _EDGES:
            yield from with_kind(_paragraphs(body, self._relations, lambda _: False, box), _EDGES[kind])
        else:
            is_body = kind in _BODIES and child(shape, "p:nvSpPr", "p:nvPr", "p:ph") is not None
            bulleted = self._geometry.bullets(shape, _placeholder(shape), by_default=is_body)
            yield from _paragraphs(body, self._relations, bulleted, box)

    def _graphic(self, shape: Element, box: Box | None) -> Iterator[Block]:
        data = child(shape, "a:graphic", "a:graphicData")
        if data is None:
            return
        for table in children(data, "a:tbl"):
            yield from some(_grid(table, self._relations).block(box))
        for block in graphic(data, self._package, self._relations):
            yield Block(block.kind, block.text, block.level, box, block.links, block.grid)

    def _notes(self) -> Iterator[Block]:
        """What the speaker noted."""
        part = self._kinds.get("notesSlide", "")
        root = self._package.xml(part) if part else None
        relations = self._package.relations(part) if root is not None else {}
        for shape in descendants(root, "p:sp"):
            if _placeholder(shape)[0] == "body" and (body := child(shape, "p:txBody")) is not None:
                yield from with_kind(_paragraphs(body, relations, lambda _: False), "comment")
        if root is not None:
            self.parts.append(part)

    def _comments(self) -> Iterator[Block]:
        """Comments of readers, old and threaded, each with its author."""
        authors = self._deck.authors
        for relation in self._relations.values():
            root = self._package.xml(relation.target) if relation.kind == "comments" and not relation.external else None
            for each in descendants(root, "p:cm", "p188:cm", "p188:reply"):
                line = Line()
                text = child(each, "p:text")
                line.write((text.text or "") if text is not None else "")
                for number_, paragraph in enumerate(children(child(each, "p188:txBody"), "a:p")):
                    line.write("\n" * (number_ > 0) + flat(some(line_of(paragraph, {}).block("comment")))[0])
                author = authors.get(attribute(each, "authorId"), "")
                yield from some(line.block("comment", prefix=f"{author}: " if author else ""))


def _placeholder(shape: Element) -> tuple[str, str]:
    """The type and index of the placeholder that ``shape`` is; of another shape none."""
    for about in children(shape, "p:nvSpPr", "p:nvPicPr", "p:nvGraphicFramePr", "p:nvCxnSpPr"):
        found = child(about, "p:nvPr", "p:ph")
        if found is not None:
            return attribute(found, "type"), attribute(found, "idx")
    return "-", ""


def _paragraphs(
    body: Element, relations: Mapping[str, Relation], bulleted: Callable[[Element], bool], box: Box | None = None
) -> Iterator[Block]:
    counts: dict[int, int] = {}
    for paragraph in children(body, "a:p"):
        properties = child(paragraph, "a:pPr")
        level = min(max(number(attribute(properties, "lvl")) if properties is not None else 0, 0), 8)
        numbered = child(properties, "a:buAutoNum")
        line = line_of(paragraph, relations)
        prefix = ""
        if numbered is None:
            counts.pop(level, None)
        else:
            counts[level] = counts.get(level, number(attribute(numbered, "startAt"), 1) - 1) + 1
            prefix = _numbered(counts[level], attribute(numbered, "type")) + " "
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        listed = numbered is not None or bulleted(paragraph)
        yield from some(line.block("list_item" if listed else "paragraph", level + 1 if listed else 0, prefix=prefix, box=box))


def _numbered(count: int, form: str) -> str:
    """``count`` in a scheme of ST_TextAutonumberScheme, such as arabicPeriod or alphaLcParenBoth (20.1.10.61)."""
    digits = str(count)
    if form.startswith("alpha"):
        digits = letters(count)
    elif form.startswith("roman"):
        digits = roman(count)
    if form.startswith(("alphaUc", "romanUc")):
        digits = digits.upper()
    if form.endswith("ParenBoth"):
        return f"({digits})"
    return digits + (")" if form.endswith("ParenR") else "." if form.endswith("Period") else "")


def _grid(table: Element, relations: Mapping[str, Relation]) -> Grid:
    cells: list[Cell] = []
    columns = 0
    rows = list(children(table, "a:tr"))
    for row, element in enumerate(rows):
        for column, cell in enumerate(children(element, "a:tc")):
            columns = max(columns, column + 1)
            if attribute(cell, "hMerge") in ("1", "true") or attribute(cell, "vMerge") in ("1", "true"):
                continue
            body = child(cell, "a:txBody")
            text, links = flat(_paragraphs(body, relations, lambda _: False) if body is not None else ())
            down, across = (max(1, number(attribute(cell, name), 1)) for name in ("rowSpan", "gridSpan"))
            cells.append(Cell(row, column, text, down, across, links))
    fitted = tuple(
        each._replace(rows=min(each.rows, len(rows) - each.row), columns=min(each.columns, columns - each.column)) for each in cells
    )
    first = child(table, "a:tblPr")
    return Grid(fitted, len(rows), columns, True if first is not None and attribute(first, "firstRow") in ("1", "true") else None)
