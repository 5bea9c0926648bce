"""Documents: adding, resolving, merging, views; and spans that are held to the text."""

from __future__ import annotations

import gc
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aios_sdk import (
    Box,
    Check,
    Checks,
    Classification,
    Column,
    Document,
    Extraction,
    Field,
    Label,
    Layers,
    LimitExceeded,
    Outcome,
    PageInfo,
    PageText,
    Redaction,
    Redactions,
    Region,
    Route,
    Sentence,
    Source,
    Span,
    StoreError,
    Summary,
    Table,
    Words,
)
from aios_sdk.records import LAYERS, Page, check_spans, merge_layers, merge_results, resolve
from aios_sdk.testing.strategies import classifications, extractions, fields, layers, masks, results, summaries, verdicts

quick = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))

TEXT = PageText(page=0, content="Total \U0001f600 471.30 EUR")
TABLE = Table(name="t", columns=(Column("a", "VARCHAR"), Column("b", "VARCHAR")), rows=3, artifact="f" * 64)
DOCUMENT = Document(
    id="d",
    content_id="c" * 64,
    layers=Layers(pages=(PageInfo(index=0), PageInfo(index=1)), text=(TEXT, PageText(page=1, content="two")), tables=(TABLE,)),
)


def at(start: int, end: int, quote: str, **more: Any) -> Span:
    return Span(artifact=TEXT.artifact, **{"page": 0, **more}, start=start, end=end, quote=quote)


def found(value: Any, step: str = "", confidence: float | None = None, currency: str = "", ungrounded: bool = False) -> Field:
    if ungrounded:
        return Field(path="total", value=value, step=step, confidence=confidence, status="ungrounded")
    return Field(path="total", value=value, step=step, confidence=confidence, currency=currency, spans=(at(0, 5, "Total"),))


# -- spans are held to the text -----------------------------------------------------------------------------------------


def problems(span: Span, document: Document = DOCUMENT, **options: Any) -> list[str]:
    return list(check_spans(document, Layers(fields=(Field(path="x", value=1, spans=(span,)),)), **options))


@pytest.mark.parametrize(
    "span",
    [
        at(8, 14, "471.30"),
        at(6, 7, "\U0001f600"),
        at(0, 18, TEXT.content),
        at(8, 14, "471.30", box=Box(0, 0, 1, 1)),
        Span(artifact="c" * 64, page=1, box=Box(0, 0, 1, 1)),
        Span(artifact="f" * 64, row=2, column=1),
    ],
)
def test_a_span_whose_quote_is_there_resolves(span: Span) -> None:
    assert problems(span) == []


@pytest.mark.parametrize(
    ("span", "says"),
    [
        (at(9, 15, "471.30"), "stands '71.30 '"),
        (at(7, 13, "471.30"), "stands ' 471.3'"),
        (at(8, 14, "471.3"), "not '471.3'"),
        (at(8, 14, ""), "not ''"),
        (at(15, 19, "EUR"), "lie outside the 18"),
        (at(8, 14, "471.30", page=1), "belongs to page 0"),
        (Span(artifact="c" * 64, page=2, box=Box(0, 0, 1, 1)), "no page 2"),
        (Span(artifact="f" * 64, row=3, column=0), "row 3"),
        (Span(artifact="f" * 64, row=0, column=2), "column 2"),
        (Span(artifact=TEXT.artifact, row=0, column=0), "no table"),
        (Span(artifact="f" * 64, page=0, start=0, end=1), "no text"),
        (Span(artifact="e" * 64, page=0, start=0, end=1), "nothing of this document"),
    ],
)
def test_a_span_that_does_not_resolve_is_told_in_a_sentence(span: Span, says: str) -> None:
    [problem] = problems(span)
    assert problem.startswith("field 'x': ")
    assert says in problem


def test_every_kind_of_item_is_held_to_its_spans() -> None:
    off = at(1, 6, "Total")
    added = Layers(
        fields=(Field(path="x", value=1, spans=(at(0, 5, "Total"), off)),),
        labels=(Label(taxonomy="t", value="v", spans=(off,)),),
        summary=(Summary(sentences=(Sentence(text="a", spans=(at(0, 5, "Total"),)), Sentence(text="b", spans=(off,)))),),
        redactions=(Redaction(kind="iban", span=off),),
    )
    assert [problem.partition(":")[0] for problem in check_spans(DOCUMENT, added)] == [
        "field 'x'",
        "label 't'",
        "sentence 2 of the summary",
        "redaction of 'iban'",
    ]


def test_a_span_may_stand_in_a_text_that_comes_with_it() -> None:
    text = PageText(page=0, content="new")
    span = Span(artifact=text.artifact, page=0, start=0, end=3, quote="new")
    added = Layers(text=(text,), fields=(Field(path="x", value="new", spans=(span,)),))
    assert list(check_spans(DOCUMENT, added)) == []


def test_a_span_elsewhere_is_left_to_its_holder_only_while_parts_are_unknown_or_if_it_is_cited_already() -> None:
    elsewhere = Span(artifact="e" * 64, page=0, start=0, end=1, quote="x")
    assert problems(elsewhere, parts=True) == []
    citing = DOCUMENT.with_layers(replace(DOCUMENT.layers, fields=(Field(path="y", value=1, spans=(elsewhere,)),)))
    assert problems(elsewhere, citing) == []
    case = Document(id="case", kind="case", members=(Outcome(document=citing, status="completed"),))
    assert problems(elsewhere, case) == []
    assert problems(at(8, 14, "471.30"), case) == []
    assert len(problems(at(9, 15, "471.30"), case)) == 1


# -- adding -------------------------------------------------------------------------------------------------------------


@quick
@given(st.lists(results(), max_size=4))
def test_adding_changes_nothing_that_was_there_and_marks_what_came(added: list[Any]) -> None:
    document = Document(id="d" * 32)
    for number, result in enumerate(added):
        before, grown = document, document.add(f"step{number}", result)
        for layer in LAYERS:
            old, new = getattr(before.layers, layer), getattr(grown.layers, layer)
            assert new[: len(old)] == old
            for item in new[len(old) :]:
                assert getattr(item, "step", f"step{number}") == f"step{number}"
        document = grown
    items = [item for layer in LAYERS for item in getattr(document.layers, layer) if hasattr(item, "id")]
    assert len({item.id for item in items}) == len(items), "no two items share an id"
    again = Document(id="d" * 32)
    for number, result in enumerate(added):
        again = again.add(f"step{number}", result)
    assert again == document


@quick
@given(layers(), layers(), layers())
def test_merging_layers_is_associative_and_empty_layers_change_nothing(one: Layers, two: Layers, three: Layers) -> None:
    assert merge_layers(merge_layers(one, two), three) == merge_layers(one, merge_layers(two, three))
    assert merge_layers(one, Layers()) == one == merge_layers(Layers(), one)


@quick
@given(
    st.sampled_from([extractions(), classifications(), verdicts(), masks(), summaries()]).flatmap(
        lambda kind: st.lists(kind, min_size=1, max_size=4)
    )
)
def test_the_results_of_units_merge_to_the_whole_in_their_order(parts: list[Any]) -> None:
    whole = merge_results(parts)
    assert type(whole) is type(parts[0])
    for name in whole.__struct_fields__:
        if isinstance(getattr(whole, name), tuple):
            assert getattr(whole, name) == tuple(item for part in parts for item in getattr(part, name))
    assert merge_results([merge_results(parts[:1]), *parts[1:]]) == whole


def test_what_cannot_be_merged_is_refused() -> None:
    with pytest.raises(ValueError, match="no result"):
        merge_results([])
    with pytest.raises(TypeError, match="different stages"):
        merge_results([Checks(), Redactions()])
    with pytest.raises(TypeError, match="several routes"):
        merge_results([Route(destination="a"), Route(destination="b")])
    assert merge_results([Route(destination="a")]) == Route(destination="a")


@pytest.mark.parametrize("wrong", [None, 3, "text", Document(), Source(name="x")])
def test_adding_what_is_no_result_of_a_stage_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="no result"):
        Document().add("step", wrong)


def test_a_document_is_made_of_layers_only() -> None:
    assert Document.of(text=(TEXT,), thread="T").thread == "T"
    with pytest.raises(TypeError):
        Document.of(nonsense=())


# -- resolving ----------------------------------------------------------------------------------------------------------


def test_equal_values_agree_and_the_most_confident_grounded_reading_speaks_for_them() -> None:
    readings = [found(Decimal("1.0"), "a", 0.2), found(1, "b", 0.9), found(Decimal("1.00"), "c", 1.0, ungrounded=True), found(1, "d")]
    resolved = resolve("total", readings, ())
    assert (resolved.status, resolved.value, resolved.confidence) == ("agreed", 1, 0.9)
    assert resolved.chosen is readings[1]
    assert resolved.candidates == tuple(readings)


def test_unequal_values_are_decided_by_the_first_step_of_the_order_that_has_any() -> None:
    readings = [found(1, "a"), found(2, "b"), found(2, "b", 0.5), found(3, "c")]
    assert resolve("total", readings, ("none", "b", "a")).chosen is readings[2]
    assert resolve("total", readings, ("c",)).status == "resolved"
    conflict = resolve("total", readings, ())
    assert (conflict.status, conflict.chosen, conflict.value, conflict.confidence, conflict.spans) == ("conflict", None, None, None, ())


def test_the_favoured_step_decides_only_if_it_agrees_with_itself() -> None:
    readings = [found(1, "a"), found(2, "a"), found(1, "b")]
    assert resolve("total", readings, ("a", "b")).status == "conflict"
    assert resolve("total", readings, ("b", "a")).value == 1


def test_amounts_in_different_currencies_conflict_and_an_unknown_currency_does_not() -> None:
    assert resolve("total", [found(1, "a", currency="EUR"), found(1, "b", currency="CHF")], ()).status == "conflict"
    assert resolve("total", [found(1, "a", currency="EUR"), found(1, "b")], ()).status == "agreed"


@quick
@given(st.lists(fields(), min_size=1, max_size=3).map(tuple), st.permutations(["a", "b", "c"]))
def test_resolving_never_invents_a_value_and_does_not_depend_on_the_order_of_disagreement(
    items: tuple[Field, ...], order: list[str]
) -> None:
    steps = [replace(item, path="x", step=order[number % 3]) for number, item in enumerate(items)]
    one = resolve("x", steps, ("a", "b", "c"))
    other = resolve("x", list(reversed(steps)), ("a", "b", "c"))
    assert one.status == other.status
    assert one.chosen is None or one.chosen in steps
    assert (one.status == "conflict") == (one.chosen is None)


def test_a_document_gives_its_values_and_names_near_ones() -> None:
    document = replace(DOCUMENT, resolve=("b",)).add("a", Extraction(fields=(found(1),))).add("b", Extraction(fields=(found(2),)))
    assert (document.fields["total"].value, document.fields["total"].status) == (2, "resolved")
    assert [field.step for field in document.fields.all("total")] == ["a", "b"]
    assert (list(document.fields), len(document.fields), "total" in document.fields, document.fields.get("x")) == (["total"], 1, True, None)
    with pytest.raises(KeyError, match="did you mean 'total'"):
        document.fields["totl"]
    with pytest.raises(KeyError, match="there are: total"):
        document.fields["nothing like it"]
    assert repr(document.fields) == "{total: 2}"


def test_labels_of_pages_are_no_labels_of_the_document() -> None:
    labels = (Label(taxonomy="kind", value="invoice"), Label(taxonomy="kind", value="letter", page=1))
    document = DOCUMENT.add("a", Classification(labels=labels))
    assert document.labels["kind"].value == "invoice"
    abstained = DOCUMENT.add("a", Classification(labels=(Label(taxonomy="kind", abstained=True),)))
    assert (abstained.labels["kind"].value, abstained.labels["kind"].status) == (None, "agreed")


def test_the_latest_verdict_route_and_summary_count() -> None:
    document = DOCUMENT
    assert (document.route, document.summary, document.checks) == (None, None, {})
    for number in (1, 2):
        document = document.add(f"c{number}", Checks(checks=(Check(rule="r", passed=number == 2),)))
        document = document.add(f"r{number}", Route(destination=f"to{number}"))
        document = document.add(f"s{number}", Summary(sentences=(Sentence(text=f"s{number}", spans=(at(0, 5, "Total"),)),)))
    assert document.checks["r"].passed is True
    assert document.route is not None
    assert document.route.destination == "to2"
    assert document.summary is not None
    assert document.summary.text == "s2"
    assert Outcome(document=document, status="completed").route == document.route


# -- views --------------------------------------------------------------------------------------------------------------


class Bytes:
    """Lends every document the same bytes."""

    def open(self, document: Document) -> Any:
        import io

        return io.BytesIO(b"bytes")

    def render(self, document: Document, page: int, dpi: int) -> Any:
        return (page, dpi)


@quick
@given(layers(), st.frozensets(st.sampled_from(LAYERS)), st.integers(0, 3))
def test_a_view_holds_what_was_asked_for_and_the_document_keeps_all(found: Layers, keep: frozenset[str], index: int) -> None:
    document = Document(id="d", layers=found)
    view = document.only(keep)
    assert all(getattr(view.layers, name) == (getattr(found, name) if name in keep else ()) for name in LAYERS)
    page = document.one_page(index)
    assert all(each.page == index for name in ("text", "words", "regions", "tables") for each in getattr(page.layers, name))
    assert all(each.index == index for each in page.layers.pages)
    assert (page.layers.fields, page.layers.labels) == (found.fields, found.labels)
    assert document.layers is found


def test_a_document_reaches_its_bytes_through_every_view_and_addition() -> None:
    document = replace(DOCUMENT).bind(Bytes())
    for each in (
        document,
        document.add("a", Checks()),
        document.one_page(1),
        document.only(frozenset({"text"})),
        document.with_layers(Layers()),
    ):
        assert each.read() == b"bytes"
    assert document.pages[1].image(72) == (1, 72)
    for reach in (DOCUMENT.read, DOCUMENT.pages[0].image):
        with pytest.raises(StoreError, match="not at hand"):
            reach()


def test_the_latest_reading_of_a_page_that_is_not_blank_counts_and_brings_its_words() -> None:
    ocr = PageText(page=0, content="read", method="ocr")
    words = Words.build(ocr, [(0, 4, Box(0, 0, 1, 1), None)])
    document = DOCUMENT.add("ocr", Extraction(text=(ocr,), words=(words,)))
    assert document.text == "read\ftwo"
    assert document.pages[0].words is not None
    assert [text.step for text in document.pages[0].readings] == ["", "ocr"]
    blank = document.add("again", Extraction(text=(PageText(page=0, content=" \n"),)))
    assert blank.text == "read\ftwo"
    assert DOCUMENT.pages[1].words is None
    assert Document().text == ""


def test_the_latest_step_that_told_the_parts_of_the_reading_that_counts_is_believed() -> None:
    document = DOCUMENT.add("layout", Extraction(regions=(Region.of(TEXT, "paragraph", 0, 5), Region.of(TEXT, "footer", 6, 7))))
    assert [region.kind for region in document.pages[0].regions] == ["paragraph", "footer"]
    better = document.add("better", Extraction(regions=(Region.of(TEXT, "title", 0, 7),)))
    assert [(region.kind, region.step) for region in better.pages[0].regions] == [("title", "better")]
    read = better.add("ocr", Extraction(text=(PageText(page=0, content="read", method="ocr"),)))
    assert read.pages[0].regions == ()
    assert DOCUMENT.pages[1].regions == ()


def test_references_point_at_the_items_of_the_document() -> None:
    document = DOCUMENT.add("a", Extraction(fields=(found(1),))).add("c", Checks(checks=(Check(rule="r", passed=True),)))
    field, check = document.layers.fields[0], document.layers.checks[0]
    assert (document.reference(field).id, document.reference(field).name, document.reference(field).document_id) == (field.id, "total", "d")
    assert document.reference(check).kind == "check"
    assert document.reference(TABLE).id == TABLE.artifact


def test_documents_that_nobody_holds_are_given_back_with_their_pages() -> None:
    def pages() -> int:
        gc.collect()
        return sum(type(each) is Page for each in gc.get_objects())

    before = pages()
    for number in range(50):
        document = Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=f"text {number}"),))
        assert document.add("step", Layers()).pages[0].text == document.pages[0].text
    del document
    assert pages() == before


def test_a_source_is_read_up_to_a_limit_and_no_further(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"12345")
    for source in (Source(name="a.bin", data=b"12345"), Source(name="a.bin", path=str(file))):
        assert source.read() == source.read(5) == source.read(6) == b"12345"
        with pytest.raises(LimitExceeded, match="more than 4 bytes"):
            source.read(4)
