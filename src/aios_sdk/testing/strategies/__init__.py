"""Hypothesis strategies for every record, for documents that hold together, for files of every modality and for hostile input.

They need hypothesis, which comes with ``pip install 'aios-sdk[testing]'``. Example::

    from hypothesis import given
    from aios_sdk.testing import strategies

    @given(strategies.documents(["text"]))
    def test_no_document_makes_it_fail(document):
        Finder(Finder.Config()).extract(document)
"""

from __future__ import annotations

from importlib.util import find_spec

from aios_sdk.errors import UsageError

if find_spec("hypothesis") is None:
    raise UsageError("aios_sdk.testing.strategies needs hypothesis", cause="It is not installed", fix="pip install 'aios-sdk[testing]'")

from ._cases import cases
from ._documents import documents
from ._hostile import HOSTILE, hostile_bytes
from ._images import images
from ._items import (
    alternatives,
    boxes,
    checks,
    classifications,
    extractions,
    fields,
    labels,
    layers,
    masks,
    outcomes,
    page_infos,
    page_texts,
    reasons,
    records,
    redactions,
    references,
    regions,
    results,
    routes,
    sentences,
    spans,
    step_outcomes,
    summaries,
    unit_failures,
    verdicts,
    words,
)
from ._records import RECORDS
from ._sources import sources
from ._tables import TableData, tables, tables_data
from ._texts import TRICKY, hostile_texts, page_contents, printed, texts

__all__ = [
    "HOSTILE",
    "RECORDS",
    "TRICKY",
    "TableData",
    "alternatives",
    "boxes",
    "cases",
    "checks",
    "classifications",
    "documents",
    "extractions",
    "fields",
    "hostile_bytes",
    "hostile_texts",
    "images",
    "labels",
    "layers",
    "masks",
    "outcomes",
    "page_contents",
    "page_infos",
    "page_texts",
    "printed",
    "reasons",
    "records",
    "redactions",
    "references",
    "regions",
    "results",
    "routes",
    "sentences",
    "sources",
    "spans",
    "step_outcomes",
    "summaries",
    "tables",
    "tables_data",
    "texts",
    "unit_failures",
    "verdicts",
    "words",
]
