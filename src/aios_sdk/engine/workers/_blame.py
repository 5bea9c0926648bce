"""Whose fault it was that a worker ended: told from its board, and from how it ended."""

from __future__ import annotations

from typing import NamedTuple

from ...errors import Category
from ._board import NOTHING, State
from ._faults import Fault, readable
from ._process import End, Watch


class Blame(NamedTuple):
    """Why a worker ended: the piece that was at work, or the component that was being opened for all of them, or neither.

    ``began`` says whether it had begun with what was asked. ``is_sure`` is False when a piece before the one at work may be the cause:
    what breaks the connection is noticed only with the next answer.
    """

    fault: Fault
    place: int | None = None
    opening: int | None = None
    began: bool = True
    is_sure: bool = True

    @property
    def is_nobodys(self) -> bool:
        """Whether nothing was at work when the worker ended, so that the same may be tried again."""
        return self.place is None and self.opening is None


def blame(end: End, state: State, watch: Watch, component: str, opening: str, allowed: float) -> Blame:
    """Read a worker's board after its end. ``opening`` is the id of the component that was being opened, which has ``allowed`` seconds."""
    if state.task != watch.task:
        return Blame(_fault("unavailable", f"A worker ended before it began to work for {component}: {end}", retryable=True), began=False)
    place = None if state.place == NOTHING else state.place
    if state.opening != NOTHING:
        if end.verdict == "late to open":
            return Blame(_fault("timeout", f"{opening} did not open within {allowed:g} s", retryable=True), place, state.opening)
        fault = _large(opening, watch) if end.verdict == "too large" else _fault("internal", f"{opening} ended its worker at open: {end}")
        return Blame(fault, place, state.opening)
    if end.verdict == "late":
        return Blame(_fault("timeout", f"{component} did not end within {round(watch.timeout or 0, 2):g} s", retryable=True), place)
    if end.verdict == "too large":
        return Blame(_large(component, watch), place)
    said = f"closed or broke the connection of its worker: {end}" if end.verdict == "broke the line" else f"ended its worker: {end}"
    return Blame(_fault("internal", f"{component} {said}"), place, is_sure=place is not None and end.verdict is None)


def _large(component: str, watch: Watch) -> Fault:
    return _fault("limit", f"{component} took more than {watch.allowance >> 20} MiB of memory beyond what its worker held")


def _fault(category: Category, message: str, *, retryable: bool = False) -> Fault:
    return Fault(category, readable(message), retryable)
