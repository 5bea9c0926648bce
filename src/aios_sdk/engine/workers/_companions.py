"""Which components have a batch companion, and so can be asked about several units at once."""

from __future__ import annotations

from ...plugins import Registry
from ...stages import Stage
from .._plan import PlannedComponent


class Companions:
    """What is known of the components of a registry; each is made once to see."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[tuple[int, Stage], tuple[PlannedComponent, bool]] = {}  # by id(); kept alive, so that its id stays its own

    def has(self, component: PlannedComponent, stage: Stage) -> bool:
        """Whether the component can be asked about several units at once. Raises whatever `Registry.create` raises."""
        key = (id(component), stage)
        known = self._known.get(key)
        if known is None:
            implementation = self._registry.create(component.id, component.config).implementation(stage)
            known = self._known[key] = (component, implementation is not None and implementation.batch is not None)
        return known[1]
