"""What of a page tells whether it begins a document: its size and layout, its number, its first and last lines, its words."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from aios_sdk import Page, Words

#: Code points of a page that count, and lines from its beginning and its end that are taken for its head and its foot.
_LONGEST: Final = 20_000
_EDGE: Final = 4
_OPENING: Final = 20
_CLOSING: Final = 14
_BINS: Final = 40

_PAGE: Final = r"(?:page|pages|pg|seite|blatt|p[áa]gina|pagina|strona|sida|side|p|s)\b\.?\s*:?\s*"
_OF: Final = r"\s*(?:/|of|out of|von|de|di|van|sur|av|af|z)\s*"
_NUMBER_OF: Final = re.compile(rf"{_PAGE}(\d{{1,4}}){_OF}(\d{{1,4}})\b", re.IGNORECASE)
_NUMBER: Final = re.compile(rf"^\W*{_PAGE}(\d{{1,4}})\W*$", re.IGNORECASE)
_BARE_OF: Final = re.compile(rf"^\W*(\d{{1,3}}){_OF}(\d{{1,3}})\W*$", re.IGNORECASE)
_BARE: Final = re.compile(r"^[\s\-–—|(\[]*(\d{1,3})[\s\-–—|)\]]*$")
_NUMBER_LINE: Final = 60

_SALUTATION: Final = re.compile(
    r"^\W*(?:dear|to whom|hello|hi|sehr geehrte|liebe|hallo|guten tag|estimad|cher|chère|madame|monsieur|gentile|egregi|geachte|beste)\b",
    re.IGNORECASE,
)
_MAIL: Final = re.compile(
    r"^\W*(?:from|to|subject|sent|von|an|betreff|gesendet|de|objet|asunto|oggetto|reply-to|message-id)\s*:", re.IGNORECASE
)
_TITLE: Final = re.compile(
    r"\b(?:invoice|receipt|bill|statement|contract|agreement|application|report|offer|quot(?:e|ation)|order|delivery note|memo(?:randum)?|"
    r"certificate|abstract|reminder|form|policy|notice|claim|minutes|resume|questionnaire|licen[cs]e|letter|payslip|pay ?stub|cheque|check|"
    r"rechnung|gutschrift|quittung|beleg|vertrag|antrag|kontoauszug|bericht|angebot|bestellung|auftragsbest\w+|lieferschein|mahnung|"
    r"bescheinigung|bescheid|formular|protokoll|abrechnung|kündigung|factura|contrato|recibo|facture|contrat|devis|reçu|fattura|contratto|"
    r"ricevuta|factuur|overeenkomst)\b",
    re.IGNORECASE,
)
_TITLE_LINE: Final = 48
_DATE: Final = re.compile(
    r"\b(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}|\d{1,2}\.? [A-Za-zäéû]{3,9}\.?,? \d{4}|"
    r"[A-Z][a-z]{2,8} \d{1,2},? \d{4})\b"
)
_CLOSE: Final = re.compile(
    r"\b(?:sincerely|regards|faithfully|respectfully|signature|signed|enclosures?|thank you|mit freundlichen|hochachtungsvoll|viele grüße|"
    r"unterschrift|anlagen?|vielen dank|cordialement|salutations|atentamente|saludos|distinti saluti|cordiali saluti|met vriendelijke)\b",
    re.IGNORECASE,
)
_END: Final = re.compile(r"""[.!?:;]["'”’)\]]*$""")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_MARK: Final = re.compile(r"[\w/.-]{5,}")
_DIGIT: Final = re.compile(r"\d")


class Number(NamedTuple):
    """What number a page says it has, and how many there are; ``of`` is 0 where it does not say."""

    page: int
    of: int


class Look(NamedTuple):
    """What is seen of one page. ``fill`` is the share of its height that has lines, ``scale`` the height of its letters in points and
    ``left`` its left margin as a share of its width, both 0 where that is not known."""

    is_blank: bool
    width: float
    height: float
    number: Number | None
    head: frozenset[str]
    foot: frozenset[str]
    body: tuple[str, ...]
    words: dict[str, float]
    marks: frozenset[str]
    opens: tuple[frozenset[str], ...]
    closes: bool
    fill: float
    scale: float
    left: float


def look(page: Page) -> Look:
    """What is seen of ``page``."""
    text = page.text[:_LONGEST]
    lines = [line for line in (" ".join(line.split()) for line in text.splitlines()) if line]
    info = page.info
    words = Counter(word.casefold() for word in _WORD.findall(text))
    length = math.sqrt(sum(words.values())) or 1.0
    first, last = lines[:_OPENING], lines[-_CLOSING:]
    fill, scale, left = _layout(page.words, info.height, len(lines))
    return Look(
        is_blank=not lines,
        width=info.width,
        height=info.height,
        number=_number(lines),
        head=frozenset(_tokens(lines[:_EDGE])),
        foot=frozenset(_tokens(lines[-_EDGE:])),
        body=tuple(lines),
        words={word: math.sqrt(count) / length for word, count in words.items()},
        marks=frozenset(mark for line in first for mark in _MARK.findall(line) if len(_DIGIT.findall(mark)) >= 4),
        opens=tuple(frozenset(line.casefold() for line in first if opens(line)) for opens in _OPENS),
        closes=any(_CLOSE.search(line) for line in last),
        fill=fill,
        scale=scale,
        left=left,
    )


def _is_title(line: str) -> bool:
    return len(line) <= _TITLE_LINE and bool(_TITLE.search(line))


#: What lines say with which documents open: a salutation, the head of a mail, a title, a date.
_OPENS: Final[tuple[Callable[[str], object], ...]] = (_SALUTATION.match, _MAIL.match, _is_title, _DATE.search)


def _plain(lines: frozenset[str]) -> frozenset[str]:
    return frozenset(_DIGIT.sub("0", line) for line in lines)


def _tokens(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from _DIGIT.sub("0", line.casefold()).split()


def _number(lines: Sequence[str]) -> Number | None:
    """The page's own number: one with a total wins, and one at the edge of the page over others."""
    edge = [*reversed(lines[-_EDGE:]), *lines[:_EDGE]]
    for line in [*edge, *lines]:
        found = _NUMBER_OF.search(line) if len(line) <= _NUMBER_LINE else None
        found = found or (_BARE_OF.match(line) if line in edge else None)
        if found and 0 < int(found[1]) <= int(found[2]):
            return Number(int(found[1]), int(found[2]))
    for pattern, among in ((_NUMBER, edge), (_BARE, [*lines[-1:], *lines[:1]])):
        for line in among:
            found = pattern.match(line)
            if found and int(found[1]):
                return Number(int(found[1]), 0)
    return None


def _layout(words: Words | None, height: float, lines: int) -> tuple[float, float, float]:
    if words is None or not len(words):
        return min(1.0, lines / _BINS), 0.0, 0.0
    boxes = [words.box(index) for index in range(min(len(words), 2000))]
    rows = {int(_BINS * (box.y0 + box.y1) / 2) for box in boxes}
    middle = statistics.median(box.y1 - box.y0 for box in boxes)
    left = sorted(box.x0 for box in boxes)[len(boxes) // 20]
    return min(1.0, len(rows) / _BINS), middle * height, left


#: What is seen of a page beside the one before it, by name; each in 0..1.
BESIDE: Final = (
    "bias",
    "numbered first",
    "number goes on",
    "number does not go on",
    "the one before is the last",
    "the one before promises more",
    "another size",
    "same first line",
    "same head",
    "same foot",
    "same words",
    "same marks",
    "other marks",
    "salutation",
    "lines of a mail",
    "title",
    "title with another number",
    "date",
    "the one before closes",
    "the one before is short",
    "in the midst of a sentence",
    "another layout",
    "blank before",
)


def beside(page: Look, before: Look, *, blank_between: bool) -> tuple[float, ...]:
    """The values of `BESIDE` for ``page``, ``before`` being the last page before it that is not blank."""
    mine, theirs = page.number, before.number
    goes_on = (
        mine is not None and theirs is not None and mine.page == theirs.page + 1 and (not mine.of or not theirs.of or mine.of == theirs.of)
    )
    sized = min(page.width, page.height, before.width, before.height) > 0
    other_size = sized and (abs(page.width / before.width - 1) > 0.03 or abs(page.height / before.height - 1) > 0.03)
    # What the page before says as well is a running head.
    salutation, mail, title, date = (len(_plain(one) - _plain(other)) for one, other in zip(page.opens, before.opens, strict=True))
    titles, other_titles = page.opens[2], before.opens[2]
    renumbered = bool(_plain(titles) & _plain(other_titles)) and not titles & other_titles
    both = bool(page.marks and before.marks)
    same = _overlap(page.marks, before.marks)
    return tuple(
        map(
            float,
            (
                1,
                mine is not None and mine.page == 1,
                goes_on,
                mine is not None and theirs is not None and not goes_on,
                theirs is not None and theirs.page == theirs.of,
                theirs is not None and theirs.page < theirs.of,
                other_size,
                _overlap(frozenset(_tokens(page.body[:1])), frozenset(_tokens(before.body[:1]))) > 0.6,
                _overlap(page.head, before.head),
                _overlap(page.foot, before.foot),
                sum(weight * before.words.get(word, 0.0) for word, weight in page.words.items()),
                same,
                1 - same if both else 0.0,
                salutation > 0,
                mail > 1,
                title > 0,
                renumbered,
                date > 0,
                before.closes,
                1 - before.fill,
                _is_cut(page, before),
                _other_layout(page, before),
                blank_between,
            ),
        )
    )


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _is_cut(page: Look, before: Look) -> bool:
    """Whether a sentence seems to go on from one page to the other, headers, footers and numbers aside."""
    mine = [line for line in page.body[: 2 * _EDGE] if line not in before.body and any(map(str.isalpha, line))]
    theirs = [line for line in before.body[-2 * _EDGE :] if line not in page.body and sum(map(str.isalpha, line)) > 20]
    return bool(mine and theirs) and mine[0][0].islower() and not _END.search(theirs[-1])


def _other_layout(page: Look, before: Look) -> float:
    if not page.scale or not before.scale:
        return 0.0
    return min(1.0, 2 * abs(math.log(page.scale / before.scale)) + 5 * abs(page.left - before.left))
