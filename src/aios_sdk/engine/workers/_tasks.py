"""Making orders: units into pieces, components into numbers, and how much time and memory the work may take."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ...errors import AiosError
from ...plugins import Registry
from ...records import Document
from .._plan import PlannedComponent
from ._parcels import Parcels
from ._process import Process, Watch
from ._wire import IN_PARENT, Learn, Piece, Task

#: A component may take so many times the memory that it declares, since what it declares is what it needs.
_GENEROUS: Final = 2
#: And the system refuses so many times that: what is reserved is often not used, so only what grows faster than one can look is stopped.
_BACKSTOP: Final = 4


class Unit(NamedTuple):
    """One unit of work: a view of a document, and the page that it is for, if it is for one."""

    document: Document
    page: int | None = None


class Tasks:
    """Makes what is sent to the workers of one pool; ``memory_mb`` is what a call may take where its component does not declare more."""

    def __init__(self, registry: Registry, memory_mb: int) -> None:
        self._registry = registry
        self._memory_mb = memory_mb
        self._parcels = Parcels(registry)

    def number(self, component: PlannedComponent) -> int:
        """The number by which workers know a component. Raises `ContractError` for one that cannot be imported in a worker."""
        return self._parcels.number(component)

    def id(self, number: int) -> str:
        """The id of the component with that number; empty when there is none."""
        parcels = self._parcels.parcels
        return parcels[number].id if 0 <= number < len(parcels) else ""

    def begin(
        self, process: Process, component: int, pieces: Iterable[Piece], *, timeout: float | None, memory_mb: int | None = None
    ) -> tuple[Task, Watch]:
        """The next task of a worker, and how it is to be watched meanwhile."""
        info = self._registry.components[self.id(component)]
        allowance = (memory_mb or max(self._memory_mb, _GENEROUS * info.memory_mb)) << 20
        wanted = {component, *(number for piece in pieces for number in piece.renderers.values())} - {IN_PARENT}
        unknown = wanted - process.told
        process.told |= wanted
        process.tasks += 1
        # Drivers of graphics cards reserve far more than they use.
        data = 0 if info.gpu else _BACKSTOP * allowance
        task = Task(process.tasks, component, {number: self._parcels.parcels[number] for number in unknown}, data)
        return task, Watch(process.tasks, time.monotonic(), timeout, allowance)

    def lesson(self, process: Process, components: Iterable[int]) -> Learn:
        """What tells a worker of components before it is asked for them."""
        unknown = set(components) - process.told
        process.told |= unknown
        return Learn({number: self._parcels.parcels[number] for number in unknown})

    def piece(self, unit: Unit) -> Piece:
        """A unit as it is sent."""
        piece = Piece(unit.document, unit.page)
        self._equip(piece, unit.document)
        return piece

    def _equip(self, piece: Piece, document: Document) -> None:
        for member in document.members:
            self._equip(piece, member.document)
        # The host is bound to the document and no field of it, since it does not travel.
        host: Any = document.__dict__.get("_lent_by")
        content, component = getattr(host, "content", None), getattr(host, "component", None)
        if content is not None:
            piece.contents[document.id] = content
        if isinstance(component, PlannedComponent):
            try:
                piece.renderers[document.id] = self.number(component)
            except AiosError:  # one made in a notebook, say; what is wrong with others is said when a picture is asked for
                piece.renderers[document.id] = IN_PARENT
