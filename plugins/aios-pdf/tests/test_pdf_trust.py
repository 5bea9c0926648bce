"""Which text layers are not what the page shows, and why."""

import pytest

#: A font all of whose letters mean characters for private use.
PRIVATE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def
1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <21> <7e> <E021> endbfrange endcmap end end"""
LETTER = (
    "We have received your letter of the fifth of March about the damage to the front window",
    "of your house. Our adviser will visit you within the next days to look at the damage and to",
    "agree with you on how it is repaired. Please keep the broken parts until then, and send us",
    "the offer of the joiner as soon as you have it. We wish you a quick repair.",
)


def reading(bench, content: bytes, **options):
    document, _ = bench.ingest(bench.write([bench.page(content, media=(0, 0, 595, 842))], **options))
    return document.layers.text[0]


def letter(bench, *lines: str) -> bytes:
    return bench.lines(*(lines or LETTER), left=40, top=700, size=10)


def test_a_text_layer_that_says_what_is_seen_is_trusted(bench):
    text = reading(bench, letter(bench))
    assert (text.reason, text.confidence) == ("", None)


def test_letters_without_a_meaning_are_garbled_and_kept(bench):
    text = reading(bench, letter(bench), to_unicode=PRIVATE)
    assert text.reason.startswith("garbled text: 100% of the characters")
    assert text.confidence < 0.5
    assert text.content


@pytest.mark.parametrize("shift", [-29, 1, 3])
def test_letters_that_stand_for_others_are_garbled(bench, shift):
    moved = [
        "".join(chr(ord(char) + shift) if char.isalpha() and 32 < ord(char) + shift < 127 else char for char in line) for line in LETTER
    ]
    assert reading(bench, letter(bench, *moved)).reason.startswith("garbled text: its letters")


@pytest.mark.parametrize("line", [
    "Pos 4711 SKU-XK7-22 QTY 12 PCS; XK9-23; ZZW-91; KFZ-HH-XY 123; B2B; HDMI; USB; PVC; LKW", "BGB HGB AktG GmbHG VVG StGB ZPO",
])  # fmt: skip
def test_codes_and_abbreviations_are_no_garbled_text(bench, line):
    assert reading(bench, letter(bench, *[line] * 12)).reason == ""


def test_text_drawn_invisibly_is_hidden(bench):
    text = reading(bench, b"3 Tr\n" + letter(bench))
    assert text.reason == "hidden text: 100% of the letters are not shown"
    assert text.confidence < 0.5


def test_white_text_on_white_paper_is_hidden_and_on_black_it_is_not(bench):
    white = b"1 g\n" + letter(bench)
    assert reading(bench, white).reason.startswith("hidden text")
    assert reading(bench, b"0 g 0 0 595 842 re f\n" + white).reason == ""


def test_a_few_hidden_words_do_not_make_a_page_hidden(bench):
    assert reading(bench, letter(bench) + b"\n3 Tr\n" + bench.lines("secret", left=40, top=100)).reason == ""
