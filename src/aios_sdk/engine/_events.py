"""What happens during a run, told to observers, who can watch and alter nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pluggy

from ..records import Document, Outcome, StepOutcome

_log = logging.getLogger("aios.observers")


class Observer:
    """Override what you want to see. Methods are called on the engine's thread and should return at once; what they raise is logged.

    Example::

        class Printer(Observer):
            def document_finished(self, outcome: Outcome) -> None:
                print(outcome.name, outcome.status)
    """

    def run_started(self, run: str, pipeline: str) -> None:
        """A run has begun."""

    def document_found(self, document: Document) -> None:
        """A document, a part of one, or a case was found."""

    def document_split(self, packet: Document, parts: tuple[Document, ...]) -> None:
        """A document that was found turned out to be a packet: its parts, each of which is found now, take its place."""

    def step_finished(self, document: Document, outcome: StepOutcome, seconds: float) -> None:
        """A step ended for a document."""

    def document_finished(self, outcome: Outcome) -> None:
        """A document or case has its outcome, and it is durable."""

    def component_paused(self, component: str, seconds: float, reason: str) -> None:
        """Calls of a component failed one after the other; it is left alone for some seconds. ``reason`` is what the last call said."""

    def run_stopping(self, run: str, seconds: float) -> None:
        """The run was asked to stop: it takes nothing new, and what is under way has as many seconds to be finished."""

    def run_finished(self, run: str, status: str) -> None:
        """The run ended: ``completed``, ``interrupted`` or ``failed``."""


class Observers:
    """Calls every observer, whatever one of them raises.

    Observers are pluggy plugins whose specification is `Observer`: any object with methods of these names is one, and a method may take
    fewer arguments. Raises ``pluggy.PluginValidationError`` for a method that takes others. They are not called through ``hook``, since
    there one that raises would keep the others from being told.
    """

    def __init__(self, observers: Sequence[object]) -> None:
        manager = _Manager("aios")
        manager.add_hookspecs(Observer)
        for observer in observers:
            manager.register(observer, name=f"{type(observer).__name__} {id(observer)}")
        self._told: dict[str, list[tuple[Callable[..., object], tuple[int, ...]]]] = {}
        for event in _EVENTS:
            caller = getattr(manager.hook, event)
            names = caller.spec.argnames
            # pluggy calls the last registered first; the order in which observers were given is kept here.
            self._told[event] = [
                (found.function, tuple(names.index(name) for name in found.argnames)) for found in reversed(caller.get_hookimpls())
            ]

    def tell(self, event: str, *arguments: Any) -> None:
        """Call method ``event`` of every observer."""
        for function, places in self._told[event]:
            try:
                function(*[arguments[place] for place in places])
            except Exception:  # noqa: BLE001 - an observer's fault must not alter the run
                _log.exception("observer %s failed in %s", type(getattr(function, "__self__", function)).__name__, event)


_EVENTS = tuple(name for name in vars(Observer) if not name.startswith("_"))


class _Manager(pluggy.PluginManager):
    """Takes the methods of observers for what their names say, without a mark."""

    def parse_hookspec_opts(self, module_or_class: object, name: str) -> pluggy.HookspecOpts | None:
        return {"firstresult": False, "historic": False, "warn_on_impl": None, "warn_on_impl_args": None} if name in _EVENTS else None

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if name not in _EVENTS or getattr(type(plugin), name, None) is getattr(Observer, name):
            return None
        return {"wrapper": False, "hookwrapper": False, "optionalhook": False, "tryfirst": False, "trylast": False, "specname": None}
