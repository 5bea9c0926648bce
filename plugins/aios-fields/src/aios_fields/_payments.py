"""What the other amounts of a document tell about its total: tax that was added, change that was given, parts, and what coins allow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cached_property
from itertools import combinations
from typing import Final, TypeVar

from ._sums import Scored

T = TypeVar("T", bound=Scored)

_CENT: Final = Decimal("0.01")

#: Usual rates of taxes on sales.
_RATES: Final = tuple(map(Decimal, ("0.05", "0.06", "0.07", "0.08", "0.10", "0.19", "0.20", "0.21", "0.25")))

#: Where the smallest coin is of five cents, what is paid is rounded to it.
_COIN: Final = Decimal("0.05")
_CHANGE: Final = re.compile(
    r"(?i)\b(?:change|rückgeld|rueckgeld|wechselgeld|zurück|monnaie|rendu|wisselgeld|terug|cambio|vuelto|resto|baki|kembali)\b"
)
_ROUNDING: Final = re.compile(
    r"(?i)\b(?:round\w*|rnd|rundung\w*|gerundet|arrondi\w*|afronding|redondeo|arrotondamento|penggenapan|pelarasan)\b"
)

#: How much of the doubt is left where tax was added to another amount, where change was given, where two other totals are the parts, and
#: where another total is rounded to it.
_TAXED, _PAID, _OF_PARTS, _ROUNDED = 0.4, 0.4, 0.3, 0.4

#: How much of the score is left for nothing at all and for the tax on another total, and for a total that was rounded to another.
_NOTHING, _A_TAX, _UNROUNDED = 0.2, 0.2, 0.3

#: Of more amounts than this some agree by chance, and digits of an amount, beyond which it is a number of another kind.
_MOST, _MOST_TAXED, _DIGITS = 150, 12, 12


def is_taxed(gross: Decimal, net: Decimal) -> bool:
    """Whether ``gross`` is ``net`` with tax at a usual rate, to the cent."""
    return any(abs(net * (1 + rate) - gross) <= _CENT for rate in _RATES)


class Payment:
    """The amounts that are printed in a document, and whether it tells of change or of rounding."""

    def __init__(self, amounts: Iterable[Decimal], text: str) -> None:
        held = {amount for amount in amounts if _is_money(amount)}
        self._held: Final = frozenset(held if len(held) <= _MOST else ())
        self._gives_change: Final = bool(_CHANGE.search(text))
        self._wholes: Final[dict[Decimal, tuple[Decimal, ...]]] = {}
        self._rounds: Final = bool(_ROUNDING.search(text))

    def settled(self, candidates: Iterable[T], printed: Callable[[Decimal], T | None], rescored: Callable[[T, float], T]) -> list[T]:
        """The candidates of a total, best first, after they were held against what else was paid.

        ``printed`` gives a place where an amount stands that no label names, ``rescored`` a candidate with another score.
        """
        amounts = [(one, _amount(one)) for one in candidates]
        totals = {amount for _, amount in amounts if amount}
        return self._rounded(_ranked(rescored(one, self._score(one.score, amount, totals)) for one, amount in amounts), printed, rescored)

    def _score(self, score: float, amount: Decimal, totals: set[Decimal]) -> float:
        if not amount:
            return score * _NOTHING if totals else score
        if any(self._is_paid(net + amount) and is_taxed(net + amount, net) for net in totals if net > amount):
            return score * _A_TAX
        doubt = 1.0
        if self._rates_of(amount):
            doubt *= _TAXED
        elif any(whole > amount and amount in self._rates_of(whole) for whole in totals):
            return score
        elif any(self._is_taxed(amount, net) for net in self._held if net < amount):
            doubt *= _TAXED
        if self._gives_change and any(cash - amount in self._held for cash in self._held if cash > amount):
            doubt *= _PAID
        if any(amount - part in totals and amount not in (part, 2 * part) for part in totals):
            doubt *= _OF_PARTS
        return 1 - (1 - score) * doubt

    def _rates_of(self, whole: Decimal) -> tuple[Decimal, ...]:
        """The amounts, each with the tax at its own rate, that make ``whole``; none where a document does not print such a table."""
        if whole not in self._wholes:
            parts = [one for one in self._taxed if one < whole]
            found = (some for count in (2, 3) for some in combinations(parts, count) if abs(sum(some) - whole) <= _CENT)
            self._wholes[whole] = next(found, ())
        return self._wholes[whole]

    @cached_property
    def _taxed(self) -> tuple[Decimal, ...]:
        """The amounts beside which the net amount and the tax are printed."""
        found = [
            one for one in sorted(self._held) if any(one - net in self._held and is_taxed(one, net) for net in self._held if net < one)
        ]
        return tuple(found if len(found) <= _MOST_TAXED else ())

    def _is_taxed(self, amount: Decimal, net: Decimal) -> bool:
        """Whether the tax is printed that makes ``amount`` of ``net``, up to rounding to coins."""
        gross = [amount] if amount % _COIN else [amount + cents * _CENT for cents in range(-4, 5)]
        return any(one - net in self._held and is_taxed(one, net) for one in gross)

    def _is_paid(self, amount: Decimal) -> bool:
        return any(one in self._held for one in (amount, *_coins(amount)))

    def _rounded(self, found: list[T], printed: Callable[[Decimal], T | None], rescored: Callable[[T, float], T]) -> list[T]:
        """With what the best was rounded to in its place: another total, or an amount that no label names where rounding is told of."""
        exact = next(iter(found), None)
        if exact is None or not (amount := _amount(exact)) > 0 or not amount % _COIN:
            return found
        for coins in _coins(amount):
            named = next((one for one in found if one.value == coins), None)
            is_told = self._rounds or abs(amount - coins) in self._held
            paid = named or (printed(coins) if is_told and coins in self._held else None)
            if paid is not None:
                paid = rescored(paid, 1 - (1 - max(exact.score, named.score if named else 0.0)) * _ROUNDED)
                return _ranked([paid, rescored(exact, exact.score * _UNROUNDED), *(one for one in found[1:] if one is not named)])
        return found


def _is_money(amount: Decimal) -> bool:
    return amount > 0 and amount.adjusted() < _DIGITS


def _amount(one: Scored) -> Decimal:
    """What is held against other amounts: nothing for one that is too large to be reckoned with."""
    return one.value if isinstance(one.value, Decimal) and one.value.adjusted() < _DIGITS else Decimal(0)


def _coins(amount: Decimal) -> tuple[Decimal, Decimal]:
    """What ``amount`` may be rounded to."""
    below = amount // _COIN * _COIN
    return below, below + _COIN


def _ranked(found: Iterable[T]) -> list[T]:
    """Best first, of equally good ones the largest."""
    return sorted(found, key=lambda one: (-round(one.score, 6), -abs(_amount(one))))
