"""What is looked at in a document: its words and pairs of them, the letters within words, and marks of how it is written."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from aios_sdk import Document, Page

#: Of longer documents only the beginning counts: what a document is shows there, and the rest costs time.
LONGEST: Final = 50_000

_WORD: Final = re.compile(r"\w+")
_TOKEN: Final = re.compile(r"\S+")
#: So many words after each are paired with it, in whatever order.
_NEAR: Final = 8
#: What stands between the words of a pair, and in no word.
PAIRED: Final = " "
_SHORTEST, _LONGEST_GRAM = 2, 5
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
    """How often each feature occurs: ``words`` and pairs of words, ``letters`` (n-grams within words), ``marks``."""

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
    pairs = (
        f"{a}{PAIRED}{b}" if a < b else f"{b}{PAIRED}{a}" for place, a in enumerate(words) for b in words[place + 1 : place + 1 + _NEAR]
    )
    letters: Counter[str] = Counter()
    for word, count in Counter(plain.split()).items():
        for gram in _grams(word[:_LONGEST_WORD]):
            letters[gram] += count
    marks = Counter(_marks(text))
    marks.update(f"region {region.kind}" for page in document.pages for region in page.regions if region.kind != "paragraph")
    return Features(Counter([*words, *pairs]), letters, marks)


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


@lru_cache(maxsize=65_536)
def _grams(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    longest = min(_LONGEST_GRAM, len(padded))
    return tuple(padded[at : at + size] for size in range(_SHORTEST, longest + 1) for at in range(len(padded) - size + 1))


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
