"""What aios.extractive chooses, and the laws of splitting text into sentences."""

from __future__ import annotations

from itertools import pairwise

import pytest
from aios_text import Extractive
from aios_text._ranking import select
from aios_text._sentences import sentences
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Document, Outcome, PageInfo, PageText, Unsupported
from aios_sdk.records import check_spans

STORY = """Dear claims team,

our van was hit from behind at a traffic light on Friday. The other driver, Dr. Smith, wrote a note for us.
The van was in the workshop for 3 days, so we hired another van. The weather was fine.

Policy number: KFZ-2041-7
Amount claimed: 340.96 EUR

Attached are the invoice for the hired van and a photo of the note of the other driver.

Kind regards
Fleet Office
"""


def typed(*texts: str, name: str = "") -> Document:
    pages = tuple(PageInfo(index=number) for number in range(len(texts)))
    readings = tuple(PageText(page=number, content=text) for number, text in enumerate(texts))
    return Document.of(pages=pages, text=readings)


def split(text: str) -> list[str]:
    return [text[place.start : place.end] for place in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Am 3. Mai, z. B. abends. Danach nicht.", ["Am 3. Mai, z. B. abends.", "Danach nicht."]),
        (
            "Dr. Müller kam um 10.30 Uhr. Es kostete 1.234,56 EUR. Ok? Ja!",
            ["Dr. Müller kam um 10.30 Uhr.", "Es kostete 1.234,56 EUR.", "Ok?", "Ja!"],
        ),
        ("We met J. Smith at 5 p.m. on Monday. It rained.", ["We met J. Smith at 5 p.m. on Monday.", "It rained."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("The answer is no. See no. 12 there.", ["The answer is no.", "See no. 12 there."]),
        ("It was 2018. We moved.", ["It was 2018.", "We moved."]),
        ("1. First point\n2. Second point\n- third\n", ["1. First point", "2. Second point", "- third"]),
        ("WHAT HAPPENED\nThe pipe burst.", ["WHAT HAPPENED", "The pipe burst."]),
        ("Policy number: X-1\nTotal: 12.50\n", ["Policy number: X-1", "Total: 12.50"]),
        ("Dear team,\r\n\r\nour van\r\nwas hit.", ["Dear team,", "our van\r\nwas hit."]),
        ("Wait... what? No", ["Wait... what?", "No"]),
        ("", []),
        (" \n ", []),
        (".", ["."]),
    ],
)
def test_sentences_end_where_readers_see_them_end(text, expected):
    assert split(text) == expected


_texts = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(
            [
                "Mr. ",
                "am 3. ",
                "Mai ",
                "The end. ",
                "\n",
                "\n\n",
                "- item",
                "1. ",
                "Title\n",
                "A: b\n",
                "why? ",
                "z. B. ",
                "x",
                "“quoted.” ",
                "\f",
                "…",
                " ",
            ]
        ),
        max_size=30,
    ).map("".join),
)


@given(_texts)
def test_sentences_hold_all_that_is_no_white_space_in_order_and_without_overlap(text):
    places = list(sentences(text))
    assert all(0 <= one.start < one.end <= len(text) for one in places)
    assert all(one.end <= other.start for one, other in pairwise(places))
    assert "".join("".join(text[one.start : one.end].split()) for one in places) == "".join(text.split())


def test_the_most_telling_sentences_come_in_their_order():
    summary = Extractive(Extractive.Config(sentences=2)).summarize(typed(STORY))
    assert summary.method == "lexrank"
    assert [sentence.text for sentence in summary.sentences] == [
        "our van was hit from behind at a traffic light on Friday.",
        "The other driver, Dr. Smith, wrote a note for us.",
    ]


def test_greetings_and_labels_are_no_sentences_of_a_summary():
    summary = Extractive(Extractive.Config(sentences=50)).summarize(typed(STORY))
    assert len(summary.sentences) == 4
    assert all(sentence.text.endswith(".") for sentence in summary.sentences)


@settings(max_examples=60)
@given(st.lists(_texts, max_size=3), st.integers(1, 5), st.none() | st.integers(1, 30))
def test_every_sentence_stands_at_its_span_whatever_the_text(texts, count, most):
    document = typed(*texts)
    component = Extractive(Extractive.Config(sentences=count, max_words=most))
    lines = [line for text in texts for line in split(text) if not line.startswith(">")]
    if not lines:
        with pytest.raises(Unsupported, match="no text"):
            component.summarize(document)
        return
    summary = component.summarize(document)
    assert list(check_spans(document, document.stamp("s", summary))) == []
    assert 1 <= len(summary.sentences) <= count
    assert all(sentence.text == " ".join(sentence.spans[0].quote.split()) for sentence in summary.sentences)
    words = sum(len(sentence.text.split()) for sentence in summary.sentences)
    assert most is None or words <= most or len(summary.sentences) == 1


def test_a_case_is_summarized_over_its_members_with_spans_into_their_texts():
    mail = typed("The kitchen was flooded when a pipe burst on Friday. The floor of the kitchen is ruined.")
    bill = typed("", "The plumber repaired the pipe of the kitchen and charges 250.00 EUR for it. Please pay.")
    case = Document(kind="case", members=(Outcome(document=mail, status="completed"), Outcome(document=bill, status="completed")))
    summary = Extractive(Extractive.Config(sentences=3)).summarize(case)
    places = [(sentence.spans[0].artifact, sentence.spans[0].page) for sentence in summary.sentences]
    texts = {text.artifact: text.content for document in (mail, bill) for text in document.layers.text}
    assert {artifact for artifact, _ in places} == {mail.layers.text[0].artifact, bill.layers.text[1].artifact}
    for sentence in summary.sentences:
        span = sentence.spans[0]
        assert texts[span.artifact][span.start : span.end] == span.quote


def test_markup_is_not_summarized():
    with pytest.raises(Unsupported, match="no text"):
        Extractive(Extractive.Config()).summarize(Document(media_type="application/xml", layers=typed("<a>The car was hit.</a>").layers))


def test_what_a_mail_quotes_is_not_summarized():
    text = "The claim of my car is new.\n\n> The old claim was about a broken house window.\n"
    summary = Extractive(Extractive.Config()).summarize(typed(text))
    assert summary.text == "The claim of my car is new."


def test_a_case_without_text_is_not_for_it():
    with pytest.raises(Unsupported, match="no text"):
        Extractive(Extractive.Config()).summarize(Document(kind="case"))


def test_the_same_thing_is_not_said_twice():
    texts = ["The bridge fell into the river at night."] * 5 + [
        "The mayor of the town spoke to the firemen.",
        "No person was hurt in the river at night.",
    ]
    chosen = select(texts, list(range(7)), 2, [8] * 7, None)
    assert len({texts[number] for number in chosen}) == 2


def test_a_long_document_is_reduced_before_its_sentences_are_compared():
    texts = [f"Sentence {number} speaks of storms and of the harbour and of ship {number % 7}." for number in range(2000)]
    assert len(select(texts, list(range(2000)), 3, [10] * 2000, None)) == 3
