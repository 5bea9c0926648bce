"""The views that a component works on, and what it needs to be there."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ..plugins import ComponentInfo
from ..records import Document


def units_of(info: ComponentInfo, document: Document) -> Iterator[tuple[int | None, Document]]:
    """The views that a component works on: the whole, one page each, or at most ``info.rows`` rows of one table each."""
    if info.unit == "page" and document.layers.pages:
        for page in document.layers.pages:
            yield page.index, document.one_page(page.index)
    elif info.unit == "rows" and document.tables:
        for table in document.tables:
            for first in range(0, max(table.rows, 1), info.rows):
                rows = min(info.rows, table.rows - first)
                part = replace(table, first_row=table.first_row + first, rows=rows)
                yield None, document.with_layers(replace(document.layers, tables=(part,)))
    else:
        yield None, document


def has_layer(document: Document, layer: str) -> bool:
    """Whether the document, or a member of it, has something in the layer."""
    return bool(getattr(document.layers, layer)) or any(getattr(member.document.layers, layer) for member in document.members)
