"""Splitting text into sentences by rule, in English and German."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Place(NamedTuple):
    """A sentence at code points ``start`` to ``end`` of a text."""

    start: int
    end: int


#: Abbreviations after which a point does not end the sentence, without their last point, in lower case; ...
_ABBREVIATIONS: Final = frozenset(
    re.findall(
        r"\S+",
        """
    a.m al approx bspw bzw ca cf co corp d.h dept dipl dr e.g ed eds est etc evtl exkl fr geb gem ggf hr i.a i.d.r i.e inc ing inkl jr
    lt ltd mind mio mr mrd mrs ms o.g p.m prof s.o s.u sog sr st str tel u.a u.k u.s u.u usw vgl vs z.b z.t z.zt zz zzgl
""",
    )
)
#: ... and those after which it does not when a number follows.
_BEFORE_NUMBERS: Final = frozenset(
    re.findall(
        r"\S+",
        """
    abs apr art aug bd dec eq feb fig figs jan jh jul jun mar max min no nos nov nr oct pp sep sept vol
""",
    )
)
_NAMED_DAY: Final = re.compile(
    r"\s+(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Jan|Feb|Mär|Apr|Jun|Jul|Aug|Sep|Okt|Nov|Dez)\b"
)
_END: Final = re.compile(r"(?:[.!?…]+|[。!?])[\"'”’»«)\]]*(?=\s|$)")
_BREAK: Final = re.compile(r"\n[ \t\r]*\n|\f")
_BULLET: Final = re.compile(r"[ \t]*(?:[-*•·▪◦–]|\(?\d{1,3}[.)]|\(?[a-z]\))[ \t]+")
_LABELLED: Final = re.compile(r"[ \t]*[^\W\d_a-zäöüß][^:\n]{1,40}:[ \t]+\S")
_LAST_WORD: Final = re.compile(r"(\S+)$")
_OPENING: Final = "\"'“„»«(["
_HEADING: Final = 60

#: So much of the text round a place is looked at, which keeps the time linear.
_AHEAD: Final = 120


def sentences(text: str) -> Iterator[Place]:
    """The sentences of ``text``, in order and without overlap; every character that is no white space belongs to one.

    A sentence ends at ``.``, ``!`` or ``?``, but not after an abbreviation, an initial, a number of a list or a day ("am 3. Mai"), or
    before a small letter. Empty lines end one too; lines that begin an item of a list, or look like a heading or like ``Label: value``
    stand alone. Example::

        [text[place.start:place.end] for place in sentences("Am 3. Mai, z. B. abends. Danach nicht.")]
    """
    start = 0
    for block in [*_BREAK.finditer(text), None]:
        end = block.start() if block else len(text)
        for first, last in _paragraph(text, start, end):
            place = _trimmed(text, first, last)
            if place is not None:
                yield place
        start = block.end() if block else end


def _paragraph(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for cut in sorted({*_line_cuts(text, start, end), *_point_cuts(text, start, end), end}):
        if cut > begin:
            yield begin, cut
            begin = cut


def _line_cuts(text: str, start: int, end: int) -> Iterator[int]:
    position = text.find("\n", start, end)
    before = start
    while position != -1:
        line, following = text[before:position].strip(), text[position + 1 : min(end, position + _AHEAD)]
        if _BULLET.match(following) or _LABELLED.match(following) or _is_heading(line, following):
            yield position + 1
        before = position + 1
        position = text.find("\n", before, end)


def _is_heading(line: str, following: str) -> bool:
    rest = following.lstrip()
    if not line or not rest or rest[0].islower():
        return False
    if _LABELLED.match(line):
        return True
    if len(line) > _HEADING or line[-1] in ".,;!?-":
        return False
    return line.endswith(":") or line.isupper() or all(word[:1].isupper() or not word[:1].isalpha() for word in line.split())


def _point_cuts(text: str, start: int, end: int) -> Iterator[int]:
    for match in _END.finditer(text, start, end):
        if match.end() < end and not _goes_on(text, match, start, end):
            yield match.end()


def _goes_on(text: str, match: re.Match[str], start: int, end: int) -> bool:
    following = text[match.end() : min(end, match.end() + _AHEAD)].lstrip().lstrip(_OPENING)
    if following[:1].islower():
        return True
    if match[0] != ".":
        return False
    before = text[max(start, match.start() - _AHEAD) : match.start()]
    found = _LAST_WORD.search(before)
    word = found[1].lstrip(_OPENING + "-") if found else ""
    if len(word) == 1 and word.isalpha():
        return True
    if word.isdigit():
        alone = not before.rpartition("\n")[2].strip(" \t(").removesuffix(word).strip()
        return alone or bool(_NAMED_DAY.match(text, match.end()))
    return word.casefold() in _ABBREVIATIONS or (following[:1].isdigit() and word.casefold() in _BEFORE_NUMBERS)


def _trimmed(text: str, start: int, end: int) -> Place | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Place(start, end) if start < end else None
