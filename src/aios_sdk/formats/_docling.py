"""DoclingDocument JSON, as docling-core 2 reads it (schema 1.7, https://github.com/docling-project/docling-core)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ..records import Box, Document, PageInfo
from ._blocks import FURNITURE, Block, blocks, grid

_VERSION: Final = "1.7.0"
_LABELS: Final = {
    "title": "title",
    "heading": "section_header",
    "paragraph": "text",
    "list_item": "list_item",
    "table": "text",
    "picture": "text",
    "caption": "caption",
    "header": "page_header",
    "footer": "page_footer",
    "footnote": "footnote",
    "comment": "text",
    "code": "code",
    "formula": "formula",
    "link": "text",
}


def to_docling(document: Document) -> bytes:
    """A document as DoclingDocument JSON, for whatever takes docling's output.

    Texts with their labels, nested lists, tables with merged cells and boxes, pictures and page sizes; boxes count in points from the
    top left. Fields, labels and lineage have no place there. Raises `StoreError` when the rows of a table are not at hand. Example::

        Path("report.json").write_bytes(to_docling(outcome.document))
    """
    writer = _Writer(document)
    for block in blocks(document, furniture=True):
        writer.add(block)
    return msgspec.json.format(msgspec.json.encode(writer.whole), indent=2) + b"\n"


class _Writer:
    """Collects the items; every item names its parent, and every parent its children."""

    def __init__(self, document: Document) -> None:
        self._pages = {page.index: page for page in document.layers.pages if page.width and page.height}
        self.whole: dict[str, Any] = {
            "schema_name": "DoclingDocument",
            "version": _VERSION,
            "name": document.name.rpartition(".")[0] or document.name or "document",
            "furniture": _root("furniture"),
            "body": _root("body"),
            "groups": [],
            "texts": [],
            "pictures": [],
            "tables": [],
            "key_value_items": [],
            "form_items": [],
            "pages": {str(index + 1): _size(page) for index, page in self._pages.items()},
        }
        if document.content_id:
            self.whole["origin"] = {
                "mimetype": document.media_type or "application/octet-stream",
                "binary_hash": int(document.content_id[:16], 16),
                "filename": document.name,
            }
        # The lists that the next item may belong to: the group of each depth, and the last item in it.
        self._lists: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def add(self, block: Block) -> None:
        if block.kind == "list_item":
            self._add_to_list(block)
            return
        if block.kind not in FURNITURE:
            self._lists.clear()
        body = self.whole["body"]
        if block.table is not None:
            self._item("tables", body, block, label="table", **_REFERENCES, data=self._data(block), annotations=[])
        elif block.kind == "picture" and not block.text.strip():
            self._item("pictures", body, block, label="picture", **_REFERENCES, annotations=[])
        elif block.text.strip():
            self._text(body, block)

    def _add_to_list(self, block: Block) -> None:
        depth = max(block.level, 1)
        del self._lists[depth:]
        while len(self._lists) < depth:
            parent = self._lists[-1][1] if self._lists else self.whole["body"]
            group = self._put("groups", parent, {"content_layer": "body", "name": "list", "label": "list"})
            self._lists.append((group, group))
        group, _ = self._lists[depth - 1]
        number, item = block.marked()
        added = self._text(group, item, enumerated=bool(number), marker=f"{number}." if number else "-")
        self._lists[depth - 1] = (group, added)

    def _text(self, parent: dict[str, Any], block: Block, **more: Any) -> dict[str, Any]:
        link = block.links[0] if len(block.links) == 1 and (block.links[0].start, block.links[0].end) == (block.start, block.end) else None
        if link is not None and link.target:
            more["hyperlink"] = link.target
        if block.kind == "heading":
            more["level"] = max(block.level, 1)
        elif block.kind == "code":
            more |= _REFERENCES
        return self._item("texts", parent, block, label=_LABELS[block.kind], orig=block.text, text=block.text, **more)

    def _item(self, kind: str, parent: dict[str, Any], block: Block, **more: Any) -> dict[str, Any]:
        layer = "furniture" if block.kind in FURNITURE else "notes" if block.kind == "comment" else "body"
        place = {"content_layer": layer, "prov": self._places(block)}
        return self._put(kind, parent, place | more)

    def _put(self, kind: str, parent: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
        items = self.whole[kind]
        added = {"self_ref": f"#/{kind}/{len(items)}", "parent": {"$ref": parent["self_ref"]}, "children": []} | item
        items.append(added)
        parent["children"].append({"$ref": added["self_ref"]})
        return added

    def _places(self, block: Block) -> list[dict[str, Any]]:
        page = self._pages.get(block.page)
        if page is None or block.box is None:
            return []
        return [{"page_no": block.page + 1, "bbox": _points(block.box, page), "charspan": [0, len(block.text)]}]

    def _data(self, block: Block) -> dict[str, Any]:
        assert block.table is not None
        page = self._pages.get(block.page)
        cells = []
        count = 0
        for number, row in enumerate(grid(block)):
            count += 1
            for column, cell in enumerate(row):
                if cell is not None:
                    cells.append(
                        {
                            "row_span": cell.rows,
                            "col_span": cell.columns,
                            "start_row_offset_idx": number,
                            "end_row_offset_idx": number + cell.rows,
                            "start_col_offset_idx": column,
                            "end_col_offset_idx": column + cell.columns,
                            "text": cell.text,
                            "column_header": number == 0,
                            "row_header": False,
                            "row_section": False,
                        }
                        | ({"bbox": _points(cell.box, page)} if cell.box and page else {})
                    )
        return {"table_cells": cells, "num_rows": count, "num_cols": len(block.table.columns)}


_REFERENCES: Final[dict[str, Any]] = {"captions": [], "references": [], "footnotes": []}


def _root(name: str) -> dict[str, Any]:
    return {"self_ref": f"#/{name}", "children": [], "content_layer": name, "name": "_root_", "label": "unspecified"}


def _size(page: PageInfo) -> dict[str, Any]:
    return {"size": {"width": page.width, "height": page.height}, "page_no": page.index + 1}


def _points(box: Box, page: PageInfo) -> dict[str, Any]:
    return {
        "l": box.x0 * page.width,
        "t": box.y0 * page.height,
        "r": box.x1 * page.width,
        "b": box.y1 * page.height,
        "coord_origin": "TOPLEFT",
    }
