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


def scan_page(bench, *, picture: bytes, over: bytes = b"", place: bytes = b"595 0 0 842 0 0", **options):
    """A page with a picture of 60 x 84 grey pixels, which fills it or lies at ``place``."""
    image = b"<</Type/XObject/Subtype/Image/Width 60/Height 84/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>" % len(picture)
    stream = image + b"\nstream\n" + picture + b"\nendstream"
    content = b"q %s cm /I Do Q\n" % place + over
    page = bench.page(content, media=(0, 0, 595, 842), **options)
    data = bench.write([page], objects=[stream]).replace(b"/Font<</F 3 0 R>>", b"/Font<</F 3 0 R>>/XObject<</I 4 0 R>>")
    document, _ = bench.ingest(data)
    return document.layers.text[0]


PAPER = bytes(0 if 20 <= row < 60 and row % 4 == 0 and 8 <= column < 50 else 255 for row in range(84) for column in range(60))


def test_a_stamp_over_a_scan_is_not_the_text_of_the_page(bench):
    text = scan_page(bench, picture=PAPER, over=bench.lines("FAX 03/05/2024 10:15 P. 2/3", left=40, top=820, size=8))
    assert text.reason == "no text but 23 letters on a page of which scans fill 100%"
    assert text.confidence < 0.5
    assert text.content == "FAX 03/05/2024 10:15 P. 2/3"


def test_a_receipt_pasted_below_a_caption_is_text_to_be_read_and_a_logo_is_not(bench):
    caption = bench.lines("Taxi to the station", left=40, top=800)
    pasted = scan_page(bench, picture=PAPER, over=caption, place=b"400 0 0 400 60 200")
    assert pasted.reason == "no text but 16 letters on a page of which scans fill 32%"
    assert scan_page(bench, picture=PAPER, over=caption, place=b"150 0 0 150 60 600").reason == ""


@pytest.mark.parametrize(("picture", "lines"), [
    (b"\xff" * 60 * 84, ("A certificate on white",)), (b"\x40" * 60 * 84, ("A title on a photograph",)), (PAPER, LETTER),
], ids=["nothing beside the text", "no paper", "a whole letter"])  # fmt: skip
def test_text_on_a_picture_that_is_no_scan_is_trusted(bench, picture, lines):
    assert scan_page(bench, picture=picture, over=bench.lines(*lines, left=40, top=820, size=10)).reason == ""
