"""Plain text."""

from __future__ import annotations

from ..records import Document
from ._blocks import blocks, grid


def to_text(document: Document, *, furniture: bool = True) -> str:
    """The text of a document in reading order: blocks apart by an empty line, cells of tables by tabs.

    Without ``furniture`` page headers and footers are left out. Raises `StoreError` when the rows of a table are not at hand. Example::

        print(to_text(outcome.document))
    """
    parts = []
    for block in blocks(document, furniture=furniture):
        if block.text.strip() or block.table is None:
            parts.append(block.text.strip("\n"))
        else:
            parts.append("\n".join("\t".join(cell.text for cell in row if cell is not None) for row in grid(block)))
    return "\n\n".join(part for part in parts if part.strip()) + "\n" if parts else ""
