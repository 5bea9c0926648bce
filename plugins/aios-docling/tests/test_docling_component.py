"""DoclingDocument JSON comes in with its kinds, places and tables; whatever is wrong with it ends in a typed error or in what is whole.

``claim.docling.json`` was written by docling-core 2.104.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from aios_docling import Docling
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Box, Context, Document, LimitExceeded, Malformed, Pipeline, Source, Store, Unsupported
from aios_sdk.formats import to_docling, to_markdown

CLAIM = (Path(__file__).parent / "claim.docling.json").read_bytes()


def read(data: bytes, folder: Path, **config: Any) -> Document:
    (document,) = Docling(Docling.Config(**config)).ingest(Source(name="claim.json", data=data), Context(run="", step="", scratch=folder))
    assert isinstance(document, Document)
    return document


def parts(document: Document) -> list[tuple[int, str, str, int]]:
    return [
        (page.index + 1, region.kind, page.text[region.start : region.end], region.level)
        for page in document.pages
        for region in page.regions
    ]


def test_everything_comes_in_with_its_kind_in_reading_order(tmp_path: Path) -> None:
    document = read(CLAIM, tmp_path)
    assert parts(document) == [
        (1, "header", "Acme Insurance", 0),
        (1, "title", "Report of damage", 0),
        (1, "heading", "1. The car", 1),
        (1, "paragraph", "It was hit on Monday \u2013 see our site.", 0),
        (1, "link", "It was hit on Monday \u2013 see our site.", 0),
        (1, "list_item", "Door", 1),
        (1, "list_item", "1. Paint", 2),
        (1, "list_item", "Mirror", 1),
        (1, "paragraph", "\u2611 driver agrees", 0),
        (2, "table", "Item\tPrice\nDoor\t480.00\n\t12.50", 0),
        (2, "picture", "", 0),
        (2, "code", "if x < 1:\n    pay()", 0),
        (2, "footnote", "1 without tax", 0),
    ]
    assert [(page.info.width, page.info.height) for page in document.pages] == [(600, 800), (600, 800)]


def test_boxes_count_from_the_top_left_whichever_corner_docling_counts_from(tmp_path: Path) -> None:
    document = read(CLAIM, tmp_path)
    title = next(region for region in document.pages[0].regions if region.kind == "title")
    assert title.box == Box.of(0.1, 0.05, 0.5, 0.075)
    (table,) = document.tables
    assert table.cell_box(0, 1) == Box.of(160 / 600, 120 / 800, 250 / 600, 138 / 800)


def test_a_table_is_typed_and_keeps_its_merged_cells(tmp_path: Path) -> None:
    (table,) = read(CLAIM, tmp_path).tables
    assert [(column.name, column.type) for column in table.columns] == [("Item", "VARCHAR"), ("Price", "DECIMAL(18,2)")]
    assert table.merged == ((0, 0, 2, 1),)
    assert (table.page, table.box) == (1, Box.of(0.1, 0.125, 400 / 600, 0.25))


def test_a_run_takes_it_for_what_it_is_and_other_json_for_something_else(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "claim.json").write_bytes(CLAIM)
    with Store(tmp_path / "s.aios") as store:
        (outcome,) = Pipeline("p").ingest().run(tmp_path / "in", store=store, progress=False)
        assert (outcome.status, outcome.steps[0].component) == ("completed", "aios.docling")
        written = to_markdown(outcome.document)
    assert written.startswith("# Report of damage\n\n# 1\\. The car\n")
    assert "| Door | 480.00 |" in written
    with pytest.raises(Unsupported):
        read(b'{"schema_name": "Other"}', tmp_path)


def test_what_we_write_for_docling_comes_in_again(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    document = read(CLAIM, tmp_path / "one")
    (tmp_path / "two").mkdir()
    again = read(to_docling(document), tmp_path / "two")
    marks = [(kind, text.removeprefix("- ")) for _, kind, text, _ in parts(again)]
    # Page headers come last, as what docling keeps aside; our own marks of boxes are text by now.
    assert sorted(marks) == sorted((kind, text.removeprefix("- ")) for _, kind, text, _ in parts(document))
    assert again.tables[0].artifact == document.tables[0].artifact


def test_a_file_that_is_cut_off_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="no whole JSON"):
        read(CLAIM[:-100], tmp_path)
    with pytest.raises(LimitExceeded, match="more than 1,000 bytes"):
        read(CLAIM, tmp_path, max_size=1000)


def test_items_in_a_circle_end(tmp_path: Path) -> None:
    whole = json.loads(CLAIM)
    whole["groups"][0]["children"].append({"$ref": "#/groups/0"})
    whole["texts"][4]["children"].append({"$ref": "#/body"})
    assert len(parts(read(json.dumps(whole).encode(), tmp_path))) == 13


_EMPTY: st.SearchStrategy[Any] = st.sampled_from([None, True, [], {}, {"$ref": "#/x"}])
_JUNK = _EMPTY | st.integers(-5, 10**12) | st.floats() | st.text(max_size=5)


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_whatever_stands_in_place_of_anything_the_rest_is_read(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    whole = copy.deepcopy(json.loads(CLAIM))
    for _ in range(data.draw(st.integers(1, 4))):
        at: Any = whole
        while True:
            key = data.draw(st.sampled_from(sorted(at)) if isinstance(at, dict) else st.integers(0, len(at) - 1))
            if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.integers(0, 3)) == 0:
                break
            at = at[key]
        at[key] = data.draw(_JUNK)
    try:
        document = read(json.dumps(whole).encode(), tmp_path_factory.mktemp("docling"))
    except (Malformed, Unsupported):
        return
    for page in document.pages:
        for region in page.regions:
            assert 0 <= region.start <= region.end <= len(page.text)
