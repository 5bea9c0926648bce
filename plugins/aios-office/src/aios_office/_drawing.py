"""DrawingML: paragraphs of shapes, alternative texts of pictures, the data of charts and diagrams (ECMA-376, part 1, 20 and 21)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from posixpath import basename
from typing import Final

from aios_sdk import Box

from ._content import Block, Cell, Grid, Line, picture, some
from ._math import linear
from ._package import Package, Relation
from ._xml import Element, attribute, child, children, chosen, descendants, number, tag

_MOST_POINTS: Final = 10_000
#: Alternative texts that programs write where nobody wrote any: the name of a file, and what a machine takes the picture for.
_MADE_UP: Final = re.compile(
    r"^[^\s/\\:]+\.(png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|webp)$|automatically generated$|AI-generated content may be incorrect\.?$",
    re.IGNORECASE,
)


def line_of(paragraph: Element, relations: Mapping[str, Relation]) -> Line:
    """The text of an ``a:p``, with its links."""
    line = Line()
    for element in paragraph:
        start = line.length
        match tag(element):
            case "a:r" | "a:fld":
                line.write("".join(each.text or "" for each in children(element, "a:t")).replace("\x0b", "\n"))
                click = child(element, "a:rPr", "a:hlinkClick")
                relation = relations.get(attribute(click, "id")) if click is not None else None
                if relation is not None and relation.external:
                    line.link(start, relation.target)
            case "a:br":
                line.write("\n")
            case "mc:AlternateContent":
                for option in chosen(element):
                    line.write(linear(option))
            case name if name.startswith(("m:", "?:")):
                line.write(linear(element))
    return line


def pictured(about: Element | None, drawing: Element, relations: Mapping[str, Relation], box: Box | None = None) -> Iterator[Block]:
    """The picture in ``drawing``, if it is one or has an alternative text; ``about`` holds that text."""
    text = "" if about is None else " ".join((attribute(about, "descr") or attribute(about, "alt")).split())
    text = "" if _MADE_UP.search(text) else text
    fill = next(descendants(drawing, "a:blip", "v:imagedata"), None)
    relation = relations.get(attribute(fill, "embed") or attribute(fill, "id")) if fill is not None else None
    part = basename(relation.target) if relation is not None and not relation.external else ""
    if text or part:
        yield picture(text, part, box)


def shown_by(element: Element, package: Package, relations: Mapping[str, Relation]) -> Iterator[Block | Iterable[Element]]:
    """What a drawing or object within a text shows: pictures and charts as blocks, and the elements of its text boxes."""
    for each in element:
        match tag(each):
            case "mc:AlternateContent":
                yield from shown_by(chosen(each), package, relations)
            case "w:txbxContent":
                yield list(each)
            case "pic:pic":
                yield from pictured(_about(each), each, relations)
            case "v:imagedata":
                yield from pictured(each.getparent(), each.getparent(), relations)
            case "v:textpath":
                line = Line()
                line.write(attribute(each, "string"))
                yield from some(line.block("paragraph"))
            case "a:graphicData":
                yield from graphic(each, package, relations)
                yield from shown_by(each, package, relations)
            case _:
                yield from shown_by(each, package, relations)


def _about(drawing: Element) -> Element | None:
    """What holds the alternative text of a picture: the frame it stands in, else itself."""
    above = drawing.getparent()
    frame = child(above.getparent().getparent(), "wp:docPr") if tag(above) == "a:graphicData" else None
    return frame if frame is not None and attribute(frame, "descr") else child(drawing, "pic:nvPicPr", "pic:cNvPr")


def graphic(data: Element, package: Package, relations: Mapping[str, Relation]) -> Iterator[Block]:
    """The blocks of a chart or diagram that stands in another part."""
    for each in data:
        name = {"c:chart": "id", "dgm:relIds": "dm"}.get(tag(each))
        relation = relations.get(attribute(each, name)) if name else None
        root = package.xml(relation.target) if relation is not None and not relation.external else None
        if root is not None:
            yield from (_chart(root) if name == "id" else _diagram(root))


def _diagram(root: Element) -> Iterator[Block]:
    """The texts of a diagram, each an item of a list."""
    for point in descendants(root, "dgm:pt"):
        for paragraph in children(child(point, "dgm:t"), "a:p"):
            yield from some(line_of(paragraph, {}).block("list_item", 1))


def _chart(root: Element) -> Iterator[Block]:
    """The title of a chart, and its values as a table: a row for each category, a column for each series."""
    chart = child(root, "c:chart")
    title = Line()
    for text in descendants(child(chart, "c:title"), "a:t", "c:v"):
        title.write(text.text or "")
    yield from some(title.block("caption"))
    names, columns, categories = [], [], {}
    for series in descendants(chart, "c:ser"):
        names.append(" ".join(text.text or "" for text in descendants(child(series, "c:tx"), "c:v")))
        columns.append(_points(series, "c:val", "c:yVal"))
        categories.update(_points(series, "c:cat", "c:xVal"))
    indexes = sorted({index for column in (*columns, categories) for index in column})
    if not names or not indexes:
        return
    rows = [["", *names], *([categories.get(index, ""), *(column.get(index, "") for column in columns)] for index in indexes)]
    cells = tuple(Cell(row, column, " ".join(text.split())) for row, texts in enumerate(rows) for column, text in enumerate(texts))
    yield from some(Grid(cells, len(rows), len(names) + 1, header=True).block())


def _points(series: Element, *names: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for place in children(series, *names):
        for point in descendants(place, "c:pt"):
            if len(found) >= _MOST_POINTS:
                break
            shown = child(point, "c:v")
            found.setdefault(number(attribute(point, "idx")), (shown.text or "") if shown is not None else "")
    return found
