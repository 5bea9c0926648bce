"""What is looked at in a document: words and pairs of them, whole and cut; letters within and across words; marks of how it is written."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from aios_sdk import Document, Page

#: Of longer documents only the beginning counts: what a document is shows there, and the rest costs time.
LONGEST: Final = 50_000

_WORD: Final = re.compile(r"\w+")
#: A word, or another sign by itself.
_SIGN: Final = re.compile(r"\w+|[^\w\s]")
_TOKEN: Final = re.compile(r"\S+")
#: So many words after each are paired with it, in whatever order.
_NEAR: Final = 8
#: What stands between the words of a pair, and in no word.
PAIRED: Final = " "
#: Words are counted whole, and once more cut to so many letters: forms of a word are mostly one then, in whatever language.
_CUT: Final = 4
#: What stands behind a cut word, and in no word.
_CUTTING: Final = "~"
_SHORTEST, _LONGEST_GRAM = 3, 5
#: Longer words are no words: encoded data, of which the letters say nothing and cost much.
_LONGEST_WORD: Final = 60

_CAPTION: Final = re.compile(r"(?m)^[^\n:]{1,40}:[ \t]*\Z")
_CAPITALS: Final = re.compile(r"\W*[A-Z]{3,}\W*")
_MONEY: Final = re.compile(r"[$€£]\s?\d")
_ADDRESS: Final = re.compile(r"\W*(?:https?://|www\.)([^/\s]*)", re.IGNORECASE)
_MIXED: Final = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")
_RULE: Final = re.compile(r"[^\w\s]{5,}")
_LONG_LINE: Final = 100


class Features(NamedTuple):
    """How often each feature occurs: ``words`` and pairs of words, both whole and cut, ``letters`` (n-grams across words), ``marks``."""

    words: Counter[str]
    letters: Counter[str]
    marks: Counter[str]


def features_of(document: Document, ignored: Collection[str] = ()) -> Features | None:
    """The features of a document's text; None where there is none.

    Places of the fields named in ``ignored`` do not count, nor the caption before them on their line.
    """
    text = "\f".join(_without(document, page, ignored) if ignored else page.text for page in document.pages)[:LONGEST]
    if not text.strip():
        return None
    plain = _plain(text)
    words = _WORD.findall(plain)
    cut = [f"{word[:_CUT]}{_CUTTING}" for word in words]
    letters = _grams(f" {' '.join(sign[:_LONGEST_WORD] for sign in _SIGN.findall(plain))} ")
    marks = Counter(_marks(text))
    marks.update(f"region {region.kind}" for page in document.pages for region in page.regions if region.kind != "paragraph")
    return Features(Counter(chain(words, _pairs(words), cut, _pairs(cut))), Counter(letters), marks)


def _without(document: Document, page: Page, ignored: Collection[str]) -> str:
    """The text of a page but for the places of these fields."""
    text, pieces, end = page.text, [], 0
    artifact = page.reading.artifact if page.reading is not None else ""
    spans = (span for path in ignored for field in document.fields.all(path) for span in field.spans if span.artifact == artifact)
    for start, stop in sorted((span.start, span.end) for span in spans if span.start is not None and span.end is not None):
        line = text.rfind("\n", 0, start) + 1
        caption = _CAPTION.match(text[line:start])
        pieces.append(text[end : max(end, line if caption else start)])
        end = max(end, stop)
    return "".join((*pieces, text[end:]))


def _plain(text: str) -> str:
    """In small letters, without accents."""
    lower = text.lower()
    return lower if lower.isascii() else "".join(sign for sign in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(sign))


def _pairs(words: Sequence[str]) -> Iterator[str]:
    """Each two words that are near each other, in the order of the alphabet."""
    for place, a in enumerate(words):
        for b in words[place + 1 : place + 1 + _NEAR]:
            yield f"{a}{PAIRED}{b}" if a < b else f"{b}{PAIRED}{a}"


def _grams(text: str) -> Iterator[str]:
    """What stands in neighbouring places, over the ends of words too."""
    for size in range(_SHORTEST, _LONGEST_GRAM + 1):
        for at in range(len(text) - size + 1):
            yield text[at : at + size]


def _marks(text: str) -> Iterator[str]:
    """How it is written, whatever it is about: capitals, exclamations, money, addresses, quotations, long lines."""
    for token in _TOKEN.findall(text):
        if _CAPITALS.fullmatch(token):
            yield "CAPITALS"
        if token.endswith(("!!", "!?", "?!", "??")):
            yield "!!"
        elif token.endswith("!"):
            yield "!"
        if _MONEY.search(token):
            yield "money"
        if "%" in token:
            yield "%"
        if address := _ADDRESS.match(token):
            yield "address"
            yield "address of digits" if any(sign.isdigit() for sign in address[1]) else "address of letters"
        elif "@" in token:
            yield "@"
        if _MIXED.search(token):
            yield "letters and digits"
    for line in text.splitlines():
        if line.startswith(">"):
            yield "quotation"
        if line.isupper():
            yield "LINE OF CAPITALS"
        if _RULE.fullmatch(line.strip()):
            yield "rule"
        if len(line) > _LONG_LINE:
            yield "long line"
