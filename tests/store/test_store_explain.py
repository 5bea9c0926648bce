"""Explaining: the story of a value in records, in words and on a picture; and the other commands that read a store."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from PIL import Image, ImageDraw

from aios_sdk.cli import main
from aios_sdk.errors import UsageError
from aios_sdk.plugins import ComponentConfig, Registry, component
from aios_sdk.records import Box, Check, Checks, Document, Extraction, Field, PageInfo, PageText, Reason, Route, Source, Span, Table, Words
from aios_sdk.stages import Context, implements
from aios_sdk.store import ComponentUse, Explanation, Place, Store

from ._recording import Recording
from ._rich import span

_BOX = Box.of(0.5, 0.25, 0.75, 0.3)


@component("tests.paper", media_types=["application/x-paper"], provides=["pages", "text", "words"], renders=True)
class Paper:
    """Ingests sheets of coloured paper."""

    class Config(ComponentConfig):
        """The colour of the paper."""

        colour: str = "white"

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """Two pages; the first says what the bytes say."""
        text = PageText(page=0, content=source.read().decode())
        words = Words.build(text, [(0, 5, Box.of(0.1, 0.25, 0.3, 0.3), None), (6, 12, _BOX, None)])
        yield Document.of(pages=(PageInfo(index=0, width=400, height=400), PageInfo(index=1)), text=(text,), words=(words,))

    @implements
    def render(self, document: Document, page: int, dpi: int) -> Image.Image:
        """A sheet of the paper's colour with a black bar where the total stands."""
        sheet = Image.new("RGB", (4 * dpi, 4 * dpi), self.config.colour)
        ImageDraw.Draw(sheet).rectangle([corner * 4 * dpi for corner in _BOX], fill="black")
        return sheet


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "claims.aios") as store:
        yield store


def paper(recording: Recording, *, name: str = "paper.ink") -> Document:
    """A document read by `Paper` on yellow paper, as the engine records it."""
    recording.run.use(ComponentUse(step="ingest", stage="ingest", component="tests.paper", version="7", config='{"colour": "yellow"}'))
    recording.run.use(
        ComponentUse(step="fields", stage="extract", component="tests.fields", version="3", model="names@2", config='{"language": "de"}')
    )
    document = recording.deliver(name, b"Total 471.30", media_type="application/x-paper")
    read = next(Paper(Paper.Config()).ingest(Source(name=name, data=b"Total 471.30"), None))  # type: ignore[arg-type]  # no context needed
    assert isinstance(read, Document)
    document = recording.step(document, "ingest", read.layers, stage="ingest", component="tests.paper")
    place = span(document.layers.text[0], "471.30")
    return recording.step(
        document,
        "fields",
        Extraction(
            fields=(Field(path="total", value=Decimal("471.30"), currency="EUR", spans=(place,), confidence=0.9, raw_confidence=0.7),)
        ),
        component="tests.fields",
    )


def claim(store: Store) -> Document:
    """The paper in a case with a check and a route that rest on its total, finished."""
    recording = Recording(store)
    document = paper(recording)
    member = recording.end(document)
    case = recording.case("claim 1", [member])
    total = document.fields["total"].chosen
    assert total is not None
    case = recording.step(
        case,
        "check",
        Checks(
            checks=(
                Check(rule="below-limit", passed=True, message="471.30 <= 500", inputs=(document.reference(total),)),
                Check(rule="other", passed=False),
            )
        ),
        stage="check",
    )
    recording.end(
        recording.step(
            case,
            "route",
            Route(
                destination="pay", reasons=(Reason("below the limit", (case.reference(case.layers.checks[0]),)), Reason("known customer"))
            ),
            stage="route",
        )
    )
    recording.finish()
    return document


def test_a_value_is_explained_by_its_place_its_maker_and_what_rests_on_it(store: Store) -> None:
    claim(store)
    found = store.explain("paper.ink", "total")
    (finding,) = found.findings
    (candidate,) = finding.candidates
    (place,) = candidate.places
    assert (finding.status, finding.value, candidate.currency, candidate.chosen) == ("agreed", "471.30", "EUR", True)
    assert (place.quote, place.page, place.start, place.end, place.box, place.document_name) == ("471.30", 0, 6, 12, _BOX, "paper.ink")
    assert (candidate.maker.component, candidate.maker.version, candidate.maker.model, candidate.maker.config) == (
        "tests.fields",
        "3",
        "names@2",
        {"language": "de"},
    )
    assert [verdict.check.rule for verdict in finding.verdicts] == ["below-limit"]
    assert [(decision.route.destination, [reason.text for reason in decision.reasons]) for decision in finding.decisions] == [
        ("pay", ["below the limit"])
    ]
    (origin,) = found.origins
    assert origin.ingested_by is not None
    assert (origin.path, origin.ingested_by.component) == ("/inbox/paper.ink", "tests.paper")


def test_a_case_is_explained_with_its_members_and_where_their_values_came_from(store: Store) -> None:
    claim(store)
    found = store.explain("claim 1")
    assert [member.name for member in found.members] == ["paper.ink"]
    assert [verdict.check.rule for verdict in found.verdicts] == ["below-limit", "other"]


def test_a_conflict_shows_every_reading_and_no_value(store: Store) -> None:
    recording = Recording(store)
    document = paper(recording)
    document = recording.step(document, "ocr", Extraction(fields=(Field(path="total", value=Decimal("477.30"), status="ungrounded"),)))
    recording.end(document)
    (finding,) = store.explain(document.id, "total").findings
    assert (finding.status, finding.value) == ("conflict", None)
    assert [(candidate.value, candidate.status, candidate.maker.step) for candidate in finding.candidates] == [
        ("471.30", "extracted", "fields"),
        ("477.30", "ungrounded", "ocr"),
    ]


def test_a_part_is_explained_up_to_the_file_it_came_in(store: Store) -> None:
    recording = Recording(store)
    mail = recording.deliver("mail.eml", b"mail")
    part = recording.deliver("scan.png", b"scan", parent=mail)
    recording.end(recording.deliver("inner.txt", b"inner", parent=part))
    assert [origin.name for origin in store.explain("inner.txt").origins] == ["inner.txt", "scan.png", "mail.eml"]


def test_a_cell_a_box_and_a_range_lead_from_a_member_of_a_case_to_the_file_on_disk(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parquet = tmp_path / "costs.parquet"
    duckdb.execute(f"COPY (SELECT 'Ware' AS item, 12.50::DECIMAL(18,2) AS price) TO '{parquet}' (FORMAT parquet)").fetchall()
    table = Table.from_parquet(parquet, name="costs")
    store.blobs.put_file(parquet)
    recording = Recording(store)
    mail = recording.deliver("mail.eml", b"mail")
    archive = recording.deliver("all.zip", b"zip", parent=mail)
    sheet = recording.deliver("costs.xlsx", b"sheet", parent=archive)
    sheet = recording.step(sheet, "ingest", Document.of(pages=(PageInfo(index=0),), tables=(table,)).layers, stage="ingest")
    scan = recording.deliver("scan.png", b"scan", parent=mail, position=1)
    text = PageText(page=0, content="Total 12.50")
    scan = recording.step(scan, "ingest", Document.of(pages=(PageInfo(index=0),), text=(text,)).layers, stage="ingest")
    case = recording.case("claim", [recording.end(mail), recording.end(sheet), recording.end(scan)])
    stamp = Span(artifact=scan.content_id, page=0, box=_BOX)
    case = recording.step(
        case,
        "fields",
        Extraction(
            fields=(
                Field(path="price", value=Decimal("12.50"), spans=(Span(artifact=table.artifact, row=0, column=1, quote="12.50"),)),
                Field(path="total", value=Decimal("12.50"), spans=(span(text, "12.50"),)),
                Field(path="stamped", value=True, spans=(stamp,)),
            )
        ),
    )
    price, total = (case.fields[path].chosen for path in ("price", "total"))
    assert price is not None
    assert total is not None
    both = Field(path="both", value=25, status="derived", inputs=(case.reference(price), case.reference(total)))
    case = recording.step(case, "sum", Extraction(fields=(both,)))
    summed = case.fields["both"].chosen
    assert summed is not None
    case = recording.step(
        case, "twice", Extraction(fields=(Field(path="twice", value=50, status="derived", inputs=(case.reference(summed),)),))
    )
    recording.end(case)
    recording.finish()

    def place(path: str) -> Place:
        return store.explain(case.id, path).findings[0].candidates[0].places[0]

    cell = place("price")
    assert (cell.table, cell.row, cell.column, cell.column_name, cell.document_name) == ("costs", 0, 1, "price", "costs.xlsx")
    assert (cell.within, cell.file) == (("all.zip", "mail.eml"), "/inbox/mail.eml")
    words = place("total")
    assert (words.page, words.start, words.end, words.document_name, words.within) == (0, 6, 11, "scan.png", ("mail.eml",))
    box = place("stamped")
    assert (box.box, box.document_name, box.within, box.file) == (_BOX, "scan.png", ("mail.eml",), "/inbox/mail.eml")
    evidence = store.explain(case.id, "twice").findings[0].candidates[0].evidence
    assert [(each.document_name, each.quote) for each in evidence] == [("costs.xlsx", "12.50"), ("scan.png", "12.50")]
    members = store.explain(case.id).members
    assert [(member.name, member.within, member.file) for member in members] == [
        ("mail.eml", (), "/inbox/mail.eml"),
        ("costs.xlsx", ("all.zip", "mail.eml"), "/inbox/mail.eml"),
        ("scan.png", ("mail.eml",), "/inbox/mail.eml"),
    ]
    assert main(["explain", str(store.path), case.id]) == 0
    said = capsys.readouterr().out
    for told in (
        "“12.50”  table 'costs', row 1, column 2 (price) of costs.xlsx in all.zip in mail.eml",
        "“12.50”  page 1, characters 6-11 of scan.png in mail.eml",
        "made of field both",
        "which stands at “12.50”  table 'costs', row 1, column 2 (price) of costs.xlsx in all.zip in mail.eml",
        "member costs.xlsx (text/plain, 5 B)  ingested by",
        "in all.zip in mail.eml",
    ):
        assert told in said, told


def test_a_value_out_of_a_picture_beside_a_text_layer_was_read_by_ocr_and_one_of_the_layer_was_not(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = Recording(store)
    text = PageText(page=0, content="Policy 4471\n\nTotal 12.50", reason="text layer, and a picture beside it", confidence=0.8)
    words = Words.build(text, [(0, 6, _BOX, None), (7, 11, _BOX, None), (13, 18, _BOX, 0.9), (19, 24, _BOX, 0.7)])
    layers = Document.of(pages=(PageInfo(index=0),), text=(text,), words=(words,)).layers
    letter = recording.step(recording.deliver("letter.pdf", b"letter"), "ingest", layers, stage="ingest")
    fields = (
        Field(path="policy", value="4471", spans=(span(text, "4471"),)),
        Field(path="total", value=Decimal("12.50"), spans=(span(text, "12.50"),)),
    )
    recording.end(recording.step(letter, "fields", Extraction(fields=fields)))
    recording.finish()
    places = [store.explain(letter.id, path).findings[0].candidates[0].places[0] for path in ("policy", "total")]
    assert [(place.method, place.confidence) for place in places] == [("embedded", None), ("ocr", 0.7)]
    assert main(["explain", str(store.path), letter.id]) == 0
    assert capsys.readouterr().out.count("read by OCR  confidence 0.70") == 1


def test_a_field_that_is_not_there_is_refused_with_those_that_are(store: Store) -> None:
    claim(store)
    with pytest.raises(UsageError, match=r"has no field or label 'sum'. It has: total"):
        store.explain("paper.ink", "sum")


# -- commands ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    registry.add(Paper)
    monkeypatch.setattr(Registry, "default", classmethod(lambda cls: registry))


def test_the_command_tells_the_story_in_words(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    claim(store)
    assert main(["explain", str(store.path), "paper.ink", "total"]) == 0
    said = capsys.readouterr().out
    for words in (
        "total = 471.30 EUR  agreed  confidence 0.90",
        "by step fields (tests.fields 3, model names@2)",
        "“471.30”  page 1, characters 6-12",
        '"language": "de"',
        "✓ check below-limit of",
        "→ route pay of",
        "because below the limit",
        "paper.ink (application/x-paper, 12 B)  ingested by tests.paper 7  completed",
        "from /inbox/paper.ink",
    ):
        assert words in said, words
    assert "known customer" not in said, "that reason does not rest on the total"


def test_what_a_document_says_cannot_steer_the_terminal(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    recording = Recording(store)
    document = recording.deliver("evil\x1b]0;title\x07.txt")
    recording.end(
        recording.step(
            document, "fields", Extraction(fields=(Field(path="x", value="\x1b[2Jgone [bold]not bold[/bold]", status="ungrounded"),))
        )
    )
    assert main(["explain", str(store.path), document.id]) == 0
    assert main(["sql", str(store.path), "select value_text from fields"]) == 0
    assert main(["sql", str(store.path), "--format", "json", "select value_text, chr(155) as c1 from fields"]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\x9b" not in said
    assert r"\x1b[2Jgone [bold]not bold[/bold]" in said


def test_the_picture_shows_the_page_as_it_was_rendered_with_the_value_framed(
    store: Store, registry: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claim(store)
    file = tmp_path / "total.png"
    assert main(["explain", str(store.path), "paper.ink", "total", "--png", str(file), "--dpi", "100"]) == 0
    assert f"Wrote {file}" in capsys.readouterr().err
    with Image.open(file) as picture:
        assert picture.size == (400, 400)
        assert picture.getpixel((5, 5)) == (255, 255, 0), "the configuration of the run counts: yellow paper"
        assert picture.getpixel((250, 110)) == (0, 0, 0), "what is inside of the frame stays visible"
        frame = picture.getpixel((198, 110))
        assert frame not in ((255, 255, 0), (0, 0, 0))
        assert [picture.getpixel((x, 110)) == frame for x in (302, 330)] == [True, False]
        assert frame in {picture.getpixel((x, 90)) for x in range(198, 230)}, "the label stands above"


def test_the_crop_shows_the_surroundings_only(store: Store, registry: None, tmp_path: Path) -> None:
    claim(store)
    file = tmp_path / "total.png"
    assert main(["explain", str(store.path), "paper.ink", "total", "--png", str(file), "--crop", "--dpi", "100"]) == 0
    with Image.open(file) as picture:
        assert 100 < picture.width < 250
        assert 20 < picture.height < 100


def test_values_without_a_box_cannot_be_drawn_and_the_command_says_so(
    store: Store, registry: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = Recording(store)
    document = recording.deliver("a.txt")
    recording.end(recording.step(document, "fields", Extraction(fields=(Field(path="x", value=1, status="ungrounded"),))))
    assert main(["explain", str(store.path), "a.txt", "--png", str(tmp_path / "x.png")]) == 2
    assert "no value has a box on a page" in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()


def test_an_explanation_as_json_is_the_record(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    claim(store)
    assert main(["explain", str(store.path), "paper.ink", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == set(Explanation.__struct_fields__)
    assert told["findings"][0]["candidates"][0]["places"][0]["quote"] == "471.30"


def test_sql_prints_a_table_json_and_csv(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    claim(store)
    query = "select path, value_num, quote, page is not null as paged from current_fields"
    assert main(["sql", str(store.path), query]) == 0
    assert "│ total   │ 471.3000000000 │ 471.30" in capsys.readouterr().out
    assert main(["sql", str(store.path), query, "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out, parse_float=Decimal) == [{"path": "total", "value_num": Decimal("471.3"), "quote": "471.30", "paged": True}]
    assert main(["sql", str(store.path), query, "--format", "csv"]) == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["path", "value_num", "quote", "paged"],
        ["total", "471.3000000000", "471.30", "True"],
    ]


def test_sql_reads_its_query_from_standard_input(store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("select 42 as answer"))
    assert main(["sql", str(store.path), "--format", "csv"]) == 0
    assert capsys.readouterr().out == "answer\n42\n"


def test_a_wrong_query_or_store_is_said_on_standard_error(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", str(store.path), "from nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert main(["sql", str(tmp_path / "no.aios"), "select 1"]) == 2
    assert "There is no store" in capsys.readouterr().err
    assert not (tmp_path / "no.aios").exists()


def test_info_and_lag_tell_how_the_store_is_doing(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    claim(store)
    store.fold()
    assert main(["store", "info", str(store.path)]) == 0
    assert "documents  2\nruns       1" in capsys.readouterr().out
    assert main(["store", "lag", str(store.path)]) == 0
    assert capsys.readouterr().out.startswith("waits    nothing\n")
    assert main(["store", "lag", str(store.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["groups"] == 0
    store.snapshot()
    with duckdb.connect(str(store.path / "aios.duckdb")):
        assert main(["store", "lag", str(store.path)]) == 0
        said = capsys.readouterr().out
        assert said.startswith("waits    nothing\n")
        assert "held by  process" in said
        recording = Recording(store)
        recording.end(recording.deliver("later.txt"))
        recording.finish()
        assert main(["store", "lag", str(store.path)]) == 0
        assert " at most (the database cannot be read now)\n" in capsys.readouterr().out
