"""The component for JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pydantic import Field as Setting

from aios_sdk import (
    ComponentConfig,
    Context,
    Document,
    LimitExceeded,
    Malformed,
    PageInfo,
    PageText,
    Region,
    Source,
    StepError,
    component,
    implements,
)

from ._data import Lines, check_fields, data_document, joined, number
from ._text import text_of

_LINES: Final = frozenset({"application/jsonl", "application/x-ndjson", "application/x-jsonlines"})
_DEEPEST: Final = 200
_INDENT: Final = "  "


class _Number(str):
    """A number as it is written."""


class _Object(NamedTuple):
    """An object with all its pairs, also those of one name."""

    pairs: list[tuple[str, Any]]


@component(
    "aios.json",
    media_types=["application/json", *sorted(_LINES)],
    priority=-5,
    isolation="process",
    provides=["pages", "text", "regions", "fields"],
)
class Json:
    """JSON as indented text, and each value in it as a field: ``customer.name``, ``lines[0].total``.

    Names that are no plain words stand in brackets and quotes: ``["first name"]``. Numbers are exact, empty texts and null are no fields.
    Lines of JSON are the items of a list: ``[0].id``; a component that makes a table of them goes first. What is no JSON is given as text,
    and the document is then partial.
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
        text, reason, confidence = text_of(data, source.name, "", setting="a byte order mark: JSON is UTF-8 (RFC 8259)")
        lines = Lines(max_size=20 * len(text) + 10_000)
        try:
            _write(_parsed(text, source), "", lines)
        except StepError:
            page = PageText(page=0, content=text, reason=reason, confidence=confidence)
            yield Document.of(pages=(PageInfo(index=0),), text=(page,), regions=(_code(page),))
            raise
        page = PageText(page=0, content=lines.text, reason=reason, confidence=confidence)
        yield data_document(page, lines.values, self.config.max_fields, (_code(page),))
        if self.config.max_fields:
            check_fields(source.name, lines.values, self.config.max_fields, "aios.json")


def _code(page: PageText) -> Region:
    start = len(page.content) - len(page.content.lstrip())
    return Region.of(page, "code", start, len(page.content.rstrip()))


def _parsed(text: str, source: Source) -> Any:
    decoder = json.JSONDecoder(object_pairs_hook=_Object, parse_float=_Number, parse_int=_Number, parse_constant=_Number, strict=False)
    count = 0
    try:
        if source.media_type not in _LINES:
            return decoder.decode(text)
        items = []
        for line in text.split("\n"):
            count += 1
            if line.strip():
                items.append(decoder.decode(line))
        return items
    except json.JSONDecodeError as error:
        place = f"line {count or error.lineno}, column {error.colno}"
        raise Malformed(
            f"{source.name!r} is no JSON: {error.msg} in {place}",
            cause="It was cut off, or written by hand",
            fix="Ask the sender for it again",
        ) from error
    except RecursionError as error:
        raise LimitExceeded(f"{source.name!r} nests its values too deeply", cause="It may be an attack") from error


def _write(value: Any, path: str, lines: Lines, depth: int = 0) -> None:
    """Write ``value`` as RFC 8259 has it, in lines of their own for each item."""
    if depth > _DEEPEST:
        raise LimitExceeded(f"Values lie more than {_DEEPEST} levels deep", cause="It may be an attack")
    pairs: list[tuple[str, str, Any]] = []
    if isinstance(value, _Object):
        pairs = [(f"{_quoted(name)}: ", joined(path, name), inner) for name, inner in value.pairs]
    elif isinstance(value, list):
        pairs = [("", f"{path}[{at}]", inner) for at, inner in enumerate(value)]
    else:
        _write_scalar(value, path or "value", lines)
        return
    opening, closing = "{}" if isinstance(value, _Object) else "[]"
    lines.write(opening)
    for at, (before, inner_path, inner) in enumerate(pairs):
        lines.write(("," if at else "") + "\n" + _INDENT * (depth + 1) + before)
        _write(inner, inner_path, lines, depth + 1)
    lines.write(("\n" + _INDENT * depth if pairs else "") + closing)


def _write_scalar(value: Any, path: str, lines: Lines) -> None:
    if value is None:
        lines.write("null")
    elif isinstance(value, bool):
        lines.value(path, value, "true" if value else "false")
    elif isinstance(value, _Number):
        exact: int | Decimal | str | None = number(value)
        lines.value(path, str(value) if exact is None else exact, value)
    else:
        written = _quoted(value)
        lines.write('"')
        if value.strip():
            lines.value(path, _whole(value), written[1:-1])
        else:
            lines.write(written[1:-1])
        lines.write('"')


def _quoted(text: str) -> str:
    return json.dumps(_whole(text), ensure_ascii=False)


def _whole(text: str) -> str:
    """``text`` without lone surrogates, which JSON can write and no encoding can hold."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
