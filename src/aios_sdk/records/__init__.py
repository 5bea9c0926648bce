"""What flows through a pipeline: sources, documents and their layers, results and outcomes; all immutable."""

from ._document import Document, Host, Kind, Outcome, Page, Status, StepOutcome, StepStatus, UnitFailure
from ._identity import ID_LENGTH, canonical, digest, digest_file, digest_folder, document_id, from_json, identify, new_run_id, to_json
from ._items import Alternative, Check, Field, Label, Reason, Redaction, Reference, Sentence, Severity, Value, ValueType, value_text
from ._layers import LAYERS, Layer, Layers, canonical_layer, check_layer, decode_layer, layers_digest, merge_layers, stamped_items
from ._page import PageInfo, PageText, TextMethod, Word, Words
from ._references import check_references
from ._region import Region, RegionKind
from ._resolve import Candidates, Resolved, normalised, resolve
from ._results import Checks, Classification, Extraction, Redactions, Result, Route, Summary, merge_results
from ._source import Source
from ._span import Box, Span
from ._spans import check_spans
from ._table import Column, Table
from ._training import Example, Training, examples_digest

__all__ = [
    "ID_LENGTH",
    "LAYERS",
    "Alternative",
    "Box",
    "Candidates",
    "Check",
    "Checks",
    "Classification",
    "Column",
    "Document",
    "Example",
    "Extraction",
    "Field",
    "Host",
    "Kind",
    "Label",
    "Layer",
    "Layers",
    "Outcome",
    "Page",
    "PageInfo",
    "PageText",
    "Reason",
    "Redaction",
    "Redactions",
    "Reference",
    "Region",
    "RegionKind",
    "Resolved",
    "Result",
    "Route",
    "Sentence",
    "Severity",
    "Source",
    "Span",
    "Status",
    "StepOutcome",
    "StepStatus",
    "Summary",
    "Table",
    "TextMethod",
    "Training",
    "UnitFailure",
    "Value",
    "ValueType",
    "Word",
    "Words",
    "canonical",
    "canonical_layer",
    "check_layer",
    "check_references",
    "check_spans",
    "decode_layer",
    "digest",
    "digest_file",
    "digest_folder",
    "document_id",
    "examples_digest",
    "from_json",
    "identify",
    "layers_digest",
    "merge_layers",
    "merge_results",
    "new_run_id",
    "normalised",
    "resolve",
    "stamped_items",
    "to_json",
    "value_text",
]
