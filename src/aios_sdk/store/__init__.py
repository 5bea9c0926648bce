"""Remembering what happened: the journal, the blobs, and the DuckDB database that is folded from them.

Names are imported when first used: worker processes need few of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._lazy import homes, lazy

if TYPE_CHECKING:
    from ._blobs import INLINE_BYTES, Blobs
    from ._connect import connect, time_limit
    from ._deliveries import Deliveries
    from ._difference import Difference
    from ._explained import Candidate, Decision, Explanation, Finding, Maker, Origin, Place, Verdict
    from ._export import Exported, ExportFormat, export
    from ._fold import Folded, fold
    from ._follow import follow
    from ._forget import Forgotten, ForgottenDocument, SharedContent, TrainedModel, forget
    from ._gc import Collected, gc
    from ._journal import JournalWriter, Ticket
    from ._lag import Lag, lag
    from ._memo import Memo, Remembered, Whole
    from ._model import AliasChange, Evaluation, Learned, Model, ModelFile
    from ._models import Models
    from ._reader import JournalReader
    from ._rebuild import Rebuilt, rebuild
    from ._recorder import Answerer, Run
    from ._reports import Attempt, ComponentUse, ModelUse, RunInfo, RunStatus, attempt_id, models_told, readable
    from ._schema import MACROS, SCHEMA_VERSION, TABLES, VIEWS, ColumnSpec, MacroSpec, TableSpec, ViewSpec, create_statements
    from ._store import Info, Store
    from ._verify import Verified, verify

__all__ = [
    "INLINE_BYTES",
    "MACROS",
    "SCHEMA_VERSION",
    "TABLES",
    "VIEWS",
    "AliasChange",
    "Answerer",
    "Attempt",
    "Blobs",
    "Candidate",
    "Collected",
    "ColumnSpec",
    "ComponentUse",
    "Decision",
    "Deliveries",
    "Difference",
    "Evaluation",
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
    "Learned",
    "MacroSpec",
    "Maker",
    "Memo",
    "Model",
    "ModelFile",
    "ModelUse",
    "Models",
    "Origin",
    "Place",
    "Rebuilt",
    "Remembered",
    "Run",
    "RunInfo",
    "RunStatus",
    "SharedContent",
    "Store",
    "TableSpec",
    "Ticket",
    "TrainedModel",
    "Verdict",
    "Verified",
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
    "models_told",
    "readable",
    "rebuild",
    "time_limit",
    "verify",
]

_HOME: Final = homes(
    _blobs="INLINE_BYTES Blobs",
    _connect="connect time_limit",
    _deliveries="Deliveries",
    _difference="Difference",
    _explained="Candidate Decision Explanation Finding Maker Origin Place Verdict",
    _export="Exported ExportFormat export",
    _fold="Folded fold",
    _follow="follow",
    _forget="Forgotten ForgottenDocument SharedContent TrainedModel forget",
    _gc="Collected gc",
    _journal="JournalWriter Ticket",
    _lag="Lag lag",
    _memo="Memo Remembered Whole",
    _model="AliasChange Evaluation Learned Model ModelFile",
    _models="Models",
    _reader="JournalReader",
    _rebuild="Rebuilt rebuild",
    _recorder="Answerer Run",
    _reports="Attempt ComponentUse ModelUse RunInfo RunStatus attempt_id models_told readable",
    _schema="MACROS SCHEMA_VERSION TABLES VIEWS ColumnSpec MacroSpec TableSpec ViewSpec create_statements",
    _store="Info Store",
    _verify="Verified verify",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
