"""Inputs as an author reads them: short, on few lines, with the characters that nobody can see written out."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from aios_sdk.errors import AiosError
from aios_sdk.records import Document, Source

_LONGEST: Final = 2000


def shown(example: Any) -> str:
    """``example`` in a few lines: of documents their pages, texts and layers, of sources the name, type and first bytes."""
    if example is None:
        return ""
    if isinstance(example, Document):
        text = _document(example)
    elif isinstance(example, Source):
        text = _source(example)
    elif isinstance(example, tuple | list):
        text = "\n".join(shown(each) for each in example)
    else:
        text = repr(example)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _document(document: Document) -> str:
    lines = [f"a {document.kind} {document.name!r} of {document.media_type or 'no media type'} with {len(document.layers.pages)} pages"]
    lines += [f"page {text.page}: {text.content!a}" for text in document.layers.text]
    for name in ("regions", "tables", "fields", "labels", "checks", "redactions", "summary", "route"):
        lines += [f"{name}: {_item(item)}" for item in getattr(document.layers, name)]
    lines += [f"member: {shown(member.document)}" for member in document.members]
    return "\n".join(lines)


def _item(item: msgspec.Struct) -> str:
    told = {name: value for name in item.__struct_fields__ if (value := getattr(item, name)) not in ("", None, ()) and name != "id"}
    return ascii(told)


def _source(source: Source) -> str:
    try:
        head = source.head(200)
    except AiosError:
        return f"a source {source.name!r} of {source.media_type or 'no media type'}, whose bytes are gone"
    more = f" ... ({source.size} bytes)" if source.size > len(head) else ""
    return f"a source {source.name!r} of {source.media_type or 'no media type'}: {head!r}{more}"
