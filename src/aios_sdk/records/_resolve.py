"""Several readings of one value become one, or a conflict: the same rule in Python and in SQL."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Generic, Literal, TypeVar, final

import msgspec

from ._items import Field, Label, Value
from ._span import Span

Item = TypeVar("Item", Field, Label)


def normalised(field: Field) -> str:
    """The value as it is compared: numbers by value, text without regard to case and spacing, the rest as ISO text.

    SQL's ``fields.normalised`` holds the same string.
    """
    value: Value = field.value
    if isinstance(value, str):
        return "text:" + " ".join(value.split()).casefold()
    if isinstance(value, bool):
        return f"boolean:{field.text}"
    if isinstance(value, int | Decimal):
        # Decimal.normalize would round to the precision of the thread's context, and make long numbers equal that are not.
        whole, _, fraction = format(Decimal(value), "f").partition(".")
        fraction = fraction.rstrip("0")
        return f"number:{whole}{'.' if fraction else ''}{fraction}" if value else "number:0"
    return f"{field.type}:{field.text}"


class Resolved(msgspec.Struct, Generic[Item], frozen=True):
    """What the candidates for one path or taxonomy come to.

    ``agreed`` when all are equal, ``resolved`` when the pipeline's ``resolve`` order decided, ``conflict`` when nothing did:
    then ``chosen`` is None and there is no value. ``candidates`` are all readings, in the order of the steps.
    """

    name: str
    status: Literal["agreed", "resolved", "conflict"]
    chosen: Item | None
    candidates: tuple[Item, ...]

    @property
    def value(self) -> Value | None:
        """The value, or None in a conflict."""
        return None if self.chosen is None else (self.chosen.value or None if isinstance(self.chosen, Label) else self.chosen.value)

    @property
    def confidence(self) -> float | None:
        """The confidence of the chosen reading, 0..1, or None."""
        return None if self.chosen is None else self.chosen.confidence

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where the chosen reading stands."""
        return () if self.chosen is None else self.chosen.spans


@final
class Candidates(Generic[Item]):
    """The fields (by path) or labels (by taxonomy) of a document.

    ``candidates[name]`` gives the `Resolved` value and raises ``KeyError`` naming near names; ``all(name)`` gives every reading;
    iterating gives the names in the order they were first found. Example::

        document.fields["total"].value
        [field.step for field in document.fields.all("total")]
    """

    __slots__ = ("_by_name", "_items", "_order")

    def __init__(self, items: Sequence[Item], order: Sequence[str] = ()) -> None:
        self._items: tuple[Item, ...] = tuple(items)
        self._order = tuple(order)
        self._by_name: dict[str, list[Item]] = {}
        for item in self._items:
            self._by_name.setdefault(_name(item), []).append(item)

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Resolved[Item]:
        found = self.get(name)
        if found is None:
            near = difflib.get_close_matches(name, self._by_name, 3)
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; there are: {', '.join(self._by_name) or 'none'}"
            raise KeyError(f"nothing called {name!r} was found{hint}")
        return found

    def get(self, name: str) -> Resolved[Item] | None:
        """The resolved value, or None when no step found one."""
        candidates = self._by_name.get(name)
        return None if not candidates else resolve(name, candidates, self._order)

    def all(self, name: str | None = None) -> tuple[Item, ...]:
        """Every reading of ``name``, or of everything, in the order of the steps."""
        return self._items if name is None else tuple(self._by_name.get(name, ()))

    def resolved(self) -> Iterator[Resolved[Item]]:
        """The resolved value of every name."""
        return (resolve(name, items, self._order) for name, items in self._by_name.items())

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{found.name}: {found.value!r}" for found in self.resolved()) + "}"


def resolve(name: str, candidates: Sequence[Item], order: Sequence[str]) -> Resolved[Item]:
    """Equal values agree; of unequal ones those of the first step in ``order`` that has any count, if they agree; else a conflict."""
    if _agree(candidates):
        return Resolved(name, "agreed", _best(candidates), tuple(candidates))
    for step in order:
        favoured = [item for item in candidates if item.step == step]
        if favoured:
            if _agree(favoured):
                return Resolved(name, "resolved", _best(favoured), tuple(candidates))
            break
    return Resolved(name, "conflict", None, tuple(candidates))


def _agree(items: Sequence[Item]) -> bool:
    if len(items) == 1:
        return True
    values = {normalised(item) if isinstance(item, Field) else item.value for item in items}
    currencies = {item.currency for item in items if isinstance(item, Field) and item.currency}
    return len(values) == 1 and len(currencies) <= 1


def _best(items: Sequence[Item]) -> Item:
    # Grounded before ungrounded, then the most confident, then the first: the order of SQL's current_fields.
    rank: Callable[[Item], tuple[bool, float]] = lambda item: (  # noqa: E731
        isinstance(item, Field) and item.status == "ungrounded",
        -1.0 if item.confidence is None else item.confidence,
    )
    return min(items, key=lambda item: (rank(item)[0], -rank(item)[1]))


def _name(item: Field | Label) -> str:
    return item.path if isinstance(item, Field) else item.taxonomy
