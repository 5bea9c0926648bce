"""The units of one call that have no answer yet, and what the reports of workers say about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from ...errors import ContractError
from ...records import Result, UnitFailure
from ...stages import Stage
from ._blame import Blame
from ._faults import Fault, fault_of
from ._results import read_result
from ._tasks import Unit
from ._wire import Answer, Done, Report

#: Workers that may end, one after the other, without an answer and without a unit that is to blame.
_FRUITLESS: Final = 2


class UnitAnswer(msgspec.Struct, frozen=True):
    """What came of one unit: a result or a failure.

    Attributes:
        unit: its place among the units given.
        after: seconds after which to try again, where the component said so.
        wall, cpu: seconds that it took in its worker; waited: until one was free.
        memory: bytes that its worker and all it started had at most; None when there was no time to look.
        was_fatal: whether its worker has ended with it, so that units that are still to be answered begin anew in another.
    """

    unit: int
    result: Result | None
    failure: UnitFailure | None
    after: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0
    waited: float = 0.0
    memory: int | None = None
    was_fatal: bool = False


class Nonsense(Exception):
    """A worker said what it was not asked; only a component that writes into its connection can bring that about."""


class Batch:
    """The units of one call, until each has its answer."""

    def __init__(self, units: Sequence[Unit], stage: Stage, component: str, *, has_companion: bool) -> None:
        self.left: Final = dict(enumerate(units))
        self.waited = 0.0
        self._stage = stage
        self._component = component
        self._may_be_together = has_companion
        self._is_alone = False
        self._places: list[int] = []
        self._fruitless = 0

    @property
    def is_together(self) -> bool:
        """Whether the units that are left should be tried all at once."""
        return self._may_be_together and len(self.left) > 1

    def begin(self) -> list[Unit]:
        """The units for another worker: all that are left, or one, when it is to be found out which of them ends workers."""
        self._places = list(self.left)[: 1 if self._is_alone else None]
        return [self.left[place] for place in self._places]

    def answers(self, report: Report | Blame, memory: int | None) -> Iterator[UnitAnswer]:
        """The answers that a report settles. Raises `Nonsense` for one that answers nothing that was asked."""
        if isinstance(report, Answer):
            yield self._answer(report, memory)
        elif isinstance(report, Blame):
            yield from self._after_death(report)
        elif not isinstance(report, Done):
            raise Nonsense("a call has answers and an end")
        elif report.fault is not None:
            yield from self.fail(report.fault)
        elif report.apart:
            self._may_be_together = False
        elif any(place in self.left for place in self._places):
            raise Nonsense("the call ended before each unit had its answer")

    def fail(self, fault: Fault) -> Iterator[UnitAnswer]:
        """The same failure for every unit that is left."""
        for place in tuple(self.left):
            yield self._failed(place, fault)

    def nothing_came(self, fault: Fault, *, began: bool = True) -> Iterator[UnitAnswer]:
        """A worker has ended, and nobody saw at which unit: each goes alone. A second one in a row is the last for what it was given."""
        if began and len(self._places) > 1:
            self._is_alone, self._may_be_together = True, False
            return
        self._fruitless += 1
        if self._fruitless >= _FRUITLESS:
            self._fruitless = 0
            for place in self._places:
                if place in self.left:
                    yield replace(self._failed(place, fault), was_fatal=began)

    def _answer(self, answer: Answer, memory: int | None) -> UnitAnswer:
        if not 0 <= answer.place < len(self._places) or self._places[answer.place] not in self.left:
            raise Nonsense(f"there is no piece {answer.place} without an answer")
        self._fruitless = 0
        place = self._places[answer.place]
        result, fault = None, answer.fault
        if answer.result is not None and fault is None:
            try:
                result = read_result(answer.result, self._stage, self._component)
            except ContractError as error:
                fault = fault_of(error, self._component)
        elif fault is None:
            raise Nonsense(f"the answer for piece {answer.place} is empty")
        done = UnitAnswer(place, result, None, 0.0, answer.wall, answer.cpu, self.waited, memory)
        if fault is not None:
            done = replace(done, failure=fault.failure(self.left[place].page), after=fault.after)
        del self.left[place]
        return done

    def _after_death(self, found: Blame) -> Iterator[UnitAnswer]:
        if found.opening is not None and found.place is None:
            yield from self.fail(found.fault)
        elif not found.is_sure and len(self._places) > 1:
            yield from self.nothing_came(found.fault)
        elif found.place is not None and self.is_together:
            self._may_be_together = False  # one of them it was; alone it will be seen which
        elif found.place is not None and found.place < len(self._places) and self._places[found.place] in self.left:
            self._fruitless = 0
            yield replace(self._failed(self._places[found.place], found.fault), was_fatal=True)
        else:
            yield from self.nothing_came(found.fault, began=found.began)

    def _failed(self, place: int, fault: Fault) -> UnitAnswer:
        unit = self.left.pop(place)
        return UnitAnswer(place, None, fault.failure(unit.page), fault.after, waited=self.waited)
