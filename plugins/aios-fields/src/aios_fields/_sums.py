"""What the amounts of an invoice tell about each other: net and tax make the total."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Final, Protocol, TypeVar

from ._schema import Wanted


class Scored(Protocol):
    """A candidate, as far as sums look at it."""

    @property
    def value(self) -> object:
        """What was read."""

    @property
    def score(self) -> float:
        """How much speaks for it (0..1)."""


T = TypeVar("T", bound=Scored)

#: Tax is no larger a share of the net amount than this (the highest rate of value added tax is 27%, in Hungary).
_HIGHEST_RATE: Final = Decimal("0.35")
#: What rounding line by line may make of the sum.
_ROUNDING: Final = Decimal("0.02")
#: So many candidates of each are looked at, and three that agree are taken though less speaks for them alone, down to this share of what
#: speaks for the best of each.
_CANDIDATES, _SHARE = 6, 0.1
#: How much of the doubt is left where three amounts agree (and where that says little, because there is no tax), and of the score where
#: they contradict each other.
_AGREED, _TRIVIAL, _CONTRADICTED = 0.15, 0.4, 0.7
#: A third amount that only arithmetic names is looked for where the two others have at least this score; it has this much of the lower one.
_SURE, _IMPLIED = 0.5, 0.7

_PARTS: Final = ("net", "tax", "total")


def settled(
    schema: Sequence[Wanted], ranked: Mapping[int, Sequence[T]], printed: Callable[[Decimal], T | None], rescored: Callable[[T, float], T]
) -> dict[int, list[T]]:
    """The candidates of each field, best first, after net, tax and total were held against each other.

    ``printed`` gives a place where an amount stands that no label names, ``rescored`` a candidate with another score.
    """
    found = {number: list(candidates) for number, candidates in ranked.items()}
    for trio in _trios(schema):
        candidates = [found[number] for number in trio]
        chosen = _agreeing(candidates)
        if chosen is None:
            chosen = _completed(candidates, printed, rescored)
        if chosen is None:
            if all(candidates) and all(each[0].score >= _SURE for each in candidates):
                for number in trio:  # with the next best, which is no surer for it
                    found[number] = [rescored(one, one.score * _CONTRADICTED) for one in found[number]]
            continue
        doubt = _AGREED if chosen[1].value else _TRIVIAL
        for number, one in zip(trio, chosen, strict=True):
            others = [other for other in found[number] if other.value != one.value]
            certain = rescored(one, 1 - (1 - one.score) * doubt)
            limit = certain.score * (1 - 1e-6)
            found[number] = [certain, *(other if other.score < limit else rescored(other, limit * one.score) for other in others)]
    return found


def agreeing(schema: Sequence[Wanted], ranked: Mapping[int, Sequence[Scored]]) -> Iterable[tuple[int, int, int]]:
    """The numbers of net, tax and total, for each model whose best candidates agree."""
    for trio in _trios(schema):
        if all(ranked[number] for number in trio) and _agree(*(ranked[number][0].value for number in trio)):
            yield trio


def _trios(schema: Sequence[Wanted]) -> Iterable[tuple[int, int, int]]:
    groups: dict[str, dict[str, int]] = {}
    for number, wanted in enumerate(schema):
        if wanted.type == "decimal" and wanted.concept in _PARTS and not wanted.listed:
            groups.setdefault(wanted.path.rpartition(".")[0], {}).setdefault(wanted.concept, number)
    for group in groups.values():
        if len(group) == len(_PARTS):
            yield group["net"], group["tax"], group["total"]


def _agreeing(candidates: Sequence[Sequence[T]]) -> tuple[T, T, T] | None:
    """The best three that agree, if not much more speaks for three others."""
    if not all(candidates):
        return None
    best: tuple[T, T, T] | None = None
    for net, tax, total in product(*(each[:_CANDIDATES] for each in candidates)):
        if _agree(net.value, tax.value, total.value) and (best is None or _product((net, tax, total)) > _product(best) + 1e-9):
            best = (net, tax, total)
    return best if best and _product(best) >= _SHARE * _product([each[0] for each in candidates]) else None


def _completed(
    candidates: Sequence[Sequence[T]], printed: Callable[[Decimal], T | None], rescored: Callable[[T, float], T]
) -> tuple[T, T, T] | None:
    """Three of which no label names one, or one only with little weight: what the two others ask for, if it is printed."""
    options = []
    for missing in range(len(_PARTS)):
        others = [each[0] for number, each in enumerate(candidates) if number != missing and each]
        if len(others) < len(_PARTS) - 1 or min(one.score for one in others) < _SURE:
            continue
        first, second = (Decimal(str(one.value)) for one in others)
        value = second - first if missing < len(_PARTS) - 1 else first + second
        weakest = min(one.score for one in others)
        if candidates[missing] and candidates[missing][0].score >= _SURE * weakest:
            continue
        place = printed(value) if value else None
        if place is not None:
            amounts = [*others[:missing], rescored(place, _IMPLIED * weakest), *others[missing:]]
            if _agree(*(one.value for one in amounts)):
                options.append((amounts[0], amounts[1], amounts[2]))
    return max(options, key=_product, default=None)


def _agree(net: object, tax: object, total: object) -> bool:
    if not (isinstance(net, Decimal) and isinstance(tax, Decimal) and isinstance(total, Decimal)):
        return False
    return abs(net + tax - total) <= _ROUNDING and net * tax >= 0 and abs(tax) <= _HIGHEST_RATE * abs(net) and bool(total)


def _product(trio: Sequence[Scored]) -> float:
    result = 1.0
    for one in trio:
        result *= one.score
    return result
