"""What differs between two runs, and why: the macro ``changed``."""

from __future__ import annotations

from typing import Final

from ._tables import MacroSpec, columns_of
from ._views import latest, resolved

# What became of each document of the two runs, in the words of the views current_...
_FIELDS: Final = resolved(
    "fields", "path", "i.normalised", "nullif(i.currency, '')", "i.status = 'ungrounded'", "true", "c.value_text, c.currency", "found"
)
_LABELS: Final = resolved("labels", "taxonomy", "i.value", "NULL::VARCHAR", "false", "i.label_page IS NULL", "c.value", "found")
_CHECKS: Final = latest("checks", "rule", "i.rule, i.passed", "found")
_ROUTES: Final = latest("routes", "", "i.destination, i.review", "found")

# A document is compared with itself; one that has other bytes now, with what came from the same place before.
_PAIRS: Final = """
    found AS MATERIALIZED (
        SELECT run_id, document_id, kind, name, content_id, parent_id, position, coalesce(nullif(path, ''), key) AS place
        FROM documents WHERE run_id IN (run_a, run_b)),
    addresses(run_id, document_id, address) AS (
        SELECT run_id, document_id, place FROM found WHERE parent_id = '' AND kind <> 'case'
        UNION ALL
        SELECT f.run_id, f.document_id, a.address || chr(31) || f.position
        FROM addresses a JOIN found f ON f.parent_id = a.document_id AND f.run_id = a.run_id),
    addressed AS MATERIALIZED (
        SELECT f.run_id, f.document_id, f.name, f.content_id, coalesce(a.address, 'case of ' || m.address) AS address
        FROM found f
        LEFT JOIN addresses a ON a.document_id = f.document_id AND a.run_id = f.run_id
        LEFT JOIN (
            SELECT m.run_id, m.document_id, a.address
            FROM members m JOIN addresses a ON a.document_id = m.member_id AND a.run_id = m.run_id WHERE m.ordinal = 0) m
            ON m.document_id = f.document_id AND m.run_id = f.run_id
        WHERE f.kind <> 'container'),
    a_only AS (
        SELECT * FROM addressed f WHERE run_id = run_a
        AND NOT EXISTS (FROM addressed o WHERE o.run_id = run_b AND o.document_id = f.document_id)),
    b_only AS (
        SELECT * FROM addressed f WHERE run_id = run_b
        AND NOT EXISTS (FROM addressed o WHERE o.run_id = run_a AND o.document_id = f.document_id)),
    pairs AS MATERIALIZED (
        SELECT document_id AS pair, document_id AS a_id, document_id AS b_id, name, content_id AS a_content, content_id AS b_content
        FROM addressed o WHERE run_id = run_b
        AND EXISTS (FROM addressed f WHERE f.run_id = run_a AND f.document_id = o.document_id)
        UNION ALL
        SELECT coalesce(b.document_id, a.document_id), a.document_id, b.document_id, coalesce(b.name, a.name), a.content_id, b.content_id
        FROM a_only a FULL JOIN b_only b ON b.address = a.address),
    sides AS MATERIALIZED (
        SELECT pair, run_a AS run_id, a_id AS document_id, true AS is_a FROM pairs WHERE a_id IS NOT NULL
        UNION ALL SELECT pair, run_b, b_id, false FROM pairs WHERE b_id IS NOT NULL)"""

_VALUES: Final = f"""
    items AS (
        SELECT run_id, document_id, 'field' AS kind, path, value_text AS value, coalesce(currency, '') AS unit, status FROM ({_FIELDS})
        UNION ALL SELECT run_id, document_id, 'label', taxonomy, value, '', status FROM ({_LABELS})
        UNION ALL SELECT run_id, document_id, 'check', rule, passed::VARCHAR, '', '' FROM ({_CHECKS})
        UNION ALL
        SELECT run_id, document_id, 'route', '', destination, CASE WHEN review THEN 'after review' ELSE '' END, '' FROM ({_ROUTES})),
    held AS MATERIALIZED (
        SELECT s.pair, s.is_a, i.kind, i.path, i.value, i.unit, i.status = 'conflict' AS in_conflict
        FROM items i JOIN sides s ON s.document_id = i.document_id AND s.run_id = i.run_id),
    differing AS MATERIALIZED (
        SELECT coalesce(b.pair, a.pair) AS pair, coalesce(b.kind, a.kind) AS kind, coalesce(b.path, a.path) AS path,
               CASE WHEN a.pair IS NULL THEN 'added' WHEN b.pair IS NULL THEN 'removed' ELSE 'changed' END AS change,
               trim(a.value || ' ' || a.unit) AS before, trim(b.value || ' ' || b.unit) AS after
        FROM (FROM held WHERE is_a) a FULL JOIN (FROM held WHERE NOT is_a) b ON b.pair = a.pair AND b.kind = a.kind AND b.path = a.path
        WHERE a.pair IS NULL OR b.pair IS NULL
           OR (a.value, a.unit, a.in_conflict) IS DISTINCT FROM (b.value, b.unit, b.in_conflict)),
    givers AS (
        SELECT DISTINCT s.pair, g.kind, g.path, g.step
        FROM (SELECT run_id, document_id, 'field' AS kind, path, step FROM fields WHERE run_id IN (run_a, run_b)
              UNION ALL SELECT run_id, document_id, 'label', taxonomy, step FROM labels WHERE run_id IN (run_a, run_b)
              UNION ALL SELECT run_id, document_id, 'check', rule, step FROM checks WHERE run_id IN (run_a, run_b)
              UNION ALL SELECT run_id, document_id, 'route', '', step FROM routes WHERE run_id IN (run_a, run_b)) g
        JOIN sides s ON s.document_id = g.document_id AND s.run_id = g.run_id)"""


def _shown(model: str) -> str:
    """The SQL of models to read: without most of their digests."""
    return f"regexp_replace({model}, '#([0-9a-f]{{12}})[0-9a-f]*', '#\\1', 'g')"


# How the steps of a document differ; the model first, since a configuration may differ by naming another one. A step may have several
# attempts, by a component and those it falls back to.
_STEPS: Final = f"""
    gave AS (
        SELECT s.pair, s.is_a, r.step, list_sort(list(r.layer || r.artifact_id)) AS gave
        FROM artifacts r JOIN sides s ON s.document_id = r.document_id AND s.run_id = r.run_id
        WHERE r.run_id IN (run_a, run_b) GROUP BY ALL),
    tries AS (
        SELECT s.pair, s.is_a, t.step, min(t.started_at) AS began, string_agg(DISTINCT t.component || ' ' || t.version, ', ') AS who,
               list_sort(list(DISTINCT (t.component, t.version, t.code_digest))) AS code,
               list_sort(list(DISTINCT (t.component, t.config_digest))) AS configuration,
               list_sort(list(DISTINCT (t.component, t.model))) AS model,
               list_sort(list(DISTINCT t.memo_key)) AS keys, bool_and(t.memo_key <> '') AS is_keyed,
               bool_and(t.status = 'skipped') AS skipped, bool_or(t.status = 'failed') AS failed,
               any_value(t.message) FILTER (t.status = 'failed') AS message, bool_or(u.deterministic <> 'true') AS by_chance
        FROM attempts t
        JOIN sides s ON s.document_id = t.document_id AND s.run_id = t.run_id
        LEFT JOIN plugins u ON u.run_id = t.run_id AND u.step = t.step AND u.component = t.component
        WHERE t.run_id IN (run_a, run_b) GROUP BY s.pair, s.is_a, t.step),
    known AS (SELECT step FROM tries GROUP BY step HAVING count(DISTINCT is_a) = 2),
    compared AS MATERIALIZED (
        SELECT coalesce(b.pair, a.pair) AS pair, coalesce(b.step, a.step) AS step, coalesce(b.began, a.began) AS began,
               CASE WHEN a.step IS NULL OR b.step IS NULL THEN CASE WHEN k.step IS NULL THEN 'pipeline' ELSE 'failure' END
                    WHEN a.skipped <> b.skipped THEN 'input'
                    WHEN a.code <> b.code THEN 'code'
                    WHEN a.model <> b.model THEN 'model'
                    WHEN a.configuration <> b.configuration THEN 'configuration'
                    WHEN a.failed <> b.failed THEN 'failure' END AS cause,
               CASE WHEN a.step IS NULL OR b.step IS NULL THEN
                        CASE WHEN k.step IS NULL THEN 'the step is only in the pipeline of one run'
                             ELSE 'the step was not reached in one run' END
                    WHEN a.skipped <> b.skipped THEN 'the step was skipped in one run: its condition reads what differs'
                    WHEN a.who <> b.who THEN a.who || ' -> ' || b.who
                    WHEN a.code <> b.code THEN 'the code of ' || a.who
                    WHEN a.model <> b.model THEN {_shown("a.model[1][2]")} || ' -> ' || {_shown("b.model[1][2]")}
                    WHEN a.configuration <> b.configuration THEN 'the configuration of ' || a.who
                    WHEN a.failed <> b.failed THEN coalesce(b.message, a.message) END AS detail,
               a.is_keyed AND b.is_keyed AND a.keys = b.keys AS same_key, a.by_chance OR b.by_chance AS by_chance,
               ga.gave IS DISTINCT FROM gb.gave AS gave_other
        FROM (FROM tries WHERE is_a) a
        FULL JOIN (FROM tries WHERE NOT is_a) b ON b.pair = a.pair AND b.step = a.step
        LEFT JOIN known k ON k.step = coalesce(b.step, a.step)
        LEFT JOIN gave ga ON ga.pair = a.pair AND ga.step = a.step AND ga.is_a
        LEFT JOIN gave gb ON gb.pair = b.pair AND gb.step = b.step AND NOT gb.is_a),
    earlier AS (
        SELECT c.pair, c.step, arg_min(e.step, e.began) AS step_before, arg_min(e.cause, e.began) FILTER (e.cause IS NOT NULL) AS root
        FROM compared c JOIN compared e ON e.pair = c.pair AND e.began < c.began AND e.step <> c.step AND e.gave_other
        GROUP BY c.pair, c.step)"""

_WHY: Final = """
    reasons AS (
        SELECT d.pair, d.kind, d.path, g.step, coalesce(c.gave_other, true) AS gave_other,
               CASE WHEN p.a_id IS NULL OR p.b_id IS NULL THEN 'input'
                    WHEN c.cause IS NOT NULL THEN c.cause
                    WHEN p.a_content <> p.b_content THEN 'input'
                    WHEN c.same_key THEN CASE WHEN c.by_chance THEN 'chance' ELSE 'undetermined' END
                    WHEN e.pair IS NOT NULL OR p.b_content = '' THEN 'input'
                    WHEN c.by_chance THEN 'chance'
                    ELSE 'undetermined' END AS why,
               CASE WHEN p.a_id IS NULL OR p.b_id IS NULL THEN 'the document is only in one run'
                    WHEN c.cause IS NOT NULL THEN c.detail
                    WHEN p.a_content <> p.b_content THEN 'the document has other bytes'
                    WHEN c.same_key THEN CASE WHEN c.by_chance THEN 'the component is not deterministic' ELSE 'the same went in' END
                    WHEN e.pair IS NOT NULL THEN 'what step ' || e.step_before || ' gave differs' || coalesce(' (' || e.root || ')', '')
                    WHEN p.b_content = '' THEN 'what its members have differs'
                    WHEN c.by_chance THEN 'the component is not deterministic'
                    ELSE 'nothing that is recorded differs; programs that a component calls are not' END AS detail
        FROM differing d
        JOIN pairs p ON p.pair = d.pair
        LEFT JOIN givers g ON g.pair = d.pair AND g.kind = d.kind AND g.path = d.path
        LEFT JOIN compared c ON c.pair = d.pair AND c.step = g.step
        LEFT JOIN earlier e ON e.pair = d.pair AND e.step = g.step),
    first_reasons AS (
        SELECT pair, kind, path, arg_min({'step': step, 'why': why, 'detail': detail}, {'a': list_position(
            ['pipeline', 'code', 'model', 'configuration', 'failure', 'input', 'chance', 'undetermined'], why), 'b': NOT gave_other,
            'c': step}) AS first
        FROM reasons GROUP BY pair, kind, path)
    SELECT d.pair AS document_id, p.name, d.kind, d.path, d.change, d.before, d.after, r.first.step AS step, r.first.why AS why,
           r.first.detail AS detail
    FROM differing d
    JOIN pairs p ON p.pair = d.pair
    JOIN first_reasons r ON r.pair = d.pair AND r.kind = d.kind AND r.path = d.path
    ORDER BY p.name, d.pair, d.kind, d.path"""

#: The macro.
CHANGED: Final = MacroSpec(
    "changed",
    ("run_a", "run_b"),
    columns_of("""
    document_id VARCHAR document or case, as it is in run_b, or in run_a where it is only there
    name VARCHAR its file name
    kind VARCHAR field, label, check or route
    path VARCHAR path of the field, taxonomy of the label, rule of the check; empty for a route
    change VARCHAR added, removed or changed
    before VARCHAR resolved value in run_a, with its currency; null when it is not there or in conflict
    after VARCHAR resolved value in run_b
    step VARCHAR step that the reason is about
    why VARCHAR pipeline, code, model, configuration, failure, input, chance or undetermined
    detail VARCHAR what exactly, in words
    """),
    "Which values differ between two runs, resolved as each run had them, and why, for the first of these that applies: the step is only "
    "in one pipeline; its component has other code (or is another one), another model, another configuration; it failed in one run; what "
    "went in differs (the document, its bytes, or what earlier steps gave); the component is not deterministic; or nothing recorded tells.",
    f"WITH RECURSIVE {_PAIRS},{_VALUES},{_STEPS},{_WHY}",
)
