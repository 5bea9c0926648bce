"""Where the pages of a PDF say something else than the e-invoice inside: such a value becomes a conflict."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from aios_sdk import Field, PageText, Span, Words

#: What is printed before the values, in German and English; the whole label, for "total" alone may be that of a page or a rate.
_LABELS: Final[Mapping[str, str]] = {
    "number": r"rechnungs?[- ]?(?:nummer|nr\.?|no\.?)|gutschrifts?(?:nummer|[- ]nr\.?)|(?:invoice|credit note) (?:number|no\.?|#)",
    "date": r"rechnungsdatum|ausstellungsdatum|(?:invoice|issue) date|date of issue",
    "net": r"(?:gesamt)?netto(?:betrag|summe)?|(?:gesamtbetrag|rechnungssumme|summe) (?:netto|ohne (?:ust|mwst|umsatzsteuer)\.?)"
    r"|net (?:total|amount)|total (?:net|excl(?:uding|\.)? (?:vat|tax))",
    "total": r"gesamt(?:betrag|summe)(?: brutto)?|rechnungs(?:end)?betrag|brutto(?:betrag|summe)|end(?:betrag|summe)"
    r"|(?:grand|invoice) total|total (?:amount|gross|incl(?:uding|\.)? (?:vat|tax))",
    "due": r"zahlbetrag|zu zahlen(?:der betrag)?|(?:fälliger|offener) betrag|(?:amount|total) (?:due|payable)|balance due",
}
_AMOUNT: Final = re.compile(r"[-−–]?\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})*[.,]\d{2}(?!\d)|[-−–]?\d+[.,]\d{2}(?!\d)")
_DATES: Final = ((re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})"), (3, 2, 1)), (re.compile(r"(\d{4})-(\d{2})-(\d{2})"), (1, 2, 3)))
_TOKEN: Final = re.compile(r"(?=\S*\d)[\w./-]*\w")
_BETWEEN: Final = r"\s*(?:\(?(?:in )?(?:eur|usd|gbp|chf|€|\$|£)\)?)?\s*:?\s*(?:eur|usd|gbp|chf|€|\$|£)?\s*"
_BEHIND: Final = re.compile(r"\s*(?:eur|usd|gbp|chf|€|\$|£)?\s*", re.IGNORECASE)
_IBAN: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])")
#: Amounts that a printed sum may be as well; what is one of them contradicts nothing.
_SUMS: Final = frozenset({"lines_total", "allowance_total", "charge_total", "net", "tax", "total", "paid", "rounding", "due"})


def contradictions(fields: Sequence[Field], pages: Sequence[tuple[PageText, Words]]) -> Iterator[Field]:
    """For each value of an invoice that its pages print otherwise beside a label that says nothing else: the printed value.

    Number, date, net, total and due are compared, and accounts by all that are printed. A printed sum that is another sum of the invoice,
    and a value that is printed somewhere as the invoice has it, contradict nothing: labels differ more than values.
    """
    known: dict[str, list[Field]] = {}
    for field in fields:
        known.setdefault(field.path, []).append(field)
    sums = {field.value for field in fields if field.path in _SUMS}
    for path, label in _LABELS.items():
        if path not in known:
            continue
        values = {field.value for field in known[path]}
        printed = list(_printed(path, label, pages))
        if not any(value in values or (isinstance(value, Decimal) and {value, -value} & sums) for value, _ in printed):
            for value, span in printed:
                yield Field(path=path, value=value, currency=known[path][0].currency, spans=(span,))
    yield from _accounts(known.get("iban", ()), pages)


def _printed(path: str, label: str, pages: Sequence[tuple[PageText, Words]]) -> Iterator[tuple[str | Decimal | dt.date, Span]]:
    pattern = re.compile(rf"(?:^|[\t\n]|  )[ ]*(?:{label}){_BETWEEN}", re.IGNORECASE | re.MULTILINE)
    for text, words in pages:
        for match in pattern.finditer(text.content):
            end = text.content.find("\n", match.end())
            end = len(text.content) if end < 0 else end
            if (found := _value(path, text.content, match.end(), end)) is not None:
                value, start, stop = found
                yield value, _span(text, words, start, stop)


def _value(path: str, content: str, start: int, end: int) -> tuple[str | Decimal | dt.date, int, int] | None:
    if path in _SUMS:
        amount = _AMOUNT.match(content, start, end)
        if amount is None or not _BEHIND.fullmatch(content, amount.end(), end):
            return None
        return _decimal(amount[0]), amount.start(), amount.end()
    if path == "number":
        token = _TOKEN.match(content, start, end)
        return (token[0], token.start(), token.end()) if token else None
    for pattern, order in _DATES:
        if match := pattern.match(content, start, end):
            try:
                return dt.date(*(int(match[group]) for group in order)), match.start(), match.end()
            except ValueError:
                return None
    return None


def _decimal(printed: str) -> Decimal:
    digits = re.sub(r"\D", "", printed)
    return Decimal(f"{'-' if not printed[0].isdigit() else ''}{digits[:-2]}.{digits[-2:]}")


def _accounts(known: Sequence[Field], pages: Sequence[tuple[PageText, Words]]) -> Iterator[Field]:
    """The accounts that are printed, if the invoice names others and none of these."""
    values = {str(field.value).replace(" ", "") for field in known}
    found: dict[str, Span] = {}
    for text, words in pages if values else ():
        for match in _IBAN.finditer(text.content):
            account = match[0].replace(" ", "")
            if _is_iban(account):
                found.setdefault(account, _span(text, words, *match.span()))
    if not values & found.keys():
        for account, span in found.items():
            yield Field(path="iban", value=account, spans=(span,))


def _is_iban(account: str) -> bool:
    """Whether the check digits are right (ISO 13616)."""
    return int("".join(str(int(char, 36)) for char in account[4:] + account[:4])) % 97 == 1


def _span(text: PageText, words: Words, start: int, end: int) -> Span:
    quote = text.content[start:end]
    return Span(artifact=text.artifact, page=text.page, start=start, end=end, box=words.covering(start, end), quote=quote)
