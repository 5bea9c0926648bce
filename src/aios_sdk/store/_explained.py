"""What an explanation says, in records."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec

from aios_sdk.records import Alternative, Box, Check, Reason, Reference, Route


class Maker(msgspec.Struct, frozen=True, kw_only=True):
    """The attempt that gave an item, and exactly which component it was."""

    attempt_id: str
    step: str
    stage: str
    component: str
    version: str
    distribution: str
    code_digest: str
    config_digest: str
    config: dict[str, Any]
    model: str
    cache: str
    started_at: dt.datetime | None


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """A document on the way up to the file as delivered, and the component that ingested it (None for a case or a container).

    ``media_declared`` is what its name promises, or its sender declared, where the bytes are of another type than that. ``within`` names
    what it is a part of, from the nearest to the file that was delivered; ``file`` is where that was read from.
    """

    document_id: str
    name: str
    kind: str
    media_type: str
    media_declared: str
    key: str
    path: str
    content_id: str
    bytes: int
    within: tuple[str, ...]
    file: str
    ingested_by: Maker | None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One span, resolved: the document it lies in, its place there (page, row and column from 0; ``box`` 0..1 from the top left) and quote.

    ``box`` is the span's own, or that of the words it covers. ``method`` and ``confidence`` are those of the page's reading, or of the
    words there where only a part of it was read by OCR. ``within`` and ``file`` lead from the document to the file on disk, as in `Origin`.
    """

    quote: str
    document_id: str
    document_name: str
    within: tuple[str, ...] = ()
    file: str = ""
    page: int | None = None
    start: int | None = None
    end: int | None = None
    box: Box | None = None
    row: int | None = None
    column: int | None = None
    table: str = ""
    column_name: str = ""
    method: str = ""
    confidence: float | None = None


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a value: who read it, where, how surely. ``status`` is extracted, derived or ungrounded; empty for a label.

    ``inputs`` are what a derived value was made of, ``evidence`` the places at which that stands in the end.
    """

    id: str
    value: str
    currency: str
    status: str
    confidence: float | None
    raw_confidence: float | None
    chosen: bool
    maker: Maker
    places: tuple[Place, ...]
    inputs: tuple[Reference, ...]
    evidence: tuple[Place, ...]
    alternatives: tuple[Alternative, ...]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A check that read the value, on the document or case ``document_id``."""

    check: Check
    document_id: str
    document_name: str
    maker: Maker


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A route that rests on the value, directly or through a check, of the document or case ``document_id``."""

    route: Route
    document_id: str
    document_name: str
    reasons: tuple[Reason, ...]
    maker: Maker


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A field or label: what its candidates come to, each candidate, and what rests on it."""

    kind: Literal["field", "label"]
    name: str
    status: Literal["agreed", "resolved", "conflict"]
    value: str | None
    confidence: float | None
    candidates: tuple[Candidate, ...]
    verdicts: tuple[Verdict, ...]
    decisions: tuple[Decision, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The story of a document's values in one run; ``origins`` leads from the document to the file as it was delivered.

    With one field asked for, ``findings`` holds that field alone. ``verdicts`` and ``decisions`` are all of the document's own.
    """

    run_id: str
    pipeline: str
    pipeline_version: str
    status: str
    origins: tuple[Origin, ...]
    members: tuple[Origin, ...]
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    decisions: tuple[Decision, ...]
