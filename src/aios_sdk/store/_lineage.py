"""Lineage in SQL: every edge between what a run found and made, and the walks along them."""

from __future__ import annotations

from typing import Final

from ._tables import MacroSpec, columns_of, view

#: The tables of a query ``WITH``, of which ``elsewhere`` says which part of a document, or what it is a part of, has an artifact (a page's
#: text, or a table): a place that was named without its document.
ELSEWHERE: Final = """near AS (
        SELECT run_id, document_id, parent_id AS other_id FROM documents WHERE parent_id <> ''
        UNION ALL SELECT run_id, parent_id, document_id FROM documents WHERE parent_id <> ''),
    holders AS (
        SELECT run_id, document_id, text_artifact AS artifact_id FROM pages WHERE text_artifact IS NOT NULL
        UNION ALL SELECT run_id, document_id, artifact_id FROM tables),
    elsewhere AS (
        SELECT n.run_id, n.document_id, h.artifact_id, min(h.document_id) AS place
        FROM near n JOIN holders h ON h.document_id = n.other_id AND h.run_id = n.run_id GROUP BY ALL)"""


def _first_span(table: str, kind: str) -> str:
    return f"""
    SELECT i.run_id, i.document_id, i.attempt_id,
           CASE WHEN i.table_row IS NOT NULL THEN 'table' WHEN i.char_start IS NOT NULL THEN 'text' ELSE 'document' END,
           CASE WHEN coalesce(i.table_row, i.char_start) IS NULL AND i.span_document_id <> '' THEN i.span_document_id
                ELSE i.artifact_id END,
           i.span_document_id, '{kind}', i.{kind}_id, 'rests_on'
    FROM {table} i WHERE i.span_count > 0"""


def _made(table: str, kind: str, identity: str) -> str:
    return f"SELECT run_id, document_id, attempt_id, 'attempt', attempt_id, document_id, '{kind}', {identity}, 'generated' FROM {table}"


LINEAGE: Final = view(
    "lineage",
    "All edges, from what was there to what came of it: those of the table edges and those that columns of other tables say.",
    """
    run_id VARCHAR run
    document_id VARCHAR document or case of the target
    attempt_id VARCHAR attempt that drew it; empty for part_of and member
    source_kind VARCHAR document, attempt, text, table, field, label or check
    source_id VARCHAR where it comes from
    source_document_id VARCHAR document that holds the source; empty when not known
    target_kind VARCHAR document, attempt, artifact, text, table, field, label, summary, check, redaction or route
    target_id VARCHAR what came of it
    relation VARCHAR part_of, member, used, generated, derived, rests_on, text_of or view_of
    """,
    " UNION ALL ".join(
        (
            "SELECT run_id, document_id, attempt_id, source_kind, source_id, source_document_id, target_kind, target_id, relation "
            "FROM edges",
            "SELECT run_id, document_id, '', 'document', parent_id, parent_id, 'document', document_id, 'part_of' FROM documents "
            "WHERE parent_id <> ''",
            "SELECT run_id, document_id, '', 'document', member_id, member_id, 'document', document_id, 'member' FROM members",
            "SELECT run_id, document_id, attempt_id, 'document', document_id, document_id, 'attempt', attempt_id, 'used' FROM attempts",
            _made("artifacts", "artifact", "artifact_id"),
            _made("tables", "table", "artifact_id"),
            _made("pages", "text", "text_artifact") + " WHERE text_artifact IS NOT NULL",
            "SELECT run_id, document_id, attempt_id, 'document', document_id, document_id, 'text', text_artifact, 'text_of' FROM pages "
            "WHERE text_artifact IS NOT NULL",
            _made("fields", "field", "field_id"),
            _first_span("fields", "field"),
            _made("labels", "label", "label_id"),
            _first_span("labels", "label"),
            _made("summaries", "summary", "summary_id"),
            _made("checks", "check", "check_id"),
            _made("redactions", "redaction", "redaction_id"),
            _made("routes", "route", "route_id"),
        )
    ),
)

# Longest way that lineage is followed; a claim with parts, cases, derived fields, checks and routes needs about a dozen steps.
_DEEPEST: Final = 64


def _walk(name: str, description: str, near: str, far: str) -> MacroSpec:
    """A walk over the edges of one run; both ends are matched with their document, where it is known.

    Edges lead out of a document only to its parts and cases. So these are found first, and of the large tables only their rows are joined.
    """
    end = {"source": "source_document_id", "target": "document_id"}
    sql = f"""
    WITH RECURSIVE beginning AS MATERIALIZED (
        SELECT run_id, document_id, {near}_kind AS kind, {near}_id AS node, {end[near]} AS holder
        FROM lineage WHERE {near}_id = id AND (run IS NULL OR run_id = run)),
    latest AS MATERIALIZED (SELECT max(run_id) AS run_id FROM beginning),
    links AS MATERIALIZED (
        SELECT document_id AS one, parent_id AS other FROM documents WHERE run_id = (FROM latest) AND parent_id <> ''
        UNION ALL SELECT document_id, member_id FROM members WHERE run_id = (FROM latest)),
    family(member) AS (
        SELECT document_id FROM beginning UNION SELECT holder FROM beginning
        UNION SELECT CASE WHEN l.one = f.member THEN l.other ELSE l.one END
        FROM family f JOIN (SELECT one AS known, * FROM links UNION ALL SELECT other, * FROM links) l ON l.known = f.member),
    within AS MATERIALIZED (
        SELECT * FROM lineage WHERE run_id = (FROM latest) AND document_id IN (FROM family)),
    walk(depth, kind, node, holder, relation, reached_from) AS (
        SELECT DISTINCT 0, kind, node, holder, '', '' FROM beginning WHERE run_id = (FROM latest)
        UNION
        SELECT w.depth + 1, e.{far}_kind, e.{far}_id, e.{end[far]}, e.relation, w.node
        FROM walk w JOIN within e ON e.{near}_id = w.node AND e.{near}_kind = w.kind
            AND (e.{end[near]} = w.holder OR w.holder = '' OR e.{end[near]} = '')
        WHERE w.depth < {_DEEPEST})
    SELECT min(depth) AS depth, kind, node AS id, holder AS document_id, arg_min(relation, depth) AS relation,
           arg_min(reached_from, depth) AS reached_from
    FROM walk GROUP BY kind, node, holder ORDER BY 1, 2, 3"""
    columns = columns_of("""
    depth BIGINT steps from where the walk began
    kind VARCHAR document, attempt, artifact, text, table, field, label, summary, check, redaction or route
    id VARCHAR what was reached
    document_id VARCHAR document that holds it; empty when not known
    relation VARCHAR edge by which it was reached; empty for the beginning
    reached_from VARCHAR id of the other end of that edge
    """)
    return MacroSpec(name, ("id", "run := NULL"), columns, description, sql)


#: The walks along the edges.
LINEAGE_MACROS: Final = (
    _walk(
        "lineage_up",
        "Everything that the item, text, attempt or document id comes from, in the latest run that has it (or run).",
        "target",
        "source",
    ),
    _walk(
        "lineage_down",
        "Everything that came of the document, text, attempt or item id, in the latest run that has it (or run).",
        "source",
        "target",
    ),
)
