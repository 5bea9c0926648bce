"""Values of a file of data as lines of text, each with its path and its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from aios_sdk import Document, Field, LimitExceeded, PageInfo, PageText, Region, Span

_NUMBER: Final = re.compile(r"-?\d{1,300}(?:\.\d{1,300})?(?:[eE][-+]?\d{1,2})?")
_LONGEST: Final = 10_000
_PLAIN: Final = re.compile(r"[^\W\d][\w-]*")


class Value(NamedTuple):
    """A value in a page's text: the path of its field, what it is, and where it stands (code points)."""

    path: str
    value: str | int | Decimal | bool
    start: int
    end: int


class Lines:
    """The text of a page under construction, with the values in it."""

    def __init__(self, max_size: int) -> None:
        self.values: list[Value] = []
        self._pieces: list[str] = []
        self._max_size = max_size
        self.size = 0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def write(self, text: str) -> None:
        """More text. Raises `LimitExceeded` where there is far more than the file gave reason for."""
        self._pieces.append(text)
        self.size += len(text)
        if self.size > self._max_size:
            raise LimitExceeded(
                f"Written out it is longer than {self._max_size:,} characters", cause="It nests too deeply, or repeats itself"
            )

    def value(self, path: str, value: str | int | Decimal | bool, written: str) -> None:
        """A value as it is written; one of more than 10,000 characters is text only."""
        if 0 < len(written) <= _LONGEST:
            self.values.append(Value(path, value, self.size, self.size + len(written)))
        self.write(written)


def data_document(page: PageText, values: list[Value], max_fields: int, regions: tuple[Region, ...]) -> Document:
    """A document of one page with a field for each of the first ``max_fields`` values."""
    fields = tuple(_fields(page, values[:max_fields]))
    return Document.of(pages=(PageInfo(index=0),), text=(page,), regions=regions, fields=fields)


def check_fields(name: str, values: list[Value], max_fields: int, component: str) -> None:
    """Raise `LimitExceeded` where values were left out."""
    if len(values) > max_fields:
        raise LimitExceeded(
            f"{name!r} holds {len(values):,} values; the first {max_fields:,} are fields",
            cause="It is a table rather than a document",
            fix=f"Raise max_fields of {component}, or set it to 0 for the text alone",
        )


def joined(path: str, name: str) -> str:
    """The path of what is called ``name`` within ``path``; names that are no plain words stand in quotes."""
    if not _PLAIN.fullmatch(name):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{quoted}"]'
    return f"{path}.{name}" if path else name


def number(text: str) -> int | Decimal | None:
    """The number that ``text`` is, exactly as written; None for none, or one that nobody can have meant."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text) if any(sign in text for sign in ".eE") else int(text)
    except (InvalidOperation, ValueError):
        return None


def _fields(page: PageText, values: list[Value]) -> Iterator[Field]:
    for path, value, start, end in values:
        span = Span(artifact=page.artifact, page=0, start=start, end=end, quote=page.content[start:end])
        yield Field(path=path, value=value, spans=(span,), confidence=1.0)
