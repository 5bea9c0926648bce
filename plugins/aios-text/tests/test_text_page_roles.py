"""Which pages of a packet begin a document: by what their text says, how they are numbered, and what settings settle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pydantic
import pytest
from aios_text import PageRoles
from aios_text._page_look import Number
from aios_text._segments import begin_counts, segments
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Document, Label, PageInfo, PageText, Resources

INVOICE = "Hansen & Co, Mill Lane 7, Leeds\nInvoice 4711-{n}\nDate: 0{n}.03.2026\nOak planks, 4 at 20.00\nTotal 80.00 EUR\n"
LETTER = "Maria Lindqvist\n12 April 2026\nDear Sirs,\n"
LETTER += "on 3 March my car was hit from the left, and the door has to be\nreplaced because it does\n"
REST = "not close any longer. The police have written a report.\nYours faithfully,\nMaria Lindqvist\n"


def labels(pages: Sequence[str], **config: object) -> tuple[Label, ...]:
    document = Document.of(
        pages=tuple(PageInfo(index=index, width=595, height=842) for index in range(len(pages))),
        text=tuple(PageText(page=index, content=text, method="ocr") for index, text in enumerate(pages)),
    )
    roles = PageRoles(PageRoles.Config(**config))
    roles.open(Resources(scratch=Path()))
    return roles.classify(document).labels


def values(pages: Sequence[str], **config: object) -> list[str]:
    return [label.value for label in labels(pages, **config)]


def test_a_letter_goes_on_in_the_midst_of_a_sentence_and_ends_where_an_invoice_begins() -> None:
    found = labels([LETTER, REST, INVOICE.format(n=1)])
    assert [label.value for label in found] == ["first", "next", "first"]
    assert [label.page for label in found] == [0, 1, 2]
    assert {label.taxonomy for label in found} == {"page-role"}
    assert all(0.5 <= (label.confidence or 0) <= 1 for label in found)


@pytest.mark.parametrize("form", ["Page {} of {}", "Seite {} von {}", "{}/{}", "- {} / {} -"])
def test_numbers_say_which_pages_belong_together_though_one_was_not_read(form: str) -> None:
    body = "Ledger of the mill in Leeds, with all sacks of flour that were sold in\nthe autumn of that year, by day and buyer.\n"
    numbered = [body + form.format(page, count) for count in (3, 2) for page in range(1, count + 1)]
    numbered[1] = body
    assert values(numbered) == ["first", "next", "next", "first", "next"]


def test_a_separator_sheet_with_its_blank_back_belongs_to_no_document() -> None:
    assert values([LETTER, REST, "PATCH T\n", "", LETTER, REST]) == ["first", "next", "separator", "separator", "first", "next"]


def test_a_page_that_only_mentions_a_separator_is_none() -> None:
    assert values([f"{LETTER} Please put a separator sheet behind it. {REST}"]) == ["first"]


def test_a_blank_page_belongs_to_the_document_before() -> None:
    assert values([INVOICE.format(n=1), "", INVOICE.format(n=2)]) == ["first", "next", "first"]


def test_settings_settle_what_the_weights_would_not_say() -> None:
    pages = [LETTER, REST, REST]
    assert values(pages, first=[r"yours faithfully"]) == ["first", "first", "first"]
    assert values([INVOICE.format(n=1), INVOICE.format(n=2)], next=[r"^Invoice 4711-2$"]) == ["first", "next"]
    assert values([LETTER, "* * *", REST], separators=[r"\* \* \*"]) == ["first", "separator", "first"]
    assert {label.taxonomy for label in labels(pages, taxonomy="part")} == {"part"}


def test_what_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="no regular expression"):
        PageRoles.Config(first=("(",))


WEIGHTS = {"number fits": 1.2, "number does not fit": -0.7, "total fits": 0.5, "total does not fit": -0.9}
numbers = st.none() | st.builds(Number, st.integers(1, 4), st.integers(0, 4))


@given(st.lists(st.tuples(numbers, st.floats(-3, 3)), min_size=1, max_size=7))
@settings(max_examples=40, deadline=None)
def test_the_segmentation_is_the_likeliest_of_all_and_the_probabilities_are_theirs(pages: list[tuple[Number | None, float]]) -> None:
    import itertools
    import math

    found = segments([number for number, _ in pages], [0.0, *(value for _, value in pages[1:])], WEIGHTS)
    scores: dict[tuple[int, ...], float] = {}
    for chosen in itertools.product((False, True), repeat=len(pages) - 1):
        beginnings = (0, *(place for place, begins in enumerate(chosen, 1) if begins))
        score = sum(pages[place][1] for place in beginnings[1:])
        for start, end in zip(beginnings, (*beginnings[1:], len(pages)), strict=True):
            counts = begin_counts([number for number, _ in pages], start, end)
            score += sum(weight * count for weight, count in zip(WEIGHTS.values(), counts, strict=True))
        scores[beginnings] = score
    assert scores[found.beginnings] == pytest.approx(max(scores.values()))
    total = sum(map(math.exp, scores.values()))
    for place in range(len(pages)):
        likely = sum(math.exp(score) for beginnings, score in scores.items() if place in beginnings) / total
        assert found.likely[place] == pytest.approx(likely)
