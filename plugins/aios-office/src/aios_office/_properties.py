"""Properties of a file: title, author and the like, as fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from aios_sdk import Field

from ._content import Property, clean

#: The fields a document may have, and their types.
FIELDS: Final[Mapping[str, Literal["text", "datetime"]]] = {
    "document.title": "text", "document.subject": "text", "document.author": "text", "document.keywords": "text",
    "document.created": "datetime", "document.modified": "datetime",
}  # fmt: skip
_LONGEST: Final = 4096


def properties(pairs: Iterable[tuple[str, str]]) -> dict[str, Property]:
    """Properties by name out of (name, text) pairs; of several authors or keywords all, of others the first. Blank ones fall out."""
    found: dict[str, Property] = {}
    for name, written in pairs:
        text = " ".join(clean(written).split())[:_LONGEST]
        value: Property | None = moment(text) if FIELDS[f"document.{name}"] == "datetime" else text
        if not value:
            continue
        before = found.get(name)
        if before is None:
            found[name] = value
        elif name in ("author", "keywords") and isinstance(before, str) and text not in before.split("; "):
            found[name] = f"{before}; {text}"[:_LONGEST]
    return found


def fields(found: Mapping[str, Property]) -> Iterator[Field]:
    """The properties as fields. They stand on no page, so no automatic route may rest on them."""
    for name, value in sorted(found.items()):
        yield Field(path=f"document.{name}", value=value, status="ungrounded")


def moment(text: str) -> dt.datetime | None:
    """A date or time of ISO 8601, in UTC where it names no zone; None for what is none."""
    try:
        found = dt.datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
