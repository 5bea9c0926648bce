"""One delivery: a source, and what becomes of all that is found in it."""

from __future__ import annotations

from typing import NamedTuple, final

from ..records import Outcome, Source, UnitFailure
from ._cases import Place
from ._choice import Candidate
from ._ingest import Admitted
from ._limits import Budget, Limits


class Delivery(NamedTuple):
    """A source that is to be one delivery; ``admitted`` when its bytes are kept already, ``failure`` when a container at the top broke.

    ``media_type`` is what was detected, if that was asked already; ``unfolded_by`` who finds the deliveries in it, where it is a mere
    container and so none itself.
    """

    source: Source
    admitted: Admitted | None = None
    failure: UnitFailure | None = None
    media_type: str = ""
    unfolded_by: Candidate | None = None


@final
class Tree:
    """How many sources of delivery ``number`` are not ingested or not finished yet, and the outcomes so far."""

    __slots__ = ("_budget", "_limits", "case", "found", "number", "to_finish", "to_ingest", "weight")

    def __init__(self, number: int, limits: Limits) -> None:
        self.number = number
        self.to_ingest = 1
        self.to_finish = 1
        self.weight = 0
        self.found: list[tuple[Place, Outcome]] = []
        self.case: Outcome | None = None
        self._limits = limits
        self._budget: Budget | None = None

    @property
    def budget(self) -> Budget:
        """What all of it may still unfold into; most hold nothing, and are spared it."""
        if self._budget is None:
            self._budget = Budget(self._limits)
        return self._budget
