"""Remembering what happened: the journal, the blobs, and the DuckDB database that is folded from them."""

from ._blobs import Blobs
from ._connect import connect
from ._explain import Candidate, Decision, Explanation, Finding, Maker, Origin, Place, Verdict
from ._fold import Folded, fold
from ._follow import follow
from ._journal import JournalWriter, Ticket
from ._lag import Lag, lag
from ._memo import Memo, Remembered
from ._reader import JournalReader
from ._recorder import Attempt, ComponentUse, Run, RunInfo, RunStatus, attempt_id
from ._rows import INLINE_BYTES
from ._schema import MACROS, SCHEMA_VERSION, TABLES, VIEWS, ColumnSpec, MacroSpec, TableSpec, ViewSpec, create_statements
from ._store import Info, Store

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
    "Remembered",
    "Run",
    "RunInfo",
    "RunStatus",
    "Store",
    "TableSpec",
    "Ticket",
    "Verdict",
    "ViewSpec",
    "attempt_id",
    "connect",
    "create_statements",
    "fold",
    "follow",
    "lag",
]
