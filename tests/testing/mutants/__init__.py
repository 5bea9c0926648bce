"""Deliberately wrong components: for every law at least one that breaks it, and no other.

Each is a correct component with one fault. A module that must be imported by another process holds nothing but components.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from . import (
    _batches,
    _calls,
    _code,
    _configuration,
    _deadlines,
    _documentation,
    _effects,
    _files,
    _lifecycle,
    _metamorphic,
    _odd,
    _outside,
    _pages,
    _parts,
    _pipelines,
    _places,
    _repeating,
    _resources,
    _results,
    _secrets,
    _texts,
    _units,
)


class Mutant(NamedTuple):
    """A wrong component: the law that it breaks, the code (or the id of an installed one), and how it is to be tried."""

    law: str
    code: Any
    options: Mapping[str, Any] = {}

    @property
    def name(self) -> str:
        """Its name in test reports."""
        return f"{self.law}:{getattr(self.code, '__name__', self.code)}"


#: Every mutant. A module lists its own as ``MUTANTS``: tuples of law, code and, where needed, options for `certify`.
MUTANTS: Final = [
    Mutant(*each)
    for module in (
        *(_code, _configuration, _calls, _places, _lifecycle, _effects, _results),
        *(_repeating, _batches, _units, _texts, _odd, _files, _parts, _deadlines),
        *(_metamorphic, _pages, _outside, _secrets, _resources, _pipelines, _documentation),
    )
    for each in module.MUTANTS
]
