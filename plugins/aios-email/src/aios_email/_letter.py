"""A message of any form as a document: a block of headers, its body, and the fields in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from aios_html import Part, Rendered, document_of

from aios_sdk import Context, Document, Field, PageText, Span

from ._body import moved
from ._headers import identifiers, moment, words

#: The header block, in its order: the name of the header and the path of its field.
_SHOWN: Final = (
    ("From", "from"), ("Sender", "sender"), ("Reply-To", "reply_to"), ("To", "to"), ("Cc", "cc"), ("Bcc", "bcc"), ("Date", "date"),
    ("Subject", "subject"), ("Message-ID", "message_id"), ("In-Reply-To", "in_reply_to"), ("References", "references"),
)  # fmt: skip
_IDENTIFIERS: Final = frozenset({"message_id", "in_reply_to", "references"})
#: Headers of which a mail may have several all the same: all of them are addressed.
_LISTS: Final = frozenset({"to", "cc", "bcc", "reply_to"})

#: The fields that a message gives, and their types.
FIELDS: Final = {path: "datetime" if path == "date" else "text" for _, path in _SHOWN}


class _Line(NamedTuple):
    """A header in the page's text: the path of its field, its value as text and where that stands (code points)."""

    path: str
    value: str
    start: int


def letter(headers: Callable[[str], Sequence[str]], body: Rendered, context: Context) -> Document:
    """The document of a message; ``headers`` gives all values of the header of that name."""
    lines, block = _header_block(headers)
    leading = len(body.text) - len(body.text.lstrip("\n"))
    text = body.text.strip("\n").rstrip()
    offset = len(block) + bool(block) - leading
    content = f"{block}\n{text}".rstrip() + "\n" if block else text + "\n"
    head = [Part("paragraph", 0, len(block) - 1)] if block else []
    page = PageText(page=0, content=content)
    shown = Rendered(content, (*head, *moved(body.parts, offset)), tuple(grid._replace(part=grid.part + len(head)) for grid in body.grids))
    fields = tuple(field for line in lines if (field := _field(line, page)) is not None)
    return document_of(page, shown, context, fields=fields, thread=_thread(headers))


def _header_block(headers: Callable[[str], Sequence[str]]) -> tuple[list[_Line], str]:
    lines: list[_Line] = []
    block = ""
    for name, path in _SHOWN:
        values = [value for each in headers(name) if (value := words(each))]
        value = ", ".join(dict.fromkeys(values)) if path in _LISTS else next(iter(values), "")
        if value and not (path == "sender" and lines and value == lines[0].value):
            lines.append(_Line(path, value, len(block) + len(name) + 2))
            block += f"{name}: {value}\n"
    return lines, block


def _field(line: _Line, text: PageText) -> Field | None:
    """The field of a header line; None for a date that cannot be read."""
    value: str | dt.datetime | None = line.value
    quote, start = line.value, line.start
    if line.path == "date":
        value = moment(line.value)
    elif line.path in _IDENTIFIERS:
        found = identifiers(line.value)
        value = " ".join(found)
        if len(found) == 1:
            quote, start = value, start + quote.index(value)
    if not value:
        return None
    span = Span(artifact=text.artifact, page=0, start=start, end=start + len(quote), quote=quote)
    return Field(path=line.path, value=value, spans=(span,), confidence=1.0)


def _thread(headers: Callable[[str], Sequence[str]]) -> str:
    """The id of the first message of the conversation: of References, else In-Reply-To, else its own."""
    for name in ("References", "In-Reply-To", "Message-ID"):
        for value in headers(name):
            if found := identifiers(words(value)):
                return found[0]
    return ""
