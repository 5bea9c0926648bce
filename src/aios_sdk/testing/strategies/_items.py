"""One strategy for each record: on its own, or such that it fits a document."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from aios_sdk.records import (
    Alternative,
    Box,
    Check,
    Checks,
    Classification,
    Document,
    Extraction,
    Field,
    Label,
    Layers,
    Outcome,
    PageInfo,
    PageText,
    Reason,
    Redaction,
    Redactions,
    Reference,
    Region,
    Result,
    Route,
    Sentence,
    Span,
    StepOutcome,
    Summary,
    UnitFailure,
    Words,
)

from . import _places as fitting
from . import _records as loose


def spans(document: Document | None = None) -> st.SearchStrategy[Span]:
    """Places in text, on pages and in tables. With a ``document``, they resolve in it, and nothing is drawn where it holds nothing.

    Example::

        @given(st.data())
        def test_a_place_is_shown(data):
            document = data.draw(strategies.documents())
            show(document, data.draw(strategies.spans(document)))
    """
    if document is None:
        return loose.spans
    places = fitting.Places.of(document)
    return fitting.span_at(places) if places else st.nothing()


def fields(document: Document | None = None) -> st.SearchStrategy[Field]:
    """Fields of every type and status. With a ``document``, their spans resolve in it and their inputs are its items.

    Example::

        @given(strategies.fields())
        def test_every_value_is_printed(field):
            assert show(field)
    """
    return loose.fields if document is None else fitting.field_in(document)


def labels(document: Document | None = None) -> st.SearchStrategy[Label]:
    """Labels and abstentions. With a ``document``, of it or one of its pages, and with spans that resolve.

    Example::

        @given(strategies.labels())
        def test_an_abstention_has_no_colour(label):
            assert (colour(label) is None) == label.abstained
    """
    return loose.labels if document is None else fitting.label_in(document)


def summaries(document: Document | None = None) -> st.SearchStrategy[Summary]:
    """Summaries. With a ``document``, their sentences cite places in it.

    Example::

        @given(strategies.summaries())
        def test_a_summary_is_one_paragraph(summary):
            assert "\\n\\n" not in paragraph(summary)
    """
    return loose.summaries if document is None else fitting.summary_in(document)


def checks(document: Document | None = None) -> st.SearchStrategy[Check]:
    """Verdicts: passed, failed and unknown. With a ``document``, they rest on its items.

    Example::

        @given(strategies.checks())
        def test_an_unknown_verdict_is_grey(check):
            assert (colour(check) == "grey") == (check.passed is None)
    """
    return loose.checks if document is None else fitting.check_in(document)


def redactions(document: Document | None = None) -> st.SearchStrategy[Redaction]:
    """Places to mask. With a ``document``, they resolve in it, and nothing is drawn where it holds nothing.

    Example::

        @given(strategies.redactions())
        def test_a_mask_is_as_long_as_what_it_hides(redaction):
            assert len(mask(redaction)) == len(redaction.span.quote)
    """
    if document is None:
        return loose.redactions
    return fitting.redaction_in(document) if fitting.Places.of(document) else st.nothing()


def routes(document: Document | None = None) -> st.SearchStrategy[Route]:
    """Routes. With a ``document``, they rest on its items, and are for review where these may be ungrounded.

    Example::

        @given(strategies.routes())
        def test_every_route_has_a_queue(route):
            assert queue(route)
    """
    return loose.routes if document is None else fitting.route_in(document)


def alternatives() -> st.SearchStrategy[Alternative]:
    """Other readings with their scores."""
    return loose.alternatives


def boxes() -> st.SearchStrategy[Box]:
    """Boxes within the page, also without area."""
    return loose.boxes


def references() -> st.SearchStrategy[Reference]:
    """Pointers at items, of any kind; nothing says that the items exist."""
    return loose.references


def reasons() -> st.SearchStrategy[Reason]:
    """Reasons of routes."""
    return loose.reasons


def sentences() -> st.SearchStrategy[Sentence]:
    """Sentences of summaries, each with a span or more."""
    return loose.sentences


def page_infos() -> st.SearchStrategy[PageInfo]:
    """The geometry of pages, also without a size."""
    return loose.page_infos


def page_texts() -> st.SearchStrategy[PageText]:
    """Texts of pages by every method."""
    return loose.page_texts


def words() -> st.SearchStrategy[Words]:
    """Words as columns, also none."""
    return loose.words


def regions() -> st.SearchStrategy[Region]:
    """Parts of pages of every kind; nothing says that they fit a text."""
    return loose.regions


def extractions() -> st.SearchStrategy[Extraction]:
    """What extract steps return; nothing says that it fits a document."""
    return loose.extractions


def classifications() -> st.SearchStrategy[Classification]:
    """What classify steps return."""
    return loose.classifications


def verdicts() -> st.SearchStrategy[Checks]:
    """What check steps return."""
    return loose.verdicts


def masks() -> st.SearchStrategy[Redactions]:
    """What redact steps return."""
    return loose.masks


def results() -> st.SearchStrategy[Result]:
    """What any stage but ingest returns.

    Example::

        @given(strategies.results())
        def test_every_result_is_shown(result):
            show(result)
    """
    return loose.results


def layers() -> st.SearchStrategy[Layers]:
    """Layers with any items; nothing says that they fit together."""
    return loose.layers


def unit_failures() -> st.SearchStrategy[UnitFailure]:
    """Failures of a page or a whole document."""
    return loose.unit_failures


def step_outcomes() -> st.SearchStrategy[StepOutcome]:
    """How steps ended."""
    return loose.step_outcomes


def outcomes() -> st.SearchStrategy[Outcome]:
    """How documents ended.

    Example::

        @given(strategies.outcomes())
        def test_every_outcome_has_a_line_in_the_report(outcome):
            assert line(outcome)
    """
    return loose.outcomes


def records(kind: type) -> st.SearchStrategy[Any]:
    """Any value of a record's type that its constructor accepts. Raises ``KeyError`` for what is no record.

    Example::

        @given(strategies.records(Field))
        def test_a_field_survives_the_queue(field):
            assert receive(send(field)) == field
    """
    return loose.RECORDS[kind]
