"""Strategies: what they draw is what they promise, often enough, and shrinks to little."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

import pypdfium2
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from PIL import Image

from aios_sdk import Document, LimitExceeded, Malformed, Outcome, Pipeline, Source, UsageError, from_json, to_json
from aios_sdk.engine import detect
from aios_sdk.records import LAYERS, Layer, check_references, check_spans, digest
from aios_sdk.testing import fakes, strategies
from aios_sdk.testing._parquet import cells

T = TypeVar("T")

quick = settings(
    max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate, Phase.shrink]
)


def smallest(strategy: st.SearchStrategy[T], holds: Callable[[T], Any]) -> T:
    """The smallest value found for which ``holds``; an error when none is found."""
    return find(strategy, lambda value: bool(holds(value)), settings=settings(quick, max_examples=3000), random=Random(471102))


def some(strategy: st.SearchStrategy[T], holds: Callable[[T], Any]) -> T:
    """A value for which ``holds``; an error when none is found."""
    only = settings(quick, max_examples=3000, phases=[Phase.generate])
    return find(strategy, lambda value: bool(holds(value)), settings=only, random=Random(471102))


def drawn(strategy: st.SearchStrategy[T], count: int = 60, start: int = 0) -> list[T]:
    """``count`` values, the same for the same ``start``."""
    found: list[T] = []

    @seed(start)
    @settings(quick, max_examples=count, phases=[Phase.generate])
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


def sound(document: Document) -> bool:
    """Every span resolves, every reference leads somewhere, and the record is the same after JSON."""
    assert [*check_spans(document, document.layers), *check_references(document, document.layers)] == []
    back = from_json(to_json(document), Document)
    assert back == document
    assert repr(back) == repr(document)
    return True


# -- documents ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer != "tables"])
def test_a_document_has_the_layer_that_is_asked_for_and_holds_together(layer: Layer) -> None:
    @quick
    @given(strategies.documents([layer]))
    def law(document: Document) -> None:
        assert getattr(document.layers, layer)
        assert document.layers.pages
        assert sound(document)

    law()


def test_a_document_with_every_layer_holds_together() -> None:
    @settings(quick, max_examples=8)
    @given(strategies.documents(LAYERS))
    def law(document: Document) -> None:
        assert all(getattr(document.layers, layer) for layer in LAYERS)
        assert sound(document)

    law()


@quick
@given(strategies.documents(["words"], pages=(1, 4)))
def test_words_stand_in_the_text_and_on_the_page(document: Document) -> None:
    for text in document.layers.text:
        words = next((words for words in document.layers.words if words.artifact == text.artifact), None)
        if words is not None:
            assert [word.text for word in words.iterate(text)] == text.content.split()
            assert all(0 <= word.box.x0 <= word.box.x1 <= 1 and 0 <= word.box.y0 <= word.box.y1 <= 1 for word in words.iterate(text))


@quick
@given(strategies.documents(["pages"]))
def test_a_document_opens_its_bytes_and_draws_its_pages(document: Document) -> None:
    data = document.read()
    assert hashlib.sha256(data).hexdigest() == document.content_id
    assert len(data) == document.size
    page = document.pages[-1]
    picture = page.image(36)
    assert picture.mode == "RGB"
    width = page.info.width or 595
    assert picture.width == round(width / 2)


@pytest.mark.parametrize("media_type", ["application/pdf", "image/png", "image/tiff", "text/html", "message/rfc822"])
def test_the_bytes_of_a_document_are_of_its_media_type(media_type: str) -> None:
    @settings(quick, max_examples=10)
    @given(strategies.documents(media_type=media_type))
    def law(document: Document) -> None:
        assert document.media_type == media_type
        assert detect(Source(name=document.name, data=document.read())) == media_type

    law()


def test_pages_show_their_words_also_where_no_text_was_read() -> None:
    document = some(strategies.documents(["pages"], "image/png", text=st.just("Total: 12.50")), lambda _: True)
    assert not document.layers.text
    assert document.pages[0].image(100).convert("L").getextrema()[0] == 0


def test_text_is_of_many_kinds() -> None:
    texts = drawn(strategies.page_contents(), 500)
    for number, what in enumerate(
        (
            lambda text: any(character > "\uffff" for character in text),
            lambda text: text != unicodedata.normalize("NFC", text),
            lambda text: any(unicodedata.bidirectional(character) in ("R", "AL") for character in text),
            lambda text: "\0" in text,
            lambda text: text[:1] and unicodedata.combining(text[0]),
            lambda text: "\r\n" in text and "\u2028" in text and "\x85" in text,
            lambda text: max(map(len, text.splitlines()), default=0) > 1000,
            lambda text: text == "",
            lambda text: text and not text.strip(),
            lambda text: len(text.casefold()) != len(text),
            lambda text: re.search(r"\d,\d\d (€|EUR)|\d\.\d\d", text),
            lambda text: re.search(r"\d{4}-\d\d-\d\d", text),
            lambda text: re.search(r"[A-Z]{2}\d\d( \d{4}){2}", text),
            lambda text: "@" in text,
        )
    ):
        assert any(map(what, texts)), number


@pytest.mark.parametrize("start", range(5))
def test_what_trips_code_is_drawn_before_values_in_any_few_documents(start: int) -> None:
    texts = [page.text for document in drawn(strategies.documents(), 40, start) for page in document.pages]
    assert any(re.search(r"[\U00010000-\U0010ffff].*\d\d", text, re.DOTALL) for text in texts), (
        "UTF-16 code units would pass for code points"
    )
    assert any(re.search(r"[\u0080-\uffff].*\d\d", text, re.DOTALL) for text in texts), "bytes would pass for code points"
    assert any(unicodedata.normalize("NFC", text) != text for text in texts)
    assert any("\0" in text for text in texts)
    assert any(not text.strip() for text in texts)
    assert any(len(text.lower()) != len(text) or len(text.casefold()) != len(text) for text in texts)


def test_documents_come_in_many_forms() -> None:
    documents = drawn(strategies.documents(["pages", "text", "fields"], pages=(0, 3)), 150)
    for number, what in enumerate(
        (
            lambda document: len(document.pages) == 3,
            lambda document: len({text.page for text in document.layers.text}) < len(document.pages),
            lambda document: any(len(page.readings) == 2 for page in document.pages),
            lambda document: document.kind == "part",
            lambda document: document.resolve,
            lambda document: any(page.info.width == 0 for page in document.pages),
            lambda document: any(page.info.rotation for page in document.pages),
            lambda document: any(field.status == "derived" for field in document.fields.all()),
            lambda document: any(field.status == "ungrounded" for field in document.fields.all()),
            lambda document: any(span.kind == "box" for field in document.fields.all() for span in field.spans),
            lambda document: any(document.fields[name].status == "conflict" for name in document.fields),
        )
    ):
        assert any(map(what, documents)), number


def test_there_may_be_no_page_at_all() -> None:
    document = some(strategies.documents(["tables"], pages=(0, 0)), lambda _: True)
    assert not document.pages
    assert document.tables
    document = some(strategies.documents([], pages=(0, 0), fields={"total": "decimal"}), lambda _: True)
    assert document.fields["total"].chosen is not None
    assert document.fields["total"].chosen.status == "ungrounded"


@quick
@given(
    strategies.documents(
        fields={"total": "decimal", "date": "date", "paid": "boolean"},
        labels={"document-kind": ["invoice", "letter"]},
        checks=["sums-agree"],
    )
)
def test_named_fields_labels_and_checks_are_there_and_printed_in_the_text(document: Document) -> None:
    assert sound(document)
    assert set(document.fields) == {"total", "date", "paid"}
    assert {field.type for field in document.fields.all("total")} == {"decimal"}
    for field in document.fields.all():
        assert field.quote
        assert any(field.quote in text.content for text in document.layers.text)
    assert [label.taxonomy for label in document.layers.labels] == ["document-kind"]
    assert {label.value for label in document.layers.labels} <= {"invoice", "letter", ""}
    assert list(document.checks) == ["sums-agree"]


def test_layers_that_are_only_used_are_there_now_and_then() -> None:
    documents = strategies.documents(["pages"], uses=["text"])
    assert some(documents, lambda document: document.layers.text).layers.text
    assert not some(documents, lambda document: not document.layers.text).layers.text


def test_documents_shrink_to_little() -> None:
    document = smallest(strategies.documents(), lambda document: any(character > "\uffff" for character in document.text))
    assert len(document.pages) == 1
    assert len(document.text) <= 12
    assert document.media_type == "text/plain"
    document = smallest(
        strategies.documents(["fields"]), lambda document: "ungrounded" in {field.status for field in document.fields.all()}
    )
    assert len(document.fields.all()) <= 3
    assert len(document.text) <= 12


@settings(quick, max_examples=20)
@given(strategies.cases(["fields"], fields={"total": "decimal"}))
def test_a_case_holds_together_and_has_members_that_differ(case: Document) -> None:
    assert sound(case)
    assert case.kind == "case"
    assert len({member.document.id for member in case.members}) == len(case.members) > 0
    completed = [member.document for member in case.members if member.status != "failed"]
    assert all(document.fields["total"].candidates for document in completed)
    assert all(document.read() is not None for document in completed)


def test_members_of_a_case_may_have_failed() -> None:
    assert some(strategies.cases(), lambda case: any(member.status == "failed" for member in case.members))
    assert some(strategies.cases(), lambda case: any(member.status == "partial" for member in case.members))


# -- items --------------------------------------------------------------------------------------------------------------


@quick
@given(strategies.documents(["text", "words", "fields"]), st.data())
def test_items_for_a_document_fit_it(document: Document, data: st.DataObject) -> None:
    from aios_sdk import Checks, Classification, Extraction, Redactions

    result = data.draw(
        st.one_of(
            strategies.fields(document).map(lambda field: Extraction(fields=(field,))),
            strategies.labels(document).map(lambda label: Classification(labels=(label,))),
            strategies.summaries(document),
            strategies.checks(document).map(lambda check: Checks(checks=(check,))),
            strategies.redactions(document).map(lambda redaction: Redactions(redactions=(redaction,))),
            strategies.routes(document),
        )
    )
    added = document.stamp("later", result)
    assert [*check_spans(document, added), *check_references(document, added)] == []


def test_nothing_is_drawn_where_there_is_no_place() -> None:
    assert strategies.spans(Document()).is_empty
    assert strategies.redactions(Document()).is_empty


@pytest.mark.parametrize("kind", strategies.RECORDS, ids=lambda kind: kind.__name__)
def test_records_are_drawn_by_their_type(kind: type) -> None:
    assert isinstance(some(strategies.records(kind), lambda _: True), kind)


@quick
@given(strategies.printed("text"))
def test_account_numbers_have_right_check_digits(found: tuple[Any, str]) -> None:
    if re.fullmatch(r"[A-Z]{2}\d\d[\d ]+", found[1]):
        plain = found[1].replace(" ", "")
        assert int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


# -- tables -------------------------------------------------------------------------------------------------------------


def test_tables_have_their_rows_behind_them() -> None:
    for table in drawn(strategies.tables(), 15):
        rows = table.relation().fetchall()
        assert len(rows) == table.rows
        assert repr(cells(table.location)) == repr(rows), "repr, because NaN is unequal to itself"
        assert [column.name for column in table.columns] == table.relation().columns
    some(strategies.tables(), lambda table: any(None in row for row in cells(table.location)))
    some(strategies.tables(), lambda table: table.rows == 0)


def test_typed_tables_have_every_fault_that_people_make() -> None:
    tables = drawn(strategies.tables_data(), 250)
    assert any(len({name.casefold() for name in table.header}) < len(table.header) for table in tables)
    assert any(len(row) < len(table.header) for table in tables for row in table.rows)
    assert any(len(row) > len(table.header) for table in tables for row in table.rows)
    cells = {cell for table in tables for row in table.rows for cell in row}
    assert {"NaN", "inf", "9999-12-31", "31.02.2026", ""} <= cells
    assert all(table.csv().endswith("\r\n") for table in tables)


# -- files --------------------------------------------------------------------------------------------------------------


_MODES = {
    "image/png": {"1", "L", "P", "RGB", "RGBA", "I;16"},
    "image/jpeg": {"L", "RGB", "CMYK"},
    "image/tiff": {"1", "L", "RGB", "CMYK"},
    "image/webp": {"RGB"},
}


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/tiff", "image/webp", "image/bmp", "image/gif"])
def test_pictures_are_sound_and_of_every_form(media_type: str) -> None:
    modes, sizes = set(), set()
    for data in drawn(strategies.images(media_type), 60):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert Image.MIME[image.format or ""] == media_type
            modes.add(image.mode)
            sizes.add(image.size)
    assert (1, 1) in sizes
    assert modes >= _MODES.get(media_type, set())


def test_pictures_are_turned_by_exif_and_come_in_cmyk_and_16_bits() -> None:
    def opened(data: bytes) -> Image.Image:
        return Image.open(io.BytesIO(data))

    some(strategies.images("image/jpeg"), lambda data: opened(data).getexif().get(274) == 6)
    some(strategies.images("image/jpeg"), lambda data: opened(data).mode == "CMYK")
    some(strategies.images("image/png"), lambda data: opened(data).mode == "I;16")
    some(strategies.images("image/png"), lambda data: opened(data).mode == "P")
    some(strategies.images("image/png"), lambda data: opened(data).has_transparency_data)
    some(strategies.images("image/tiff"), lambda data: getattr(opened(data), "n_frames", 1) == 2)


@settings(quick, max_examples=15)
@given(strategies.sources("application/pdf"))
def test_pdf_files_are_sound(source: Source) -> None:
    document = pypdfium2.PdfDocument(source.read())
    try:
        assert all(page.get_size()[0] > 0 for page in document)
    finally:
        document.close()


_READERS: dict[str, Callable[[bytes], Any]] = {
    "application/json": json.loads,
    "application/xml": xml.etree.ElementTree.fromstring,
    "application/zip": lambda data: zipfile.ZipFile(io.BytesIO(data)).testzip(),
}


@pytest.mark.parametrize("media_type", _READERS)
def test_other_files_are_sound_too(media_type: str) -> None:
    for source in drawn(strategies.sources(media_type), 20):
        _READERS[media_type](source.read())


@settings(quick, max_examples=60)
@given(strategies.sources(hostile=True))
def test_sources_have_the_identity_that_the_engine_gives(source: Source) -> None:
    data = source.read()
    assert (source.content_id, source.size) == (digest(data), len(data))
    assert source.root == source.document_id
    assert from_json(to_json(source), Source) == source


def test_sources_are_of_the_media_types_asked_for() -> None:
    assert {source.media_type for source in drawn(strategies.sources("image/*"), 60)} > {"image/png", "image/jpeg"}
    assert {source.media_type for source in drawn(strategies.sources("application/x-acme"), 5)} == {"application/x-acme"}
    assert len({source.media_type for source in drawn(strategies.sources(), 200)}) > 8


# -- hostile input ------------------------------------------------------------------------------------------------------


def test_hostile_bytes_are_none_one_cut_damaged_and_disguised() -> None:
    hostile = strategies.hostile_bytes("application/pdf")
    some(hostile, lambda data: data == b"")
    some(hostile, lambda data: len(data) == 1)
    some(hostile, lambda data: data.startswith(b"%PDF") and b"%%EOF" not in data)
    some(hostile, lambda data: data.startswith(b"%PDF") and b"/Encrypt" in data)
    some(hostile, lambda data: data.startswith(b"\x89PNG"))
    some(strategies.hostile_bytes(), lambda data: data.startswith(b"PK"))
    some(strategies.hostile_bytes("application/x-acme"), lambda data: len(data) > 100)


@pytest.mark.parametrize("name", strategies.HOSTILE)
def test_hostile_files_are_small_and_swell_to_what_a_machine_can_bear(name: str) -> None:
    media_type, data = strategies.HOSTILE[name]
    assert 0 < len(data) < 1 << 20
    assert "/" in media_type
    if zipfile.is_zipfile(io.BytesIO(data)) and "lies" not in name:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert sum(member.file_size for member in archive.infolist()) < 32 << 20


def test_hostile_files_are_what_their_names_say() -> None:
    def hostile(name: str) -> bytes:
        return strategies.HOSTILE[name][1]

    with pytest.raises(RuntimeError, match="encrypted"):
        zipfile.ZipFile(io.BytesIO(hostile("zip with a password"))).read("secret.txt")
    with pytest.raises(pypdfium2.PdfiumError, match=r"[Pp]assword"):
        pypdfium2.PdfDocument(hostile("pdf with a password"))
    assert zipfile.ZipFile(io.BytesIO(hostile("zip that lies about its size"))).infolist()[0].file_size == 0xFFFFFFF0
    for name in ("png of 4 billion pixels", "jpeg of 4 billion pixels", "gif of 4 billion pixels"):
        with pytest.raises(Image.DecompressionBombError):
            Image.open(io.BytesIO(hostile(name)))
    with pytest.raises(RecursionError):
        json.loads(hostile("deep json"))
    swollen = xml.etree.ElementTree.fromstring(hostile("xml entities that swell")).text
    assert swollen is not None
    assert len(swollen) == 1_000_000


def test_every_hostile_file_ends_in_an_outcome_that_blames_the_file() -> None:
    sources = [Source(name=name, key=name, data=data, media_type=media_type) for name, (media_type, data) in strategies.HOSTILE.items()]
    with fakes.MemoryStore() as store:
        outcomes: list[Outcome] = list(Pipeline("hostile").ingest().run(sources, store=store, progress=False))
    found = {outcome.document.key for outcome in outcomes}
    assert {name for name in strategies.HOSTILE if "zip" not in name} <= found
    wrong = [
        (outcome.name, failure) for outcome in outcomes for failure in outcome.failures if failure.category in ("internal", "contract")
    ]
    assert wrong == []


@settings(quick, max_examples=60)
@given(strategies.sources(hostile=True))
def test_the_echo_components_refuse_what_they_cannot_read(source: Source) -> None:
    for reader in (fakes.EchoText(fakes.EchoText.Config()), fakes.EchoTable(), fakes.EchoImage()):
        arguments = [source] if isinstance(reader, fakes.EchoImage) else [source, fakes.context()]
        try:
            found: list[Any] = list(reader.ingest(*arguments))
        except (Malformed, LimitExceeded):
            continue
        assert len(found) == 1


# -- the package --------------------------------------------------------------------------------------------------------


def test_without_hypothesis_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from aios_sdk.testing import fakes, samples\n"
        "from aios_sdk import UsageError\n"
        "try:\n    from aios_sdk.testing import strategies\nexcept UsageError as error:\n    print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install 'aios-sdk[testing]'" in said
    assert issubclass(UsageError, Exception)


@pytest.mark.parametrize("name", [name for name in strategies.__all__ if name.islower()])
def test_every_strategy_says_what_it_draws(name: str) -> None:
    assert (getattr(strategies, name).__doc__ or "").strip()
