"""What a line of text looks like, as names of clues: forms of companies, words of streets, post codes, telephone numbers, dates, amounts.

These are lists of what is usual on business documents anywhere; a trained tagger weighs them by what its examples show.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_COMPANY: Final = _listed(
    "sdn bhd berhad ltd limited llc inc corp corporation plc gmbh ag kg ohg ug gbr co company enterprise enterprises trading "
    "holdings holding group sa sas sarl srl spa bv nv ab oy aps as pte pty llp lp kk sb s/b gesellschaft verein ev stiftung & "
    "marketing services service industries international"
)
_TRADE: Final = _listed(
    "restaurant restoran cafe bistro kitchen bakery bakeries confectionery hardware stationery store stores shop mart market "
    "supermarket hypermarket pharmacy farmasi clinic hotel book books electrical machinery motor auto workshop station food foods "
    "seafood kedai makan papan perniagaan pasaraya syarikat kopitiam corner house centre center electronic furniture fashion "
    "optical"
)
_STREET: Final = _listed(
    "jalan jln jin lorong lrg lebuh lebuhraya persiaran lot no taman tmn bandar bdr kampung kg pusat seksyen section sek kawasan "
    "perindustrian industrial block blok level floor flr tingkat ground unit suite street st road rd avenue ave lane drive "
    "boulevard blvd way square plaza mall tower wisma menara bangunan building park garden strasse straße str weg platz allee "
    "gasse rue via calle plein laan straat hausnummer postfach box off batu mukim desa medan bukit"
)
_PLACE: Final = _listed(
    "kuala lumpur kl selangor johor bahru penang pulau pinang perak melaka sabah sarawak kedah kelantan pahang perlis terengganu "
    "putrajaya labuan negeri sembilan malaysia singapore shah alam petaling jaya klang cheras germany deutschland berlin hamburg "
    "münchen köln frankfurt austria österreich wien switzerland schweiz zürich france paris nederland amsterdam uk london usa "
    "england darul ehsan"
)
_NOT_NAMES: Final = _listed(
    "invoice receipt bill tax cash cashier table date time tel phone fax email gst vat id reg no copy welcome thank you order qty "
    "item description price amount total page website www http customer member"
)

_PATTERNS: Final = {
    "phone": re.compile(r"\b(?:tel|phone|fax|hp|h/p|mobile|telefon|call)\b|\+?\d{2,3}[- ]?\d{3,4}[- ]?\d{4}\b", re.IGNORECASE),
    "tax-id": re.compile(r"\b(?:gst|vat|ust|sst|tax)\W{0,2}(?:reg|id|no|nr|idnr)|\b\d{12}\b", re.IGNORECASE),
    "register": re.compile(r"\(?\b[A-Z]{0,3}\d{4,9}\s?-?\s?[A-Z]\b\)?|\b(?:co|company|roc|reg)\W{0,3}(?:reg|no)\b", re.IGNORECASE),
    "postcode": re.compile(r"(?<![\d-])\d{4,6}(?![\d-])[\s,.]+[^\W\d_]{2,}|\b[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}\b"),
    "house": re.compile(r"^\W*(?:(?:lot|no|unit|suite|blk|block|ptd)\b[\s.:]*)?[A-Z]{0,2}-?\d+[A-Z]?\b", re.IGNORECASE),
    "date": re.compile(r"\b\d{1,4}[./-](?:\d{1,2}|[A-Z]{3})[./-]\d{2,4}\b", re.IGNORECASE),
    "time": re.compile(r"\b\d{1,2}:\d{2}\b"),
    "amount": re.compile(r"\d[.,]\d{2}(?!\d)"),
    "web": re.compile(r"@|www\.|https?:|\.com\b", re.IGNORECASE),
    "colon": re.compile(r":"),
    "brackets": re.compile(r"^\W*\(.*\)\W*$"),
    "comma-end": re.compile(r",\s*$"),
    "point-end": re.compile(r"\.\s*$"),
}
_SIGNS: Final = re.compile(r"[\W_]+")
_WORD: Final = re.compile(r"[^\W_](?:[^\W_]|[/'](?=\w))*|&")
_LEXICONS: Final = {"company": _COMPANY, "trade": _TRADE, "street": _STREET, "place": _PLACE, "not-name": _NOT_NAMES}

#: The names of all clues, in the order in which `flags` gives them.
NAMES: Final = (*_PATTERNS, *_LEXICONS, "no-letters", "no-digits")


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The words of ``text`` as they are compared: case folded, every digit a ``0``."""
    return tuple(re.sub(r"\d", "0", match[0].casefold()) for match in _WORD.finditer(text))


@lru_cache(maxsize=4096)
def flags(text: str) -> tuple[float, ...]:
    """For each of `NAMES`, 1 or the number of words (at most 3) that are in the list, and 0 where there is none."""
    found = words(text)
    patterns = [float(pattern.search(text) is not None) for pattern in _PATTERNS.values()]
    lexicons = [float(min(3, sum(word in lexicon for word in found))) for lexicon in _LEXICONS.values()]
    return (*patterns, *lexicons, float(not any(char.isalpha() for char in text)), float(not any(char.isdigit() for char in text)))


@lru_cache(maxsize=4096)
def clues(text: str) -> tuple[str, ...]:
    """The names of the clues that ``text`` has."""
    return tuple(name for name, flag in zip(NAMES, flags(text), strict=True) if flag)


def plain(text: str) -> str:
    """Letters and digits of ``text`` in upper case: what two printings of one text have in common."""
    return _SIGNS.sub("", text.upper())
