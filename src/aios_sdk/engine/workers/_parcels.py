"""How components travel to workers: by the place of their code, with their settings and scope pickled."""

from __future__ import annotations

import inspect
import io
import pickle
import sys
from functools import reduce
from typing import Any, Final

from ...errors import ContractError
from ...plugins import Registry
from .._plan import PlannedComponent
from ._wire import Parcel

_FIX: Final = "Put it into a module that can be imported, or declare the component isolation='inline'"


class Parcels:
    """The components that workers were given work for, by number; equal ones share a number, and so an opened instance."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._numbers: dict[int, tuple[int, PlannedComponent]] = {}  # by id(); kept alive, so that its id stays its own
        self._known: dict[Parcel, int] = {}
        self.parcels: list[Parcel] = []

    def number(self, component: PlannedComponent) -> int:
        """The number of a component, the same for equal ones.

        Raises `ContractError` when its code or settings cannot be imported in another process, and whatever `Registry.create` raises.
        """
        known = self._numbers.get(id(component))
        if known is None:
            parcel = self._pack(component)
            number = self._known.setdefault(parcel, len(self.parcels))
            if number == len(self.parcels):
                self.parcels.append(parcel)
            known = self._numbers[id(component)] = (number, component)
        return known[0]

    def _pack(self, component: PlannedComponent) -> Parcel:
        instance = self._registry.create(component.id, component.config)
        info, target = instance.info, self._registry.load(component.id)
        plugin = self._registry.plugin(component.id)
        by_name = isinstance(target, type) or inspect.isroutine(target)
        if plugin is None:
            _check_place(info.object, target if by_name else type(target), component.id)
        config = instance.settings if by_name else None
        settings = _pickled((config, component.scope, None if by_name else target), component.id)
        models = tuple((model.use.reference, model.folder) for model in component.models)
        # The folder of a package that is being worked on changes all the time; what was installed by pip changes with an upgrade.
        code_digest = (instance.code_digest or "") if plugin is not None and plugin.installed.by == "record" else ""
        return Parcel(info.id, info.object, plugin is not None, component.stage, code_digest, settings, models)


def _check_place(place: str, code: Any, component: str) -> None:
    module, _, name = place.partition(":")
    loaded = sys.modules.get(module)
    problem = ""
    if module == "__main__":
        problem = "it is defined in the program's main module, which workers do not run"
    elif "<" in name:
        problem = "it is defined within a function"
    elif getattr(loaded, "__spec__", None) is None:
        problem = f"{module} was not imported from a file"
    else:
        try:
            found = reduce(getattr, name.split("."), loaded)
        except AttributeError:
            found = None
        if found is not code:
            problem = f"{name} in {module} is something else now"
    if problem:
        raise ContractError(f"{place} cannot be imported in a worker: {problem}", fix=_FIX, component=component)


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if (isinstance(value, type) or inspect.isfunction(value)) and value.__module__ == "__main__":
            raise pickle.PicklingError(f"{value.__qualname__} is defined in the program's main module, which workers do not run")
        return NotImplemented


def _pickled(value: Any, component: str) -> bytes:
    file = io.BytesIO()
    try:
        _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
    except Exception as error:  # whatever __reduce__ of somebody's class raises
        raise ContractError(f"The settings of {component} cannot be sent to a worker: {error}", fix=_FIX, component=component) from error
    return file.getvalue()
