"""Remembering what happened: the journal, the blobs, and the DuckDB database that is folded from them.

Names are imported when first used: worker processes need few of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ._blobs import INLINE_BYTES, Blobs
    from ._connect import connect
    from ._deliveries import Deliveries
    from ._explain import Candidate, Decision, Explanation, Finding, Maker, Origin, Place, Verdict
    from ._export import Exported, ExportFormat, export
    from ._fold import Folded, fold
    from ._follow import follow
    from ._forget import Forgotten, ForgottenDocument, SharedContent, forget
    from ._gc import Collected, gc
    from ._journal import JournalWriter, Ticket
    from ._lag import Lag, lag
    from ._memo import Memo, Remembered, Whole
    from ._reader import JournalReader
    from ._recorder import Run
    from ._reports import Attempt, ComponentUse, RunInfo, RunStatus, attempt_id
    from ._schema import MACROS, SCHEMA_VERSION, TABLES, VIEWS, ColumnSpec, MacroSpec, TableSpec, ViewSpec, create_statements
    from ._store import Info, Store

_HOME: Final = {
    name: module
    for module, names in {
        "_blobs": "INLINE_BYTES Blobs",
        "_connect": "connect",
        "_deliveries": "Deliveries",
        "_explain": "Candidate Decision Explanation Finding Maker Origin Place Verdict",
        "_export": "Exported ExportFormat export",
        "_fold": "Folded fold",
        "_follow": "follow",
        "_forget": "Forgotten ForgottenDocument SharedContent forget",
        "_gc": "Collected gc",
        "_journal": "JournalWriter Ticket",
        "_lag": "Lag lag",
        "_memo": "Memo Remembered Whole",
        "_reader": "JournalReader",
        "_recorder": "Run",
        "_reports": "Attempt ComponentUse RunInfo RunStatus attempt_id",
        "_schema": "MACROS SCHEMA_VERSION TABLES VIEWS ColumnSpec MacroSpec TableSpec ViewSpec create_statements",
        "_store": "Info Store",
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
    "Collected",
    "ColumnSpec",
    "ComponentUse",
    "Decision",
    "Deliveries",
    "Explanation",
    "ExportFormat",
    "Exported",
    "Finding",
    "Folded",
    "Forgotten",
    "ForgottenDocument",
    "Info",
    "JournalReader",
    "JournalWriter",
    "Lag",
    "MacroSpec",
    "Maker",
    "Memo",
    "Origin",
    "Place",
    "Remembered",
    "Run",
    "RunInfo",
    "RunStatus",
    "SharedContent",
    "Store",
    "TableSpec",
    "Ticket",
    "Verdict",
    "ViewSpec",
    "Whole",
    "attempt_id",
    "connect",
    "create_statements",
    "export",
    "fold",
    "follow",
    "forget",
    "gc",
    "lag",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
