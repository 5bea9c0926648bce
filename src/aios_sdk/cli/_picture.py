"""Pictures of pages with frames and labels: the values that ``aios explain`` tells of, and what ``aios show`` finds on a page."""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

from aios_sdk.errors import UsageError
from aios_sdk.records import Box, Document
from aios_sdk.store import Explanation, Maker, Store

if TYPE_CHECKING:
    from PIL.Image import Image

# Dark enough for white letters, and told apart by lightness too.
COLOURS = ("#0072b2", "#c04f00", "#00664b", "#a8488a", "#8a6100", "#5c3d8f", "#b3003c")
_MARGIN = 0.04


_Rectangle: TypeAlias = tuple[float, float, float, float]


class Mark(NamedTuple):
    """A frame on a page, with what it is called; an empty label leaves only the frame."""

    box: Box
    label: str
    colour: str


class Renderer:
    """Lends a document from the store its bytes, and pictures by the component that ingested it, with the same configuration."""

    def __init__(self, document: Document, maker: Maker | None) -> None:
        from aios_sdk.plugins import Registry

        if maker is None:
            raise UsageError(
                "The document has no pages to draw", cause="It is a case, or nothing ingested it", fix="Ask for one of its members"
            )
        self._document = document
        self._component = Registry.default().create(maker.component, maker.config)
        self._draw = self._component.implementation("render")
        self.name = maker.component

    def open(self, document: Document) -> BinaryIO:
        return self._document.open()

    def render(self, document: Document, page: int, dpi: int) -> Image:
        if self._draw is None:
            raise UsageError(f"{self.name} draws no pages", fix="Leave --png out", document=document.name)
        picture: Image = self._draw.call(document=document, page=page, dpi=dpi)
        return picture

    def close(self) -> None:
        self._component.close()


def draw(store: Store, found: Explanation, file: Path, *, crop: bool, dpi: int) -> list[Path]:
    """Draw every value of ``found`` that has a box; one picture a page, the first in ``file``. Gives the files written."""
    check_name(file)
    written: list[Path] = []
    for document_id, pages in _marks(found).items():
        stored = store.document(document_id, run=found.run_id)
        renderer = Renderer(stored, store.explain(document_id, run=found.run_id).origins[0].ingested_by)
        document = copy(stored).bind(renderer)
        try:
            for page, marks in sorted(pages.items()):
                shown = next(each for each in document.pages if each.index == page)
                picture = marked(shown.image(dpi).convert("RGB"), marks, dpi)
                target = file if not written else file.with_name(f"{file.stem}-{len(written) + 1}.png")
                (_cropped(picture, marks) if crop else picture).save(target)
                written.append(target)
        finally:
            renderer.close()
    return written


def _marks(found: Explanation) -> dict[str, dict[int, list[Mark]]]:
    marks: defaultdict[str, defaultdict[int, list[Mark]]] = defaultdict(lambda: defaultdict(list))
    drawable = {origin.document_id for origin in (*found.origins, *found.members)}
    for number, finding in enumerate(found.findings):
        for candidate in finding.candidates:
            label = finding.name if candidate.chosen or len(finding.candidates) == 1 else f"{finding.name} ({candidate.maker.step})"
            for place in candidate.places:
                if place.box is not None and place.page is not None and place.document_id in drawable:
                    mark = Mark(place.box, label, COLOURS[number % len(COLOURS)])
                    if mark not in marks[place.document_id][place.page]:
                        marks[place.document_id][place.page].append(mark)
    return {document: dict(pages) for document, pages in marks.items()}


def check_name(file: Path) -> None:
    """Raise `UsageError` when ``file`` is no name of a picture."""
    if file.suffix.lower() != ".png":
        raise UsageError(f"{str(file)!r} does not end in .png", fix="Give a name such as total.png")


def marked(picture: Image, marks: list[Mark], dpi: int) -> Image:
    """The picture with the marks drawn on it; labels cover neither frames nor one another where there is room."""
    from PIL import ImageDraw, ImageFont

    pen = ImageDraw.Draw(picture)
    line = max(1, dpi // 75)
    font = ImageFont.load_default(size=max(11, dpi // 11))
    _, top, _, bottom = font.getbbox("Ag")
    frames = [_grown(_pixels(mark.box, picture), 2 * line if mark.label else 1) for mark in marks]
    taken = [frame for frame, mark in zip(frames, marks, strict=True) if mark.label]
    for mark, frame in zip(marks, frames, strict=True):
        pen.rectangle(frame, outline=mark.colour, width=line if mark.label else 1)
        if not mark.label:
            continue
        width, height = font.getlength(mark.label) + 2 * line, bottom - top + 2 * line
        label = _free_place(frame, width, height, picture, taken)
        taken.append(label)
        pen.rectangle(label, fill=mark.colour)
        pen.text((label[0] + line, label[1] + line - top), mark.label, font=font, fill="white")
    return picture


def _free_place(frame: _Rectangle, width: float, height: float, picture: Image, taken: list[_Rectangle]) -> _Rectangle:
    """Above the frame, else below, else farther away: the first place on the page that covers no other value or label."""
    left = max(0.0, min(frame[0], picture.width - width))
    tops = [top for step in range(4) for top in (frame[1] - (step + 1) * height - 1, frame[3] + step * height + 1)]
    places = [(left, top, left + width, top + height) for top in tops if 0 <= top <= picture.height - height]
    return next((place for place in places if not any(_overlap(place, other) for other in taken)), places[0] if places else frame)


def _overlap(one: _Rectangle, other: _Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _grown(rectangle: _Rectangle, by: float) -> _Rectangle:
    return rectangle[0] - by, rectangle[1] - by, rectangle[2] + by, rectangle[3] + by


def _cropped(picture: Image, marks: list[Mark]) -> Image:
    whole = marks[0].box
    for mark in marks[1:]:
        whole = whole.union(mark.box)
    around = Box.of(whole.x0 - 3 * _MARGIN, whole.y0 - _MARGIN, whole.x1 + 3 * _MARGIN, whole.y1 + _MARGIN)
    x0, y0, x1, y1 = _pixels(around, picture)
    return picture.crop((int(x0), int(y0), max(int(x0) + 1, round(x1)), max(int(y0) + 1, round(y1))))


def _pixels(box: Box, picture: Image) -> _Rectangle:
    return box.x0 * picture.width, box.y0 * picture.height, box.x1 * picture.width, box.y1 * picture.height
