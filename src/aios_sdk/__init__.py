"""aios-sdk: typed, plugin-based document automation, from files to decisions, with the lineage of every value in DuckDB.

The public names are below; each is imported when it is first used, so that ``import aios_sdk`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ._lazy import homes, lazy

if TYPE_CHECKING:
    from .deprecations import AiosDeprecation
    from .engine import Foreseen, Limits, Observer, Stop, Tracing
    from .errors import (
        AiosError,
        AmbiguousComponent,
        ConfigurationError,
        ContractError,
        DeadlineExceeded,
        Encrypted,
        ExpressionError,
        InputError,
        JournalCorrupt,
        LimitExceeded,
        Malformed,
        ManifestError,
        PipelineError,
        PluginDenied,
        PluginError,
        Retryable,
        StepError,
        StoreBusy,
        StoreError,
        StoreFull,
        StoreVersion,
        Unavailable,
        UnknownComponent,
        Unsupported,
        UsageError,
    )
    from .expressions import Expression, Scope, attribute, check, field, label, lookup, parse
    from .pipelines import Fallback, Pipeline
    from .plugins import ComponentConfig, InputFile, ModelReference, OutputModel, Policy, Provided, Registry, component, import_admitted
    from .protocols import Checker, Classifier, Extractor, Ingester, Redactor, Router, Summarizer
    from .records import (
        Alternative,
        Box,
        Check,
        Checks,
        Classification,
        Column,
        Document,
        Example,
        Extraction,
        Field,
        Label,
        Layers,
        Outcome,
        Page,
        PageInfo,
        PageText,
        Reason,
        Redaction,
        Redactions,
        Reference,
        Region,
        RegionKind,
        Resolved,
        Route,
        Sentence,
        Source,
        Span,
        StepOutcome,
        Summary,
        Table,
        Training,
        UnitFailure,
        Word,
        Words,
        from_json,
        to_json,
    )
    from .stages import STAGES, Context, Resources, Stage, Stages, implements
    from .store import Store, connect

__version__ = "0.1.0"

__all__ = [
    "STAGES",
    "AiosDeprecation",
    "AiosError",
    "Alternative",
    "AmbiguousComponent",
    "Box",
    "Check",
    "Checker",
    "Checks",
    "Classification",
    "Classifier",
    "Column",
    "ComponentConfig",
    "ConfigurationError",
    "Context",
    "ContractError",
    "DeadlineExceeded",
    "Document",
    "Encrypted",
    "Example",
    "Expression",
    "ExpressionError",
    "Extraction",
    "Extractor",
    "Fallback",
    "Field",
    "Foreseen",
    "Ingester",
    "InputError",
    "InputFile",
    "JournalCorrupt",
    "Label",
    "Layers",
    "LimitExceeded",
    "Limits",
    "Malformed",
    "ManifestError",
    "ModelReference",
    "Observer",
    "Outcome",
    "OutputModel",
    "Page",
    "PageInfo",
    "PageText",
    "Pipeline",
    "PipelineError",
    "PluginDenied",
    "PluginError",
    "Policy",
    "Provided",
    "Reason",
    "Redaction",
    "Redactions",
    "Redactor",
    "Reference",
    "Region",
    "RegionKind",
    "Registry",
    "Resolved",
    "Resources",
    "Retryable",
    "Route",
    "Router",
    "Scope",
    "Sentence",
    "Source",
    "Span",
    "Stage",
    "Stages",
    "StepError",
    "StepOutcome",
    "Stop",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "StoreVersion",
    "Summarizer",
    "Summary",
    "Table",
    "Tracing",
    "Training",
    "Unavailable",
    "UnitFailure",
    "UnknownComponent",
    "Unsupported",
    "UsageError",
    "Word",
    "Words",
    "__version__",
    "attribute",
    "check",
    "component",
    "connect",
    "field",
    "from_json",
    "implements",
    "import_admitted",
    "label",
    "lookup",
    "parse",
    "to_json",
]

_HOME: Final = homes(
    deprecations="AiosDeprecation",
    engine="Foreseen Limits Observer Stop Tracing",
    errors=(
        "AiosError AmbiguousComponent ConfigurationError ContractError DeadlineExceeded Encrypted ExpressionError InputError "
        "JournalCorrupt LimitExceeded Malformed ManifestError PipelineError PluginDenied PluginError Retryable StepError "
        "StoreBusy StoreError StoreFull StoreVersion Unavailable UnknownComponent Unsupported UsageError"
    ),
    expressions="Expression Scope attribute check field label lookup parse",
    pipelines="Fallback Pipeline",
    plugins="ComponentConfig InputFile ModelReference OutputModel Policy Provided Registry component import_admitted",
    protocols="Checker Classifier Extractor Ingester Redactor Router Summarizer",
    records=(
        "Alternative Box Check Checks Classification Column Document Example Extraction Field Label Layers Outcome Page PageInfo PageText "
        "Reason Redaction Redactions Reference Region RegionKind Resolved Route Sentence Source Span StepOutcome Summary Table Training "
        "UnitFailure Word Words from_json to_json"
    ),
    stages="STAGES Context Resources Stage Stages implements",
    store="Store connect",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
