"""Where the labels of the wanted fields stand, and those of others, which end a value or are not meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ._layout import Row
from ._names import begins_with_form
from ._schema import Wanted
from ._vocabulary import CONCEPTS, LABEL_CONCEPTS, PARTIES
from ._words import Piece, pieces

#: A label has at most this many pieces, and at most so many words stand between its noun and ``No.``: "Rechnung des Versicherers (575) Nr."
_LONGEST, _WIDEST = 8, 3
_COMPOUND, _GAP = 0.95, 0.93
#: How surely a total "without VAT" is the net amount.
_NET: Final = 0.95
_HEAD: Final = "rechnung"
_BRACKETS: Final = re.compile(r"\([^()]*\)")
_LETTER: Final = re.compile(r"[^\W_]")
_STARTS_INSIDE: Final = re.compile(r"[\w/@.\-]")
_ENDS_INSIDE: Final = re.compile(r"[\w/@]|[-.][^\W\d]")
#: What is no label: the letters that a code begins with (PO-1001), and the answer "no".
_CODE: Final = re.compile(r"[A-Z]{1,4}[-/]\d")
_ANSWER: Final = re.compile(r"no\b(?![.:]\s*\S)(?!\s?[#:]?\s?[A-Z]{0,4}[-/]?\d)", re.IGNORECASE)

_TAX: Final = r"[\s,(]*(?:of\s+|der\s+)?(?:gst|vat|tax|mwst|ust|mehrwertsteuer|umsatzsteuer|tva|t\.v\.a|taxes?|btw|iva|i\.v\.a)\b\.?\)?"
_WITH: Final = (
    "incl|inkl|including|inclusive|inklusive|inclusief|inclus|incluido|incluida|inclusa|incluso|toutes|con|einschl|einschließlich"
)
_WITHOUT: Final = (
    "excl|exkl|excluding|exclusive|exklusive|exclusief|ohne|before|hors|sin|senza|excluido|esclusa|escluso|zzgl|zuzüglich|plus"
)
_WITH_TAX: Final = re.compile(rf"[\s,(/]*(?:(?:{_WITH})\b\.?{_TAX}|(?:iva|btw|tva)\s+(?:{_WITH})\b\.?\)?|\(?ttc\b\)?)", re.IGNORECASE)
_WITHOUT_TAX: Final = re.compile(
    rf"[\s,(/]*(?:(?:{_WITHOUT})\b\.?{_TAX}|(?:iva|btw|tva)\s+(?:{_WITHOUT})\b\.?\)?|\(?ht\b\)?|netto\b)", re.IGNORECASE
)


class Hit(NamedTuple):
    """A label at ``start`` to ``end`` of a row's text, ``inside`` brackets or not.

    ``fields`` are the wanted fields that it may name, with a weight each; none when it names something else. ``key`` is how it is compared,
    ``opens`` the section that begins with it.
    """

    row: Row
    start: int
    end: int
    inside: bool
    fields: dict[int, float]
    key: str = ""
    opens: str = ""

    @property
    def is_alone(self) -> bool:
        """Whether it stands in a cell of its own, or a colon follows."""
        start, end = self.row.cell_at(self.start)
        rest = _BRACKETS.sub("", self.row.text[self.end : end]).strip()
        return rest.startswith(":") or not (_LETTER.search(rest) or _LETTER.search(self.row.text[start : self.start]))

    @property
    def is_at_the_end(self) -> bool:
        """Whether words stand before it in its cell, and nothing after it: "12 High Street" is no label, nor what goes before one."""
        start, end = self.row.cell_at(self.start)
        rest = _BRACKETS.sub("", self.row.text[self.end : end])
        return bool(_LETTER.search(self.row.text[start : self.start])) and not (_LETTER.search(rest) or ":" in rest)

    @property
    def is_boundary(self) -> bool:
        """Whether a value before it ends here: it names something for certain, or a colon follows."""
        return not self.fields or max(self.fields.values()) > 0.9 or self.row.text[self.end : self.end + 2].lstrip().startswith(":")


class Labels:
    """All labels of a schema and of the vocabulary, ready to be looked up."""

    def __init__(self, schema: Sequence[Wanted]) -> None:
        self._by_key: dict[str, dict[int, float]] = {key: {} for concept in CONCEPTS for key in concept.label_keys()}
        for number, field in enumerate(schema):
            for key, weight in field.labels.items() if not field.listed else ():
                self._by_key.setdefault(key, {})[number] = weight
        parties = [concept for concept in CONCEPTS if concept.name in PARTIES]
        self._heads = {key: concept.name for concept in parties for key in (*concept.label_keys(), *concept.weak_keys())}
        self._heads |= {key: field.section for field in schema if field.section for key in field.heads}
        for key in self._heads:
            self._by_key.setdefault(key, {})
        self._weak_heads = frozenset(key for concept in parties for key in concept.weak_keys()) - frozenset(
            key for concept in CONCEPTS for key in concept.label_keys()
        )
        self._net = frozenset(number for number, field in enumerate(schema) if field.concept == "net" and not field.listed)
        self._prefixes = {key[:length] for key in self._by_key for length in range(1, len(key) + 1)}

    def hits(self, row: Row) -> list[Hit]:
        """The labels in ``row`` from left to right; of overlapping ones the longest."""
        found: list[Hit] = []
        parts = _with_depth(row.text)
        for number, (piece, _) in enumerate(parts):
            if _STARTS_INSIDE.match(row.text[max(0, piece.start - 1) : piece.start]):
                continue
            hit = self._longest(row, parts[number : number + _LONGEST + _WIDEST])
            if hit is None or (found and hit.end <= found[-1].end):
                continue
            if _CODE.match(row.text, hit.start) or (hit.key == "nr" and _is_no_number(hit, found)):
                continue
            if found and hit.is_at_the_end and _is_within_a_value(hit, found[-1]):
                continue
            if hit.key in self._heads:
                if hit.is_alone:
                    hit = hit._replace(opens=self._heads[hit.key])
                elif hit.key in self._weak_heads or begins_with_form(row.text[hit.end :]):
                    continue  # "Company ABC", "Lieferant GmbH": a part of a name
            found.append(hit)
        return found

    def _longest(self, row: Row, parts: Sequence[tuple[Piece, bool]]) -> Hit | None:
        best = self._from(row, parts, "", 1.0)
        first, inside = parts[0]
        if first.key.endswith(_HEAD) and first.key != _HEAD:
            shortened = [(first._replace(key=_HEAD), inside), *parts[1:]]
            compound = self._from(row, shortened, "", _COMPOUND)
            if compound is not None and (best is None or compound.end > best.end):
                return compound
        return best

    def _from(self, row: Row, parts: Sequence[tuple[Piece, bool]], key: str, weight: float) -> Hit | None:
        _, cell_end = row.cell_at(parts[0][0].start)
        best: Hit | None = None
        inside = parts[0][1]
        for number, (piece, is_inside) in enumerate(parts):
            if piece.start >= cell_end:
                break
            if number and is_inside and not inside and key + piece.key not in self._prefixes:
                continue
            key += piece.key
            if key not in self._prefixes:
                break
            if key in self._by_key and not _ENDS_INSIDE.match(row.text, piece.end):
                best = self._hit(row, parts, piece.end, key, weight)
            if f"{key}nr" in self._by_key:
                distant = self._distant_number(row, parts[number + 1 :], cell_end)
                if distant is not None:
                    end, words = distant
                    best = self._hit(row, parts, end, f"{key}nr", weight * _GAP**words)
        return best

    def _distant_number(self, row: Row, parts: Sequence[tuple[Piece, bool]], cell_end: int) -> tuple[int, int] | None:
        words = 0
        between: list[str] = []
        for piece, is_inside in parts:
            if piece.start >= cell_end or words > _WIDEST:
                return None
            if is_inside:
                continue
            if piece.key == "nr":
                if any(f"{''.join(between[first:])}nr" in self._by_key for first in range(len(between))):
                    return None  # the number of a thing that stands between: "a claim under my policy no."
                return (piece.end, words) if not _ENDS_INSIDE.match(row.text, piece.end) else None
            if any(char.isdigit() for char in piece.key):
                return None
            between.append(piece.key)
            words += 1
        return None

    def _hit(self, row: Row, parts: Sequence[tuple[Piece, bool]], end: int, key: str, factor: float) -> Hit:
        piece, inside = parts[0]
        without_tax = _WITHOUT_TAX.match(row.text, end)
        if without_tax and (not self._net or self._net & set(self._by_key[key]) or LABEL_CONCEPTS.get(key) in ("total", "due", "net")):
            return Hit(row, piece.start, without_tax.end(), inside, dict.fromkeys(sorted(self._net), _NET * factor), key)
        with_tax = _WITH_TAX.match(row.text, end)
        end = with_tax.end() if with_tax else end
        return Hit(row, piece.start, end, inside, {number: weight * factor for number, weight in self._by_key[key].items()}, key)


def _is_within_a_value(hit: Hit, before: Hit) -> bool:
    """Whether words stand between it and the label before it in its cell, which has a colon: "Street: 12 High Street"."""
    between = hit.row.text[before.end : hit.start]
    return "\t" not in between and between.lstrip().startswith(":") and bool(_LETTER.search(between))


def _is_no_number(hit: Hit, before: Sequence[Hit]) -> bool:
    """Whether ``No`` is an answer, or belongs to the label before it: "Policy number: No. 4711"."""
    follows = bool(before) and not _LETTER.search(hit.row.text[before[-1].end : hit.start])
    return follows or bool(_ANSWER.match(hit.row.text, hit.start))


def _with_depth(text: str) -> list[tuple[Piece, bool]]:
    found, depth, position = [], 0, 0
    for piece in pieces(text):
        between = text[position : piece.start]
        depth = max(0, depth + between.count("(") - between.count(")"))
        found.append((piece, depth > 0))
        position = piece.end
    return found
