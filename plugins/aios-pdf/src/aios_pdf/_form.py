"""The fields of a PDF form as fields of the document: what was filled in, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aios_sdk import Box, Field, PageText, Span, Words

from ._annotations import Widget


class FormPage(NamedTuple):
    """A page with form fields: its number, its text and words if it has any, and the fields."""

    number: int
    text: PageText | None
    words: Words | None
    widgets: Sequence[Widget]


def form_fields(pages: Sequence[FormPage], content_id: str) -> tuple[Field, ...]:
    """What is filled into the form, by full name; empty fields are left out.

    A box to tick is true or false, one of several under a name is what the ticked one stands for. Of a list in which several are chosen
    each is a field ``name[0]``, ``name[1]``. A field in several places has a span for each; the span is the box, in the document with
    ``content_id``, or the text of the page where that holds the value too.
    """
    found: dict[str, list[tuple[FormPage, Widget]]] = {}
    for page in pages:
        for widget in page.widgets:
            found.setdefault(widget.name, []).append((page, widget))
    return tuple(field for name, places in found.items() for field in _fields(name, places, content_id))


def _fields(name: str, places: Sequence[tuple[FormPage, Widget]], content_id: str) -> Iterator[Field]:
    first = places[0][1]
    if first.kind == "checkbox" and len(places) == 1:
        yield Field(path=name, value=bool(first.values), spans=(_span(*places[0], "", content_id),), confidence=1.0)
        return
    filled = [(page, widget) for page, widget in places if widget.values]
    if not filled:
        return
    values = filled[0][1].values
    for number, value in enumerate(values):
        spans = tuple(_span(page, widget, "" if widget.kind in ("checkbox", "radio") else value, content_id) for page, widget in filled)
        yield Field(path=name if len(values) == 1 else f"{name}[{number}]", value=value, spans=spans, confidence=1.0)


def _span(page: FormPage, widget: Widget, value: str, content_id: str) -> Span:
    """Where ``widget`` lies; with the code points and the quote where the text of the page says ``value`` there."""
    if value and page.text is not None and page.words is not None:
        inside = [
            (start, end)
            for index, (start, end) in enumerate(zip(*page.words.ranges(), strict=True))
            if _holds(widget.box, page.words.box(index))
        ]
        written, sought = [page.text.content[start:end] for start, end in inside], value.split()
        for first in range(len(written) - len(sought) + 1):
            if written[first : first + len(sought)] == sought:
                start, end = inside[first][0], inside[first + len(sought) - 1][1]
                if (quote := page.text.content[start:end]).split() == sought:
                    return Span(artifact=page.text.artifact, page=page.number, start=start, end=end, box=widget.box, quote=quote)
    return Span(artifact=content_id, page=page.number, box=widget.box)


def _holds(box: Box, word: Box) -> bool:
    return box.x0 <= (word.x0 + word.x1) / 2 <= box.x1 and box.y0 <= (word.y0 + word.y1) / 2 <= box.y1
