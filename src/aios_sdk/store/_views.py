"""The views an analyst starts from: current values without double counting, provenance, latency, errors, cost, conservation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ._columns import CURRENT_COLUMNS
from ._lineage import ELSEWHERE, LINEAGE
from ._tables import ViewSpec, view

# What every resolved item begins with.
_ITEM: Final = """
    document_id VARCHAR document or case
    run_id VARCHAR latest run that has an outcome for it
    name VARCHAR file name of the document
    {what} VARCHAR {which}
"""

_CURRENT_DOCUMENTS: Final = view(
    "current_documents",
    "One row for each document and case: as the latest run with an outcome for it left it. Once a later delivery with the same key "
    "supersedes one, it is no longer here; neither are its parts, cases of which nothing is left, and what was forgotten.",
    """
    document_id VARCHAR document or case
    run_id VARCHAR latest run that has an outcome for it
    status VARCHAR completed, partial, failed or refused
    kind VARCHAR file, part or case
    name VARCHAR file name as given
    key VARCHAR what the delivery is known by; empty for a part
    media_type VARCHAR as detected from the bytes
    media_declared VARCHAR what the name promises, or the sender declared, where the bytes are of another type
    content_id VARCHAR SHA-256 of the bytes
    bytes BIGINT size
    parent_id VARCHAR document it is a part of; empty for others
    position BIGINT place among the parent's parts, from 0
    root_id VARCHAR outermost document of its tree
    thread VARCHAR what its conversation is known by
    supersedes VARCHAR document_id of the earlier delivery under the same key
    page_start BIGINT of a document that was split off a packet, its first page there, from 0; null for others
    page_end BIGINT page after its last
    pipeline VARCHAR pipeline of that run
    found_at TIMESTAMPTZ when that run found it
    ended_at TIMESTAMPTZ when that run was done with it
    """,
    """
    WITH RECURSIVE superseded AS (
        SELECT d.supersedes AS document_id, max(d.run_id) AS run_id
        FROM documents d JOIN outcomes o ON o.document_id = d.document_id AND o.run_id = d.run_id
        WHERE d.supersedes <> '' GROUP BY d.supersedes),
    touched(document_id) AS (
        SELECT document_id FROM superseded
        UNION
        SELECT d.document_id
        FROM touched t
        JOIN (SELECT document_id, root_id AS above FROM documents WHERE root_id <> document_id
              UNION ALL SELECT document_id, parent_id FROM documents WHERE parent_id <> '') d ON d.above = t.document_id),
    at_risk AS MATERIALIZED (
        SELECT d.document_id, d.run_id, d.root_id, d.parent_id
        FROM (SELECT o.document_id, max(o.run_id) AS run_id
              FROM outcomes o SEMI JOIN touched t ON t.document_id = o.document_id GROUP BY o.document_id) l
        JOIN documents d ON d.document_id = l.document_id AND d.run_id = l.run_id),
    gone AS (
        SELECT d.document_id FROM at_risk d
        WHERE EXISTS (FROM superseded s WHERE s.document_id = d.document_id AND s.run_id > d.run_id)
           OR EXISTS (FROM superseded s WHERE s.document_id = d.root_id AND s.run_id > d.run_id)
        UNION
        SELECT d.document_id FROM at_risk d JOIN gone g ON g.document_id = d.parent_id WHERE d.parent_id <> ''),
    cases_at_risk AS (SELECT DISTINCT m.document_id FROM gone g JOIN members m ON m.member_id = g.document_id),
    gone_cases AS (
        SELECT m.document_id
        FROM (SELECT o.document_id, max(o.run_id) AS run_id
              FROM outcomes o SEMI JOIN cases_at_risk c ON c.document_id = o.document_id GROUP BY o.document_id) l
        JOIN members m ON m.document_id = l.document_id AND m.run_id = l.run_id
        LEFT JOIN gone g ON g.document_id = m.member_id
        GROUP BY m.document_id HAVING count(*) = count(g.document_id))
    SELECT d.document_id, d.run_id, o.status, d.kind, d.name, d.key, d.media_type, d.media_declared, d.content_id, d.bytes, d.parent_id,
           d.position, d.root_id, o.thread, d.supersedes, d.page_start, d.page_end, p.pipeline, d.found_at, o.ended_at
    FROM documents d
    JOIN (SELECT document_id, max(run_id) AS run_id FROM outcomes GROUP BY document_id) l
        ON l.document_id = d.document_id AND l.run_id = d.run_id
    JOIN outcomes o ON o.document_id = d.document_id AND o.run_id = d.run_id AND o.kind <> 'container'
    LEFT JOIN pipelines p ON p.run_id = d.run_id
    ANTI JOIN gone g ON g.document_id = d.document_id
    ANTI JOIN gone_cases c ON c.document_id = d.document_id
    ANTI JOIN forgotten w ON w.document_id = d.document_id AND w.forgotten_at >= d.found_at
    """,
)


def resolved(
    table: str, name: str, value: str, currency: str, ungrounded: str, condition: str, chosen: str, among: str = "current_documents"
) -> str:
    """The rule of `records.resolve` in SQL: equal values agree; else the first step of the pipeline's order that has any decides.

    ``among`` says which documents of which runs.
    """
    return f"""
    WITH candidates AS (
        SELECT i.document_id, i.run_id, i.{name}, i.ordinal, {value} AS same, {currency} AS coin, d.name AS document_name,
               list_position(p.resolve, i.step) AS turn,
               {{'a': {ungrounded}, 'b': -coalesce(i.confidence, -1.0), 'c': i.ordinal}} AS rank
        FROM {table} i
        JOIN {among} d ON d.document_id = i.document_id AND d.run_id = i.run_id
        LEFT JOIN pipelines p ON p.run_id = i.run_id
        WHERE {condition}),
    turns AS (
        SELECT document_id, run_id, {name}, turn, any_value(document_name) AS document_name, count(*) AS candidates, min(rank) AS best,
               min(same) AS low, max(same) AS high, min(coin) AS low_coin, max(coin) AS high_coin
        FROM candidates GROUP BY document_id, run_id, {name}, turn),
    verdicts AS (
        SELECT document_id, run_id, {name}, any_value(document_name) AS document_name, sum(candidates)::BIGINT AS candidates,
               min(low) = max(high) AND coalesce(min(low_coin) = max(high_coin), true) AS agreed, min(best) AS best,
               arg_min({{'ok': low = high AND coalesce(low_coin = high_coin, true), 'best': best}}, turn) AS favoured
        FROM turns GROUP BY document_id, run_id, {name}),
    decided AS (
        SELECT document_id, run_id, {name}, document_name, candidates,
               CASE WHEN agreed THEN 'agreed' WHEN favoured.ok THEN 'resolved' ELSE 'conflict' END AS status,
               CASE WHEN agreed THEN best.c WHEN favoured.ok THEN favoured.best.c END AS ordinal
        FROM verdicts)
    SELECT v.document_id, v.run_id, v.document_name AS name, v.{name}, v.status, {chosen}, v.candidates
    FROM decided v
    LEFT JOIN {table} c ON c.document_id = v.document_id AND c.run_id = v.run_id AND c.ordinal = v.ordinal
    """


_CURRENT_FIELDS: Final = view(
    "current_fields",
    "One row for each current document and path: the candidates resolved as document.fields does it. Equal values agree; of unequal ones "
    "those of the first step of the pipeline's resolve order count; else it is a conflict and has no value.",
    _ITEM.format(what="path", which="where the value belongs, such as total or lines[0].total")
    + """
    status VARCHAR agreed, resolved (by the pipeline's order) or conflict (no value)
    type VARCHAR text, integer, decimal, boolean, date or datetime
    value_text VARCHAR value as text; null in a conflict
    value_num DECIMAL(38,10) number; null when none, or too long (whole in value_text)
    value_date DATE date; of a datetime the day in UTC
    currency VARCHAR ISO 4217 code of an amount
    grounding VARCHAR extracted (has a place), derived or ungrounded
    confidence DOUBLE of the chosen candidate, 0..1
    step VARCHAR step that gave it
    quote VARCHAR the value as printed
    page BIGINT page it stands on, from 0
    field_id VARCHAR chosen candidate
    attempt_id VARCHAR attempt that gave it
    candidates BIGINT how many readings there are
    """,
    resolved(
        "fields",
        "path",
        "i.normalised",
        "nullif(i.currency, '')",
        "i.status = 'ungrounded'",
        "true",
        "c.type, c.value_text, c.value_num, c.value_date, c.currency, c.status AS grounding, c.confidence, c.step, c.quote, c.page, "
        "c.field_id, c.attempt_id",
    ),
)

_CURRENT_LABELS: Final = view(
    "current_labels",
    "One row for each current document and taxonomy: the labels of the whole document resolved as document.labels does it.",
    _ITEM.format(what="taxonomy", which="taxonomy the value is out of")
    + """
    status VARCHAR agreed, resolved (by the pipeline's order) or conflict (no value)
    value VARCHAR class; null in a conflict and where the component abstained
    confidence DOUBLE of the chosen label, 0..1
    abstained BOOLEAN true when the component would not say; null in a conflict
    step VARCHAR step that gave it
    label_id VARCHAR chosen label
    attempt_id VARCHAR attempt that gave it
    candidates BIGINT how many labels there are
    """,
    resolved(
        "labels",
        "taxonomy",
        "i.value",
        "NULL::VARCHAR",
        "false",
        "i.label_page IS NULL",
        "nullif(c.value, '') AS value, c.confidence, c.abstained, c.step, c.label_id, c.attempt_id",
    ),
)


def latest(table: str, keys: str, columns: str, among: str = "current_documents") -> str:
    """The last item of each document (and rule), as the record's properties have it."""
    key = "".join(f", i.{name}" for name in keys.split())
    same = "".join(f" AND l.{name} = i.{name}" for name in keys.split())
    return f"""
    WITH last AS (
        SELECT i.document_id, i.run_id{key}, max(i.ordinal) AS ordinal, any_value(d.name) AS name
        FROM {table} i JOIN {among} d ON d.document_id = i.document_id AND d.run_id = i.run_id
        GROUP BY i.document_id, i.run_id{key})
    SELECT i.document_id, i.run_id, l.name, {columns}
    FROM {table} i JOIN last l ON l.document_id = i.document_id AND l.run_id = i.run_id AND l.ordinal = i.ordinal{same}
    """


_CURRENT_CHECKS: Final = view(
    "current_checks",
    "One row for each current document and rule: its latest verdict.",
    _ITEM.format(what="rule", which="rule")
    + """
    passed BOOLEAN verdict; null where it cannot be known
    severity VARCHAR info, warning or error
    message VARCHAR why, in words
    step VARCHAR step that gave it
    check_id VARCHAR check
    attempt_id VARCHAR attempt that gave it
    """,
    latest("checks", "rule", "i.rule, i.passed, i.severity, i.message, i.step, i.check_id, i.attempt_id"),
)

_CURRENT_ROUTES: Final = view(
    "current_routes",
    "One row for each current document and case that was routed: its latest route.",
    _ITEM.format(what="destination", which="where it goes")
    + """
    review BOOLEAN true when a person is to look first
    confidence DOUBLE 0..1
    reasons JSON why, each with the items it rests on
    step VARCHAR step that gave it
    route_id VARCHAR route
    attempt_id VARCHAR attempt that gave it
    """,
    latest("routes", "", "i.destination, i.review, i.confidence, i.reasons, i.step, i.route_id, i.attempt_id"),
)

_FIELD_PROVENANCE: Final = view(
    "field_provenance",
    "Where every reading of every current field comes from: quote, page, box, document, component, version, configuration, model.",
    """
    document_id VARCHAR document or case that has the field
    run_id VARCHAR latest run that has an outcome for it
    name VARCHAR its file name
    path VARCHAR where the value belongs
    value_text VARCHAR value as text
    chosen BOOLEAN true for the reading that current_fields shows
    field_id VARCHAR field
    grounding VARCHAR extracted, derived or ungrounded
    confidence DOUBLE calibrated, 0..1
    raw_confidence DOUBLE as the component gave it, 0..1
    quote VARCHAR the value as printed at its first span
    page BIGINT page, from 0
    char_start BIGINT first code point in that page's text
    char_end BIGINT code point after the last
    box_x0 DOUBLE left edge, 0..1 of the page's width
    box_y0 DOUBLE upper edge, 0..1 of the page's height from the top
    box_x1 DOUBLE right edge
    box_y1 DOUBLE lower edge
    table_row BIGINT row in its table, from 0
    table_column BIGINT column in its table, from 0
    artifact_id VARCHAR page text or table that the quote lies in
    span_document_id VARCHAR document that the quote lies in: the same, a part, a member, or what it is a part of
    span_document VARCHAR file name of that
    content_id VARCHAR SHA-256 of that document's bytes
    step VARCHAR step
    stage VARCHAR stage
    component VARCHAR component, as namespace.name
    version VARCHAR its version
    distribution VARCHAR package it came from
    code_digest VARCHAR SHA-256 of its code
    config_digest VARCHAR SHA-256 of its configuration
    config JSON configuration
    model VARCHAR models it worked with, each as name@version#sha256 or path#sha256
    cache VARCHAR hit, miss or none
    attempt_id VARCHAR attempt
    """,
    f"""
    WITH {ELSEWHERE},
    readings AS (
        SELECT f.*, c.name, coalesce(c.field_id = f.field_id, false) AS chosen,
               CASE WHEN f.span_document_id = '' THEN e.place ELSE f.span_document_id END AS place
        FROM current_fields c
        JOIN fields f ON f.document_id = c.document_id AND f.run_id = c.run_id AND f.path = c.path
        LEFT JOIN elsewhere e ON e.document_id = f.document_id AND e.run_id = f.run_id AND e.artifact_id = f.artifact_id)
    SELECT f.document_id, f.run_id, f.name, f.path, f.value_text, f.chosen, f.field_id, f.status AS grounding,
           f.confidence, f.raw_confidence, f.quote, f.page, f.char_start, f.char_end, f.box_x0, f.box_y0, f.box_x1, f.box_y1,
           f.table_row, f.table_column, f.artifact_id, f.place AS span_document_id, s.name AS span_document, s.content_id,
           f.step, a.stage, a.component, a.version, u.distribution, a.code_digest, a.config_digest, u.config, a.model, a.cache, f.attempt_id
    FROM readings f
    LEFT JOIN documents s ON s.document_id = f.place AND s.run_id = f.run_id
    LEFT JOIN attempts a ON a.document_id = f.document_id AND a.run_id = f.run_id AND a.attempt_id = f.attempt_id
    LEFT JOIN plugins u ON u.run_id = f.run_id AND u.step = f.step AND u.component = a.component
    """,
)

_LATENCY: Final = view(
    "latency",
    "How long components take, by version and hour, over attempts that really worked (not skipped, unsupported or taken from the memo).",
    """
    stage VARCHAR stage
    component VARCHAR component
    version VARCHAR its version
    hour TIMESTAMPTZ hour in which the attempts began
    attempts BIGINT how many
    p50_seconds DOUBLE median of the wall time
    p95_seconds DOUBLE 95th percentile
    p99_seconds DOUBLE 99th percentile
    mean_queue_seconds DOUBLE mean time spent waiting before
    failed BIGINT attempts that failed
    """,
    """
    SELECT stage, component, version, date_trunc('hour', started_at) AS hour, count(*) AS attempts,
           quantile_cont(wall_seconds, 0.5) AS p50_seconds, quantile_cont(wall_seconds, 0.95) AS p95_seconds,
           quantile_cont(wall_seconds, 0.99) AS p99_seconds, avg(queue_seconds) AS mean_queue_seconds,
           count(*) FILTER (status = 'failed') AS failed
    FROM attempts WHERE cache <> 'hit' AND status IN ('ok', 'partial', 'failed')
    GROUP BY ALL
    """,
)

_ERRORS: Final = view(
    "errors",
    "What went wrong, by category, step and component version. A component that left a document to another one did nothing wrong.",
    """
    category VARCHAR kind of trouble, as in failures
    stage VARCHAR stage
    step VARCHAR step
    component VARCHAR component
    version VARCHAR its version
    failures BIGINT failed pages, blocks of rows and documents
    documents BIGINT documents concerned
    first_at TIMESTAMPTZ when it happened first
    last_at TIMESTAMPTZ when it happened last
    last_message VARCHAR what was said then
    """,
    """
    WITH left_to_others AS (
        SELECT run_id, document_id, attempt_id FROM attempts a
        WHERE status = 'unsupported' AND EXISTS (
            FROM attempts o
            WHERE o.document_id = a.document_id AND o.run_id = a.run_id AND o.step = a.step AND o.status NOT IN ('unsupported', 'skipped')
        )
    )
    SELECT category, stage, step, component, version, count(*) AS failures, count(DISTINCT document_id) AS documents,
           min(failed_at) AS first_at, max(failed_at) AS last_at, arg_max(message, failed_at) AS last_message
    FROM failures ANTI JOIN left_to_others USING (run_id, document_id, attempt_id)
    GROUP BY category, stage, step, component, version
    """,
)

_COST: Final = view(
    "cost",
    "What each step of each run took: time, tokens and money.",
    """
    run_id VARCHAR run
    pipeline VARCHAR its pipeline
    step VARCHAR step
    component VARCHAR component
    attempts BIGINT attempts
    hits BIGINT of these, taken from the memo
    documents BIGINT documents
    units BIGINT pages, blocks of rows or documents worked on
    wall_seconds DOUBLE sum of the wall times
    cpu_seconds DOUBLE sum of the processor times, as attempts have them
    tokens BIGINT tokens of language models
    cost DECIMAL(38,10) cost as reported by the component
    """,
    """
    SELECT a.run_id, any_value(p.pipeline) AS pipeline, a.step, a.component, count(*) AS attempts,
           count(*) FILTER (a.cache = 'hit') AS hits, count(DISTINCT a.document_id) AS documents, sum(a.units)::BIGINT AS units,
           sum(a.wall_seconds) AS wall_seconds, sum(a.cpu_seconds) AS cpu_seconds, sum(a.tokens)::BIGINT AS tokens, sum(a.cost) AS cost
    FROM attempts a LEFT JOIN pipelines p ON p.run_id = a.run_id
    GROUP BY a.run_id, a.step, a.component
    """,
)

_STRAIGHT_THROUGH: Final = view(
    "straight_through",
    "How much went through without a person, per run: of the cases and the documents that are in no case, those that completed and have a "
    "route without review.",
    """
    run_id VARCHAR run
    pipeline VARCHAR its pipeline
    items BIGINT cases, and documents that are in no case
    straight BIGINT of these, completed with a route without review
    review BIGINT of these, with a route to review
    unrouted BIGINT of these, without any route
    rate DOUBLE straight / items, 0..1
    """,
    """
    WITH last AS (
        SELECT document_id, run_id, arg_max(review, ordinal) AS review FROM routes GROUP BY document_id, run_id),
    items AS (
        SELECT o.run_id, o.status, r.review
        FROM outcomes o
        LEFT JOIN last r ON r.document_id = o.document_id AND r.run_id = o.run_id
        ANTI JOIN members m ON m.member_id = o.document_id AND m.run_id = o.run_id
        WHERE o.kind <> 'container')
    SELECT i.run_id, any_value(p.pipeline) AS pipeline, count(*) AS items,
           count(*) FILTER (i.status = 'completed' AND i.review = false) AS straight,
           count(*) FILTER (i.review) AS review, count(*) FILTER (i.review IS NULL) AS unrouted,
           straight / items AS rate
    FROM items i LEFT JOIN pipelines p ON p.run_id = i.run_id
    GROUP BY i.run_id
    """,
)

_CONSERVATION: Final = view(
    "conservation",
    "Nothing disappears: per run, documents found = completed + partial + failed + refused. Containers are no documents; cases are counted "
    "apart.",
    """
    run_id VARCHAR run
    pipeline VARCHAR its pipeline
    run_status VARCHAR completed, interrupted or failed; empty while it is under way or when it was killed
    found BIGINT documents found
    completed BIGINT of these, completed
    partial BIGINT of these, partial: some of it failed
    failed BIGINT of these, failed
    refused BIGINT of these, refused: nobody handles them
    unfinished BIGINT of these, without an outcome
    cases BIGINT cases, which are not in found
    containers BIGINT folders, archives and packets that were split, which are not in found
    holds BOOLEAN whether each document found has exactly one outcome; holds for every run that finished
    """,
    """
    WITH ended AS (
        SELECT document_id, run_id, count(*) AS outcomes, any_value(status) AS status, bool_or(kind = 'container') AS container
        FROM outcomes GROUP BY document_id, run_id),
    seen AS (
        SELECT document_id, run_id, count(*) AS times, bool_or(kind = 'case') AS is_case, bool_or(kind = 'container') AS container
        FROM documents GROUP BY document_id, run_id),
    counted AS (
        SELECT coalesce(s.run_id, e.run_id) AS run_id, e.status, coalesce(e.outcomes, 0) AS outcomes, coalesce(s.times, 0) AS times,
               coalesce(s.is_case, false) AS is_case, coalesce(s.container, false) OR coalesce(e.container, false) AS container
        FROM seen s FULL JOIN ended e ON e.document_id = s.document_id AND e.run_id = s.run_id),
    started AS (
        SELECT run_id, any_value(pipeline) AS pipeline, coalesce(max(status) FILTER (event = 'finished'), '') AS run_status
        FROM runs GROUP BY run_id)
    SELECT r.run_id, any_value(r.pipeline) AS pipeline, any_value(r.run_status) AS run_status,
           count(c.run_id) FILTER (NOT is_case AND NOT container) AS found,
           count(*) FILTER (NOT is_case AND NOT container AND c.status = 'completed') AS completed,
           count(*) FILTER (NOT is_case AND NOT container AND c.status = 'partial') AS partial,
           count(*) FILTER (NOT is_case AND NOT container AND c.status = 'failed') AS failed,
           count(*) FILTER (NOT is_case AND NOT container AND c.status = 'refused') AS refused,
           count(*) FILTER (NOT is_case AND NOT container AND outcomes = 0) AS unfinished,
           count(*) FILTER (is_case) AS cases, count(*) FILTER (container) AS containers,
           coalesce(bool_and(times = 1 AND (outcomes = 1 OR container AND outcomes = 0)), true) AS holds
    FROM started r LEFT JOIN counted c ON c.run_id = r.run_id
    GROUP BY r.run_id
    """,
)

_CURRENT_MODELS: Final = view(
    "current_models",
    "The versions of trained models, each with the aliases that stand for it now and its latest evaluation.",
    """
    name VARCHAR name
    version BIGINT version, from 1
    aliases VARCHAR[] aliases that stand for it now, such as champion
    digest VARCHAR SHA-256 over the paths, sizes and SHA-256 of its files
    task VARCHAR what it is for
    format VARCHAR format of its files
    component VARCHAR component that trained it
    component_version VARCHAR its version
    examples BIGINT how many examples it was trained on
    measure VARCHAR figure of its latest evaluation: accuracy or f1; null where there is none
    value DOUBLE that figure
    low DOUBLE lower end of its 95% interval
    high DOUBLE upper end
    evaluated_on BIGINT how many examples it was evaluated on
    created_at TIMESTAMPTZ when it was added
    """,
    """
    WITH standing AS (
        SELECT name, alias, arg_max(version, change) AS version FROM model_aliases GROUP BY name, alias),
    named AS (SELECT name, version, list(alias ORDER BY alias) AS aliases FROM standing GROUP BY name, version),
    measured AS (
        SELECT name, version, arg_max({'measure': measure, 'value': value, 'low': low, 'high': high, 'examples': examples}, evaluated_at)
            AS latest
        FROM model_evaluations GROUP BY name, version)
    SELECT m.name, m.version, coalesce(n.aliases, []) AS aliases, m.digest, m.task, m.format, m.component, m.component_version, m.examples,
           e.latest.measure AS measure, e.latest.value AS value, e.latest.low AS low, e.latest.high AS high,
           e.latest.examples AS evaluated_on, m.created_at
    FROM models m
    LEFT JOIN named n ON n.name = m.name AND n.version = m.version
    LEFT JOIN measured e ON e.name = m.name AND e.version = m.version
    """,
)

#: All views by name, each after those it reads.
VIEWS: Final[Mapping[str, ViewSpec]] = {
    each.name: each
    for each in (
        _CURRENT_DOCUMENTS,
        _CURRENT_FIELDS,
        _CURRENT_LABELS,
        _CURRENT_ROUTES,
        _CURRENT_CHECKS,
        CURRENT_COLUMNS,
        _FIELD_PROVENANCE,
        _LATENCY,
        _ERRORS,
        _COST,
        _STRAIGHT_THROUGH,
        _CONSERVATION,
        LINEAGE,
        _CURRENT_MODELS,
    )
}
