"""Remembering what happened: the journal, the blobs, and the DuckDB database that is folded from them.

Names are imported when first used: worker processes need few of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ._blobs import INLINE_BYTES, Blobs
    from ._connect import connect
    from ._difference import Difference
    from ._explain import Candidate, Decision, Explanation, Finding, Maker, Origin, Place, Verdict
    from ._fold import Folded, fold
    from ._follow import follow
    from ._journal import JournalWriter, Ticket
    from ._lag import Lag, lag
    from ._memo import Memo, Remembered
    from ._reader import JournalReader
    from ._rebuild import Rebuilt, rebuild
    from ._recorder import Attempt, ComponentUse, Run, RunInfo, RunStatus, attempt_id
    from ._schema import MACROS, SCHEMA_VERSION, TABLES, VIEWS, ColumnSpec, MacroSpec, TableSpec, ViewSpec, create_statements
    from ._store import Info, Store
    from ._verify import Verified, verify

_HOME: Final = {
    name: module
    for module, names in {
        "_blobs": "INLINE_BYTES Blobs",
        "_connect": "connect",
        "_difference": "Difference",
        "_explain": "Candidate Decision Explanation Finding Maker Origin Place Verdict",
        "_fold": "Folded fold",
        "_follow": "follow",
        "_journal": "JournalWriter Ticket",
        "_lag": "Lag lag",
        "_memo": "Memo Remembered",
        "_reader": "JournalReader",
        "_rebuild": "Rebuilt rebuild",
        "_recorder": "Attempt ComponentUse Run RunInfo RunStatus attempt_id",
        "_schema": "MACROS SCHEMA_VERSION TABLES VIEWS ColumnSpec MacroSpec TableSpec ViewSpec create_statements",
        "_store": "Info Store",
        "_verify": "Verified verify",
    }.items()
    for name in names.split()
}

__all__ = [
    "INLINE_BYTES",
    "MACROS",
    "SCHEMA_VERSION",
    "TABLES",
    "VIEWS",
    "Attempt",
    "Blobs",
    "Candidate",
    "ColumnSpec",
    "ComponentUse",
    "Decision",
    "Difference",
    "Explanation",
    "Finding",
    "Folded",
    "Info",
    "JournalReader",
    "JournalWriter",
    "Lag",
    "MacroSpec",
    "Maker",
    "Memo",
    "Origin",
    "Place",
    "Rebuilt",
    "Remembered",
    "Run",
    "RunInfo",
    "RunStatus",
    "Store",
    "TableSpec",
    "Ticket",
    "Verdict",
    "Verified",
    "ViewSpec",
    "attempt_id",
    "connect",
    "create_statements",
    "fold",
    "follow",
    "lag",
    "rebuild",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
