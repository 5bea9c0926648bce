"""Finds where on its pages an invoice prints the values that its XML gives."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from aios_sdk import Box, Field, PageText, Span, Words

#: Invoices are short; on more pages than this the values are not looked for.
MAX_PAGES: Final = 100

_MONTHS: Final = (
    "januar|january|jan", "februar|february|feb", "märz|march|mar|mrz", "april|apr", "mai|may", "juni|june|jun", "juli|july|jul",
    "august|aug", "september|sept|sep", "oktober|october|okt|oct", "november|nov", "dezember|december|dez|dec",
)  # fmt: skip
#: What stands left of a value or above it, in German and English. Where the same value is printed twice this tells the places apart.
_LABELS: Final[Mapping[str, str]] = {
    "number": r"rechnung|gutschrift|beleg|invoice|credit|\bnr\b|number|\bno\b",
    "date": r"datum|\bdate\b|\bvom\b|ausgestellt|issued",
    "due_date": r"fällig|zahlbar|zahlungsziel|\bbis\b|\bdue\b|payable|pay by",
    "period.start": r"zeitraum|\bvon\b|period|from",
    "period.end": r"zeitraum|\bbis\b|period|\bto\b",
    "delivery_date": r"liefer|leistung|deliver|supply|service date",
    "net": r"netto|ohne|zwischensumme|basis|\bnet\b|subtotal|excl|before tax",
    "tax": r"steuer|mwst|\bust\b|\bvat\b|\btax\b",
    "total": r"brutto|gesamt|rechnungsbetrag|endbetrag|inkl|\btotal\b|gross|incl",
    "order_reference": r"bestell|auftrag|order",
    "contract_reference": r"vertrag|contract",
    "preceding_invoice": r"rechnung|invoice",
    "payment_reference": r"verwendungszweck|referenz|reference",
    "lines_total": r"position|summe|subtotal|lines",
    "allowance_total": r"abschl|rabatt|nachl|allowance|discount",
    "charge_total": r"zuschl|charge",
    "rounding": r"rundung|rounding",
    "paid": r"anzahlung|gezahlt|bezahlt|paid|deposit",
    "due": r"zahlbetrag|zu zahlen|fällig|offen|restbetrag|\bdue\b|payable|balance|outstanding",
}
#: Codes of the standard are not printed as such; a match would be chance.
_NEVER: Final = frozenset({"document_type", "type_code", "payment_means", "seller.country", "buyer.country"})
#: Without a label the same date or sum may stand for something else.
_LABEL_NEEDED: Final = frozenset({
    "due_date", "delivery_date", "period.start", "period.end", "paid", "order_reference", "contract_reference", "preceding_invoice",
    "payment_reference", "lines_total", "allowance_total", "charge_total", "rounding",
})  # fmt: skip
#: Of what may come several times only lines are looked for, each in the row of its description.
_GROUP: Final = re.compile(r"\w+\[\d+\]")
_LINE: Final = re.compile(r"lines\[(\d+)\]\.(\w+)")
_SPACED: Final = frozenset({"iban", "seller.vat_id"})


class _Place(NamedTuple):
    page: int
    start: int
    end: int
    box: Box

    @property
    def height(self) -> float:
        return self.box.y1 - self.box.y0

    @property
    def middle(self) -> float:
        return (self.box.y0 + self.box.y1) / 2


class PrintedPages:
    """The text of a document's pages, to look for printed values in."""

    def __init__(self, pages: Sequence[tuple[PageText, Words]]) -> None:
        self._pages: Final = [_Page(text, words) for text, words in pages[:MAX_PAGES]] if len(pages) <= MAX_PAGES else []
        self._lower: Final = "\n".join(page.text.content for page in self._pages).lower()
        self._digits: Final = re.sub(r"\D", "", self._lower)

    def places(self, fields: Sequence[Field]) -> list[Span | None]:
        """For each of an invoice's fields the place where its value is printed, with its box; None where it is not found or not certain.

        Values of a line are looked for only in the row in which its description is printed.
        """
        found: list[_Place | None] = [None if _GROUP.match(field.path) else self._header(field) for field in fields]
        for index, place in self._lines(fields):
            found[index] = place
        return [self._span(place) for place in found]

    def _header(self, field: Field) -> _Place | None:
        if field.path in _NEVER:
            return None
        places = [place for pattern in self._patterns(field) for place in self._matches(pattern)]
        label = _LABELS.get(field.path)
        labelled = [place for place in places if label and re.search(label, self._pages[place.page].label_of(place))]
        if not labelled and (field.path in _LABEL_NEEDED or not field.value):
            return None
        best = labelled or places
        # Sums stand at the end; everything else is first said where it belongs.
        return None if not best else best[-1] if field.type == "decimal" else best[0]

    def _lines(self, fields: Sequence[Field]) -> Iterator[tuple[int, _Place]]:
        rows: dict[str, dict[str, int]] = {}
        for index, field in enumerate(fields):
            if match := _LINE.fullmatch(field.path):
                rows.setdefault(match[1], {})[match[2]] = index
        anchors: list[tuple[dict[str, int], _Place]] = []
        at = (0, 0)
        for row in rows.values():
            place = self._after(fields[row["description"]], at) if "description" in row else None
            if place is not None:
                anchors.append((row, place))
                at = (place.page, place.end)
        for number, (row, place) in enumerate(anchors):
            yield row["description"], place
            after = anchors[number + 1][1] if number + 1 < len(anchors) else None
            yield from self._row(fields, row, place, after.start if after and after.page == place.page else None)

    def _after(self, field: Field, at: tuple[int, int]) -> _Place | None:
        return next(
            (place for pattern in self._patterns(field) for place in self._matches(pattern) if (place.page, place.start) >= at), None
        )

    def _row(self, fields: Sequence[Field], row: Mapping[str, int], anchor: _Place, end: int | None) -> Iterator[tuple[int, _Place]]:
        """The total is the rightmost of the places that fit; what is left may be the price, and then the quantity."""
        taken: set[_Place] = set()
        for name in ("total", "unit_price", "quantity"):
            if name in row:
                places = [place for place in self._beside(fields[row[name]], anchor, end) if place not in taken]
                level = [place for place in places if abs(place.middle - anchor.middle) <= anchor.height / 2]
                best = max(places, key=lambda place: place.box.x1, default=None) if name == "total" else next(iter(level or places), None)
                if best is not None and (name != "quantity" or len(level or places) == 1):
                    taken.add(best)
                    yield row[name], best

    def _beside(self, field: Field, anchor: _Place, end: int | None) -> list[_Place]:
        page = self._pages[anchor.page]
        places = [
            place
            for pattern in self._patterns(field)
            for place in page.matches(anchor.page, pattern, anchor.end, end)
            if abs(place.middle - anchor.middle) <= 2 * anchor.height and not page.is_percentage(place)
        ]
        # A sum of money is rarely printed without a fraction where others have one.
        exact = [place for place in places if re.search(r"[.,]", page.text.content[place.start : place.end])]
        return exact if exact and not field.path.endswith(".quantity") else places

    def _patterns(self, field: Field) -> Iterator[re.Pattern[str]]:
        """How the value may be printed, the likeliest form first; none where it cannot be, for patterns take longer to make than to use."""
        value = field.value
        if isinstance(value, Decimal):
            whole, _, fraction = f"{abs(value):f}".partition(".")
            possible = whole.lstrip("0") + fraction.rstrip("0") in self._digits
        elif isinstance(value, str):
            possible = value[: 2 if field.path in _SPACED else 4].split()[0].lower() in self._lower
        else:
            possible = str(value.year % 100) in self._digits
        return _patterns(field) if possible else iter(())

    def _matches(self, pattern: re.Pattern[str]) -> Iterator[_Place]:
        for number, page in enumerate(self._pages):
            yield from page.matches(number, pattern)

    def _span(self, place: _Place | None) -> Span | None:
        if place is None:
            return None
        text = self._pages[place.page].text
        return Span(
            artifact=text.artifact,
            page=text.page,
            start=place.start,
            end=place.end,
            box=place.box,
            quote=text.content[place.start : place.end],
        )


class _Page:
    """One page: its text, and its words as objects."""

    def __init__(self, text: PageText, words: Words) -> None:
        self.text: Final = text
        self._words: Final = list(words.iterate(text))
        self._ends: Final = [word.end for word in self._words]

    def matches(self, number: int, pattern: re.Pattern[str], start: int = 0, end: int | None = None) -> Iterator[_Place]:
        """The places from ``start`` to ``end`` that fit ``pattern`` and have words with a box."""
        for match in pattern.finditer(self.text.content, start, len(self.text.content) if end is None else end):
            box = self._box(*match.span())
            if box is not None:
                yield _Place(number, *match.span(), box)

    def label_of(self, place: _Place) -> str:
        """The words left of a place on its line, and those right above it, in lower case."""
        box, height = place.box, place.height
        left = (word.text for word in self._words if word.box.x1 <= box.x0 and word.box.y0 < place.middle < word.box.y1 + height / 4)
        above = (
            word.text for word in self._words
            if word.box.y1 <= box.y0 + height / 4 and word.box.y1 >= box.y0 - 2.5 * height and word.box.x0 < box.x1 and word.box.x1 > box.x0
        )  # fmt: skip
        return " ".join([*left, "/", *above]).lower()

    def is_percentage(self, place: _Place) -> bool:
        """Whether a percent sign follows."""
        return self.text.content[place.end : place.end + 2].lstrip().startswith("%")

    def _box(self, start: int, end: int) -> Box | None:
        found: Box | None = None
        for word in self._words[bisect_left(self._ends, start + 1) :]:
            if word.start >= end:
                break
            found = word.box if found is None else found.union(word.box)
        return found


def _patterns(field: Field) -> Iterator[re.Pattern[str]]:
    """How the value may be printed, the likeliest form first."""
    if isinstance(field.value, dt.date):
        forms = _dates(field.value)
    elif isinstance(field.value, Decimal):
        forms = iter((_amount(field.value, field.path == "paid"),))
    else:
        spaced = field.path in _SPACED
        parts = field.value.replace(" ", "") if spaced else field.value.split()
        verbatim = (r"\s?" if spaced else r"\s+").join(map(re.escape, parts))
        forms = iter((rf"(?<!\w){verbatim}(?!\w)",))
    return (re.compile(form, re.IGNORECASE) for form in forms)


def _dates(value: dt.date) -> Iterator[str]:
    year, month, day = value.year, value.month, value.day
    name = _MONTHS[month - 1]
    start, end = r"(?<![\w./-])", r"(?![\w/-]|\.\d)"
    yield rf"{start}0?{day}\.\s?0?{month}\.\s?{year}{end}"
    yield rf"{start}{value.isoformat()}{end}"
    yield rf"{start}0?{day}(?:\.|st|nd|rd|th)?[\s-](?:{name})\.?,?[\s-]{year}{end}"
    yield rf"{start}(?:{name})\.?\s0?{day}(?:st|nd|rd|th)?,?\s{year}{end}"
    yield rf"{start}0?{day}[/-]0?{month}[/-]{year}{end}"
    yield rf"{start}0?{month}/0?{day}/{year}{end}"
    yield rf"{start}0?{day}\.0?{month}\.{year % 100:02d}{end}"


def _amount(value: Decimal, any_sign: bool) -> str:
    """Digits with or without marks between thousands, ``,`` or ``.`` before the fraction, and more zeros behind it.

    Three digits behind the mark would read as thousands, so they count as a fraction only if the value has three.
    """
    whole, _, fraction = f"{abs(value):f}".partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    groups = [whole[max(end - 3, 0) : end] for end in range(len(whole), 0, -3)][::-1]
    zeros = "|".join(f"0{{{more}}}" for more in range(0 if fraction else 1, 5) if len(fraction) + more != 3 or not more)
    printed = r"[.,'’ \u00a0\u2009\u202f]?".join(groups)
    printed += rf"[.,]{fraction}(?:{zeros})" if fraction else rf"(?:[.,](?:{zeros}|[-–—]))?"
    minus = "[-−–]"
    if any_sign or not value:
        sign = rf"(?<![\w.,])(?:{minus} ?)?"
    else:
        sign = rf"(?<![\w.,]){minus} ?" if value < 0 else rf"(?<![\w.,])(?<!{minus})(?<!{minus} )"
    return rf"{sign}{printed}(?!\d|[.,]\d)"
