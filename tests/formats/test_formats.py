"""Documents in other forms: nothing is lost, nothing that stood for itself gets a meaning, and places are kept."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import venv
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from aios_sdk import Box, Document, PageInfo, PageText, Region, Table
from aios_sdk.formats import to_docling, to_html, to_markdown, to_text
from aios_sdk.testing import strategies


def document(*parts: tuple[Any, ...], tables: tuple[Table, ...] = (), info: PageInfo | None = None) -> Document:
    """One page of (kind, text, further settings of its region), a part a line; links are (text, target) pairs in ``links``."""
    content, regions = "", []
    for kind, said, *more in parts:
        settings = dict(more[0]) if more else {}
        links = settings.pop("links", ())
        start = len(content)
        content += said + "\n"
        regions.append((kind, start, start + len(said), settings))
        for shown, target in links:
            place = start + said.index(shown)
            regions.append(("link", place, place + len(shown), {"target": target}))
    text = PageText(page=0, content=content)
    return Document(id="d", name="report.pdf", media_type="application/pdf", content_id="c" * 64).with_layers(
        Document.of(
            pages=(info or PageInfo(index=0, width=600, height=800),),
            text=(text,),
            regions=tuple(Region.of(text, kind, start, end, **settings) for kind, start, end, settings in regions),
            tables=tables,
        ).layers
    )


REPORT = (
    ("header", "Page 1 of 3"),
    ("title", "Report"),
    ("heading", "1. What happened", {"level": 2}),
    ("paragraph", "The *car* was hit.\nSee the letter.", {"links": [("the letter", "https://example.org/a(b)")]}),
    ("list_item", "• first", {"level": 1}),
    ("list_item", "– within", {"level": 2}),
    ("list_item", "3. third", {"level": 1}),
    ("code", "if a < b:\n    ```go```"),
    ("comment", "Is that so?"),
    ("footer", "Acme Ltd."),
)


def test_a_document_in_markdown() -> None:
    assert to_markdown(document(*REPORT)) == (
        "# Report\n\n"
        "## 1\\. What happened\n\n"
        "The \\*car\\* was hit.\nSee [the letter](<https://example.org/a(b)>).\n\n"
        "- first\n"
        "    - within\n"
        "3. third\n\n"
        "````\nif a < b:\n    ```go```\n````\n\n"
        "> Is that so?\n"
    )


def test_page_headers_and_footers_come_where_they_are_wanted() -> None:
    for form in (to_markdown, to_html, to_text):
        assert "Page 1 of 3" in form(document(*REPORT), furniture=True)
        assert "Page 1 of 3" not in form(document(*REPORT), furniture=False)


def test_a_table_is_shown_where_it_stands_and_one_that_no_region_shows_at_the_end(tmp_path: Path) -> None:
    rows = [["Item", "Price", "On"], ["Door | left", Decimal("1204.50"), dt.date(2026, 3, 4)], ["Paint\nred", None, None]]
    table = Table.from_rows(rows, tmp_path / "a.parquet", name="repairs", header=True)
    other = Table.from_rows([["x"], ["1"]], tmp_path / "b.parquet", name="other", header=True)
    found = document(
        ("paragraph", "Before"), ("table", "Item\tPrice", {"target": table.artifact}), ("paragraph", "After"), tables=(other, table)
    )
    assert to_markdown(found) == (
        "Before\n\n| Item | Price | On |\n| --- | --- | --- |\n| Door \\| left | 1204.50 | 2026-03-04 |\n| Paint red |  |  |\n\n"
        "After\n\n| x |\n| --- |\n| 1 |\n"
    )
    assert to_text(found).startswith("Before\n\nItem\tPrice\n\nAfter\n\nx\n1")


def test_sheets_have_their_names_for_headings(tmp_path: Path) -> None:
    table = Table.from_rows([["a"], ["1"]], tmp_path / "a.parquet", name="Costs", header=True)
    sheet = Document.of(pages=(PageInfo(index=0, label="Costs"),), text=(PageText(page=0, content="a\n1"),), tables=(table,))
    assert to_markdown(sheet) == "## Costs\n\n| a |\n| --- |\n| 1 |\n"


def test_a_document_without_regions_is_made_of_paragraphs() -> None:
    text = PageText(page=0, content="One line\nand another\n \nSecond # part\n\n\n# no heading")
    found = Document.of(pages=(PageInfo(index=0),), text=(text,))
    assert to_markdown(found) == "One line\nand another\n\nSecond # part\n\n\\# no heading\n"
    assert to_markdown(Document()) == ""


_PRINTED = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from(" \n#*_`>-+1.)[]()!<&|~=\\:"), max_size=60)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["paragraph", "title", "heading", "caption", "footnote"]), _PRINTED), max_size=4))
def test_whatever_a_document_says_a_reader_of_markdown_reads_the_same(parts: list[tuple[str, str]]) -> None:
    written = to_markdown(document(*parts))
    tokens = MarkdownIt("commonmark").enable("table").parse(written)
    read = [child.content for token in tokens for child in token.children or () if child.type in ("text", "softbreak", "text_special")]
    assert {token.type for token in tokens} <= {f"{kind}_{end}" for kind in ("paragraph", "heading") for end in ("open", "close")} | {
        "inline"
    }
    assert re.sub(r"\s", "", "".join(read)) == re.sub(r"\s", "", "".join(said for _, said in parts))


READ_BY_DOCLING = """
import json, pathlib, sys
from docling_core.types.doc import DoclingDocument
read = DoclingDocument.model_validate_json(pathlib.Path(sys.argv[1]).read_bytes())
place = read.texts[-1].prov[0]
print(json.dumps({
    "texts": [item.text for item, _ in read.iterate_items() if hasattr(item, "text")],
    "grid": [[cell.text for cell in row] for row in read.tables[0].data.grid],
    "place": [place.page_no, *place.bbox.as_tuple()],
    "link": str(read.texts[-1].hyperlink),
    "list": "- first\\n    - within\\n" in read.export_to_markdown(),
    "file": read.origin.filename,
}))
"""


class Reader(HTMLParser):
    """What a browser would show, and where it says that it comes from."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.places: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        self.hidden += tag in ("style", "title")
        if any(name == "data-start" for name, _ in attrs):
            self.places.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.shown.append(data)


@settings(deadline=None, max_examples=50)
@given(strategies.documents(["text", "regions"]))
def test_html_nests_shows_everything_and_says_where_it_stands(found: Document) -> None:
    reader = Reader()
    reader.feed(to_html(found, furniture=True))
    assert reader.open == []
    blocks = [(page, region) for page in found.pages for region in page.regions if region.kind != "link" and region.end]
    assert [(int(place["data-page"] or 0), place["data-start"], place["data-end"]) for place in reader.places] == [
        (page.index + 1, str(region.start), str(region.end)) for page, region in blocks
    ]
    said = "".join(page.text[region.start : region.end] for page, region in blocks)
    assert len(re.sub(r"\s", "", "".join(reader.shown))) <= len(re.sub(r"\s", "", said))


def test_html_has_merged_cells_nested_lists_and_no_link_that_acts(tmp_path: Path) -> None:
    rows = [["Item", "Price"], ["Door", "1"], [None, "2"]]
    table = Table.from_rows(rows, tmp_path / "a.parquet", name="t", header=True, merged=[(1, 0, 2, 1)], box=Box.of(0, 0.5, 1, 0.75))
    parts = ("paragraph", "Click <b>", {"links": [("Click", "javascript:alert(1)")]})
    found = to_html(document(*REPORT, parts, ("table", "Item", {"target": table.artifact}), tables=(table,)))
    assert '<tr><td rowspan="2">Door</td><td>1</td></tr>\n<tr><td>2</td></tr>' in found
    assert 'data-box="0 0.5 1 0.75"' in found
    assert "javascript" not in found
    assert "Click &lt;b&gt;" in found
    assert re.search(r"<ul>\n<li[^>]*>first\n<ul>\n<li[^>]*>within\n</li>\n</ul>\n</li>\n<li[^>]*>third\n</li>\n</ul>", found)


@pytest.mark.soak
def test_docling_reads_what_is_written_for_it(tmp_path: Path) -> None:
    """docling-core itself, in an environment of its own: it needs 200 MB, and another version of typer than ours."""
    rows = [["Item", "Price"], ["Door", "1.50"], [None, "2.00"]]
    boxes = [[Box.of(0.1, 0.5, 0.2, 0.51)] * 2] * 3
    shape: dict[str, Any] = {"merged": [(1, 0, 2, 1)], "box": Box.of(0, 0.5, 1, 0.75), "boxes": boxes}
    table = Table.from_rows(rows, tmp_path / "a.parquet", name="t", header=True, **shape)
    linked = ("paragraph", "home", {"links": [("home", "https://example.org/")], "box": Box.of(0.25, 0.5, 0.5, 0.75)})
    (tmp_path / "given.json").write_bytes(
        to_docling(document(*REPORT, linked, ("table", "Item", {"target": table.artifact}), tables=(table,)))
    )
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "docling-core"], check=True)
    said = subprocess.run([python, "-c", READ_BY_DOCLING, tmp_path / "given.json"], check=True, capture_output=True, text=True).stdout
    assert json.loads(said) == {
        "texts": ["Report", "1. What happened", "The *car* was hit.\nSee the letter.", "first", "within", "third", REPORT[7][1], "home"],
        "grid": [["Item", "Price"], ["Door", "1.50"], ["Door", "2.00"]],
        "place": [1, 150.0, 400.0, 300.0, 600.0],
        "link": "https://example.org/",
        "list": True,
        "file": "report.pdf",
    }


def test_docling_json_is_json_with_a_parent_for_every_item() -> None:
    found = msgspec.json.decode(to_docling(document(*REPORT)))
    items = {item["self_ref"]: item for kind in ("groups", "texts", "tables", "pictures") for item in found[kind]}
    items |= {found[root]["self_ref"]: found[root] for root in ("body", "furniture")}
    for reference, item in items.items():
        for child in item["children"]:
            assert items[child["$ref"]]["parent"]["$ref"] == reference
        if "parent" in item:
            assert {"$ref": reference} in items[item["parent"]["$ref"]]["children"]


def test_cells_of_tables_are_written_as_the_document_has_them(tmp_path: Path) -> None:
    rows = [["Item", "Price"], ["Door", "1.204,50"], ["Paint", "80,00"]]
    table = Table.from_rows(rows, tmp_path / "a.parquet", name="Costs", header=True)
    assert [row[1] for row in table.iterate()] == [Decimal("1204.50"), Decimal("80.00")]
    content = "\n".join("\t".join(row) for row in rows)

    def markdown(content: str, method: str) -> str:
        text = PageText(page=0, content=content, method=method)
        region = Region.of(text, "table", 0, len(content), target=table.artifact)
        return to_markdown(Document.of(pages=(PageInfo(index=0),), text=(text,), regions=(region,), tables=(table,)))

    assert markdown(content, "embedded") == "| Item | Price |\n| --- | --- |\n| Door | 1.204,50 |\n| Paint | 80,00 |\n"
    values = "| Item | Price |\n| --- | --- |\n| Door | 1204.50 |\n| Paint | 80.00 |\n"
    assert markdown(content, "derived") == values  # the text is that of the values, perhaps not of all
    assert markdown(content.replace("\t", " "), "embedded") == values  # its cells cannot be told apart


def test_an_amount_at_the_start_of_a_line_is_written_as_it_is_and_a_number_with_a_point_begins_no_list() -> None:
    assert to_markdown(_of_lines("125.00", "3. May")) == "125.00\n3\\. May\n"


def _of_lines(*lines: str) -> Document:
    return Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content="\n".join(lines)),))
