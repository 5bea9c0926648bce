"""The provenance of a store in the terms of W3C PROV-O, as JSON-LD that needs no network to be read."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote

import msgspec

from ._lineage import ELSEWHERE

if TYPE_CHECKING:
    import duckdb

Node: TypeAlias = dict[str, Any]

_PROV: Final = "http://www.w3.org/ns/prov#"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
# Rows that are fetched, and written, at a time.
_ROWS: Final = 10_000


def _to(term: str) -> Node:
    return {"@id": f"prov:{term}", "@type": "@id"}


#: What the words of the nodes mean. Terms of PROV-O and Dublin Core have their own; what only a store knows is ``urn:aios:term:``.
CONTEXT: Final[Node] = {
    "prov": _PROV,
    "xsd": _XSD,
    "dcterms": "http://purl.org/dc/terms/",
    "@vocab": "urn:aios:term:",
    **{name: f"prov:{name}" for name in ("Activity", "Association", "Collection", "Entity", "Plan", "SoftwareAgent")},
    **{
        name: _to(name)
        for name in ("agent", "hadMember", "hadPlan", "used", "wasAssociatedWith", "wasDerivedFrom", "wasGeneratedBy", "wasRevisionOf")
    },
    "qualifiedAssociation": "prov:qualifiedAssociation",
    "value": "prov:value",
    **{name: {"@id": f"prov:{name}", "@type": "xsd:dateTime"} for name in ("startedAtTime", "endedAtTime", "invalidatedAtTime")},
    "cost": {"@type": "xsd:decimal", "@id": "urn:aios:term:cost"},
    "isPartOf": {"@id": "dcterms:isPartOf", "@type": "@id"},
    "name": "dcterms:title",
    "format": "dcterms:format",
}

_encode: Final = msgspec.json.Encoder(decimal_format="string", order="deterministic").encode


def iri(kind: str, *names: str) -> str:
    """The name of a thing in the graph, such as ``urn:aios:document:4f1c``; made of ids alone, so the same in every export."""
    return ":".join(("urn:aios", kind, *(quote(name, safe="") for name in names)))


def write_prov(connection: duckdb.DuckDBPyConnection, file: Path) -> int:
    """Write everything that the tables of ``connection`` tell, one node after the other; gives how many. A thing may be told in several."""
    count = 0
    with file.open("wb") as out:
        out.write(b'{"@context": ' + _encode(CONTEXT) + b',\n"@graph": [')
        for node in _nodes(connection):
            out.write((b",\n" if count else b"\n") + _encode({key: value for key, value in node.items() if value not in (None, "")}))
            count += 1
        out.write(b"\n]}\n")
    return count


def _nodes(connection: duckdb.DuckDBPyConnection) -> Iterator[Node]:
    yield from _documents(connection)
    yield from _runs(connection)
    yield from _agents(connection)
    models = yield from _models(connection)
    yield from _attempts(connection, models)
    yield from _pages(connection)
    for table, (kind, identity, columns) in _ITEMS.items():
        yield from _items(connection, table, kind, identity, columns)
    yield from _edges(connection)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    # A cursor of its own: nothing is held but the rows that are being written.
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        found = cursor.execute(query)
        while rows := found.fetchmany(_ROWS):
            yield from rows


def _documents(connection: duckdb.DuckDBPyConnection) -> Iterator[Node]:
    query = """
        SELECT d.document_id, any_value(d.kind), max(d.name), max(d.media_type), max(d.content_id), max(d.bytes), max(d.supersedes),
               max(f.forgotten_at)
        FROM documents d LEFT JOIN forgotten f ON f.document_id = d.document_id AND f.forgotten_at >= d.found_at GROUP BY d.document_id"""
    for identity, kind, name, media, content, size, supersedes, forgotten in _rows(connection, query):
        yield {
            "@id": iri("document", identity),
            "@type": ["Entity", "Collection"] if kind == "case" else "Entity",
            "kind": kind,
            "name": name,
            "format": media,
            "sha256": content,
            "bytes": size if content else None,
            "wasRevisionOf": iri("document", supersedes) if supersedes else None,
            "invalidatedAtTime": _time(forgotten),
        }


def _runs(connection: duckdb.DuckDBPyConnection) -> Iterator[Node]:
    query = """
        SELECT run_id, any_value(pipeline), any_value(pipeline_version), any_value(sdk), min(occurred_at) FILTER (event = 'started'),
               max(occurred_at) FILTER (event = 'finished'), max(status)
        FROM runs GROUP BY run_id"""
    for run, pipeline, version, sdk, started, ended, status in _rows(connection, query):
        plan = iri("pipeline", pipeline, version)
        yield {"@id": plan, "@type": ["Entity", "Plan"], "name": pipeline, "version": version}
        yield {"@id": (agent := iri("sdk", sdk)), "@type": "SoftwareAgent", "name": "aios-sdk", "version": sdk}
        yield {
            "@id": iri("run", run),
            "@type": "Activity",
            "kind": "run",
            "startedAtTime": _time(started),
            "endedAtTime": _time(ended),
            "status": status,
            "wasAssociatedWith": agent,
            "qualifiedAssociation": {"@type": "Association", "agent": agent, "hadPlan": plan},
        }


def _agents(connection: duckdb.DuckDBPyConnection) -> Iterator[Node]:
    query = """
        SELECT a.component, a.version, a.code_digest, max(p.distribution)
        FROM (SELECT DISTINCT run_id, step, component, version, code_digest FROM attempts WHERE component <> '') a
        LEFT JOIN plugins p ON p.run_id = a.run_id AND p.step = a.step AND p.component = a.component GROUP BY ALL"""
    for component, version, code, distribution in _rows(connection, query):
        yield {
            "@id": iri("component", component, version, code),
            "@type": "SoftwareAgent",
            "name": component,
            "version": version,
            "code": code,
            "distribution": distribution,
        }
    query = "SELECT config_digest, any_value(config::VARCHAR) FROM plugins WHERE config_digest <> '' GROUP BY config_digest"
    for digest, config in _rows(connection, query):
        yield {"@id": iri("configuration", digest), "@type": "Entity", "kind": "configuration", "value": config}


def _models(connection: duckdb.DuckDBPyConnection) -> Generator[Node, None, dict[tuple[str, str, str], list[str]]]:
    """The models that runs worked with, and what is recorded of those that the store has; gives their names by run, step and component."""
    query = "SELECT name || '@' || version, digest, task, format, component, examples_digest, created_at FROM models"
    for model, digest, task, format, component, examples, created in _rows(connection, query):
        yield {
            **_model(model, digest),
            "task": task,
            "format": format,
            "trained_by": component,
            "trained_on": examples,
            "created": _time(created),
        }
    used: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    query = "SELECT run_id, step, component, model, model_digest FROM model_uses WHERE model_digest <> '' ORDER BY ALL"
    for run, step, component, model, digest in _rows(connection, query):
        node = _model(model, digest)
        yield node
        used[run, step, component].append(node["@id"])
    return used


def _model(model: str, digest: str) -> Node:
    return {"@id": iri("model", model, digest), "@type": "Entity", "kind": "model", "name": model, "sha256": digest}


def _attempts(connection: duckdb.DuckDBPyConnection, models: Mapping[tuple[str, str, str], Sequence[str]]) -> Iterator[Node]:
    query = """
        SELECT attempt_id, run_id, document_id, step, stage, component, version, code_digest, config_digest, model, status, cache,
               started_at, started_at + to_microseconds((wall_seconds * 1e6)::BIGINT), tokens, cost
        FROM attempts"""
    for row in _rows(connection, query):
        attempt, run, document, step, stage, component, version, code, config, model, status, cache, started, ended, tokens, cost = row
        yield {
            "@id": iri("attempt", attempt),
            "@type": "Activity",
            "kind": "attempt",
            "step": step,
            "stage": stage,
            "model": model,
            "status": status,
            "cache": cache,
            "tokens": tokens,
            "cost": _decimal(cost),
            "startedAtTime": _time(started),
            "endedAtTime": _time(ended),
            "isPartOf": iri("run", run),
            "used": [
                iri("document", document),
                *([iri("configuration", config)] if config else []),
                *models.get((run, step, component), ()),
            ],
            "wasAssociatedWith": iri("component", component, version, code) if component else None,
        }


def _pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Node]:
    query = "SELECT run_id, document_id, attempt_id, page, text_artifact, method, language, characters, width IS NOT NULL FROM pages"
    for run, document, attempt, page, text, method, language, characters, is_described in _rows(connection, query):
        here = iri("page", run, document, str(page))
        node = {"@id": here, "@type": "Entity", "kind": "page", "page": page, "wasDerivedFrom": iri("document", document)}
        yield {**node, "wasGeneratedBy": iri("attempt", attempt)} if is_described else node
        if text is not None:
            yield {
                "@id": iri("text", run, document, text),
                "@type": "Entity",
                "kind": "text",
                "method": method,
                "language": language,
                "characters": characters,
                "wasDerivedFrom": here,
            }


_PLACE: Final = "quote page char_start char_end box_x0 box_y0 box_x1 box_y1 table_row table_column"
#: The tables of items: the kind of their nodes, their id, and the columns that are told under their own names.
_ITEMS: Final = {
    "artifacts": ("artifact", "artifact_id", "layer items bytes"),
    "tables": ("table", "artifact_id", "name page row_count column_count"),
    "fields": ("field", "field_id", f"path type value_text currency status confidence {_PLACE}"),
    "labels": ("label", "label_id", f"taxonomy value confidence abstained {_PLACE}"),
    "summaries": ("summary", "summary_id", "method summary"),
    "checks": ("check", "check_id", "rule passed severity message"),
    "redactions": ("redaction", "redaction_id", "confidence"),
    "routes": ("route", "route_id", "destination review confidence"),
}
#: The columns whose values are what the thing says.
_SAID: Final = {"value_text": "value", "summary": "value"}


def _items(connection: duckdb.DuckDBPyConnection, table: str, kind: str, identity: str, columns: str) -> Iterator[Node]:
    named = [_SAID.get(column, column) for column in columns.split()]
    query = f"SELECT run_id, document_id, attempt_id, {identity}, {', '.join(columns.split())} FROM {table}"
    for run, document, attempt, item, *values in _rows(connection, query):
        yield {
            "@id": iri(kind, run, document, item),
            "@type": "Entity",
            "kind": kind,
            "wasGeneratedBy": iri("attempt", attempt),
            **dict(zip(named, values, strict=True)),
        }


def _edges(connection: duckdb.DuckDBPyConnection) -> Iterator[Node]:
    query = f"""
        WITH {ELSEWHERE}
        SELECT l.run_id, l.document_id, l.source_kind, l.source_id,
               coalesce(nullif(l.source_document_id, ''), e.place), l.target_kind, l.target_id, l.relation
        FROM lineage l
        LEFT JOIN elsewhere e ON l.source_document_id = '' AND e.run_id = l.run_id AND e.document_id = l.document_id
            AND e.artifact_id = l.source_id
        WHERE l.relation IN ('part_of', 'member', 'derived', 'rests_on', 'view_of')"""
    for run, document, source_kind, source, holder, target_kind, target, relation in _rows(connection, query):
        origin, result = _thing(run, holder, source_kind, source), _thing(run, document, target_kind, target)
        if holder is None:  # such as the table of a policy, which a component brought along
            yield {"@id": origin, "@type": "Entity", "kind": source_kind}
        yield {"@id": result, ("hadMember" if relation == "member" else "wasDerivedFrom"): origin}


def _thing(run: str, document: str | None, kind: str, identity: str) -> str:
    return iri(kind, identity) if kind == "document" or document is None else iri(kind, run, document, identity)


def _time(value: dt.datetime | None) -> str | None:
    return None if value is None else value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")
