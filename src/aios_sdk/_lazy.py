"""Packages that import their public names when these are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def homes(**modules: str) -> dict[str, str]:
    """The module of each name, out of the names of each module, divided by spaces.

    Example::

        homes(_connect="connect", _lag="Lag lag")
    """
    return {name: module for module, names in modules.items() for name in names.split()}


def lazy(package: str, home: Mapping[str, str], public: Sequence[str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of ``package``, whose names are ``public``.

    A name is taken from the module of the package that ``home`` says; one without a home is a module itself. Type checkers, which read
    the same names under ``TYPE_CHECKING``, are not to see the two, since then they would take any name for one of the package's.

    Example::

        if not TYPE_CHECKING:
            __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
    """

    def get(name: str) -> Any:
        if name not in public:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if name not in home:
            return importlib.import_module(f"{package}.{name}")
        value = getattr(importlib.import_module(f"{package}.{home[name]}"), name)
        setattr(sys.modules[package], name, value)  # found without asking from now on
        return value

    return get, lambda: list(public)
