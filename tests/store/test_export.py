"""Taking a store out: every table and view as Parquet, and its provenance as PROV-O that others can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import rdflib
from rdflib.compare import isomorphic
from rdflib.namespace import PROV, RDF, XSD

from aios_sdk.errors import InputError, UsageError
from aios_sdk.store import TABLES, VIEWS, ComponentUse, Store, connect, export, forget
from aios_sdk.store._prov import iri

from ._journals import start
from ._recording import Recording, rows_of_a_sheet
from ._rich import rich_document

TERM = "urn:aios:term:"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two runs: a rich document with a part, in a case, and then another one."""
    folder = tmp_path_factory.mktemp("export")
    path = folder / "claims.aios"
    with Store(path) as store:
        use = ComponentUse(
            step="fields", stage="extract", component="acme.fields", version="1.2+x", config='{"a": 1}', config_digest="c" * 64
        )
        first = Recording(store, uses=(use,))
        document = rich_document(first, folder)
        part = first.deliver("anhang.txt", b"part", parent=document)
        first.end(first.case("claim-1", [first.end(document), first.end(part)]))
        first.finish()
        second = Recording(store, pipeline="other")
        second.end(second.deliver("z.txt", b"z"))
        second.finish()
    return path


def asked(path: Path, query: str) -> list[tuple[Any, ...]]:
    with connect(path) as connection:
        return connection.execute(query).fetchall()


def graph_of(file: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(file, format="json-ld")


def test_every_table_and_view_is_a_parquet_file_with_the_same_rows(path: Path, tmp_path: Path) -> None:
    done = export(path, tmp_path / "out")
    assert {file.name for file in (tmp_path / "out").iterdir()} == {f"{name}.parquet" for name in (*TABLES, *VIEWS)}
    assert done.bytes == sum(file.stat().st_size for file in (tmp_path / "out").iterdir())
    for file, count, _ in done.files:
        rows = duckdb.execute("SET TimeZone = 'UTC'").execute(f"FROM '{file}'").fetchall()
        assert sorted(map(repr, rows)) == sorted(map(repr, asked(path, f"FROM {file.stem}"))), file.stem
        assert count == len(rows)
    spec = [(column.name, column.type) for column in TABLES["fields"].columns]
    described = duckdb.execute(f"DESCRIBE FROM '{tmp_path / 'out' / 'fields.parquet'}'").fetchall()
    assert [(name, kind) for name, kind, *_ in described] == spec


def test_an_export_of_a_run_is_that_of_a_store_with_nothing_else(path: Path, tmp_path: Path) -> None:
    (run,) = (run for (run,) in asked(path, "SELECT DISTINCT run_id FROM runs WHERE pipeline = 'other'"))
    export(path, tmp_path, run=run)
    for name in ("runs", "documents", "outcomes", "current_documents", "conservation", "pipelines"):
        found = duckdb.execute(f"SELECT DISTINCT run_id FROM '{tmp_path}/{name}.parquet'").fetchall()
        assert found == [(run,)], name
    assert duckdb.execute(f"SELECT count(*) FROM '{tmp_path}/fields.parquet'").fetchall() == [(0,)]
    assert duckdb.execute(f"SELECT found, completed FROM '{tmp_path}/conservation.parquet'").fetchall() == [(1, 1)]


def test_an_export_of_a_document_holds_it_with_its_parts_and_cases_and_no_other(path: Path, tmp_path: Path) -> None:
    export(path, tmp_path, document="rechnung.txt")
    names = duckdb.execute(f"SELECT name FROM '{tmp_path}/current_documents.parquet' ORDER BY 1").fetchall()
    assert names == [("anhang.txt",), ("claim-1",), ("rechnung.txt",)]
    assert duckdb.execute(f"SELECT DISTINCT pipeline FROM '{tmp_path}/runs.parquet'").fetchall() == [("claims",)]
    assert duckdb.execute(f"SELECT count(*) FROM '{tmp_path}/plugins.parquet'").fetchall() == [(1,)]
    provenance = "SELECT value_text, quote, component FROM {} WHERE path = 'total' ORDER BY ALL"
    assert duckdb.execute(provenance.format(f"'{tmp_path}/field_provenance.parquet'")).fetchall() == asked(
        path, provenance.format("field_provenance")
    )


@pytest.mark.parametrize(("asking", "said"), [({"run": "nothing"}, "no run 'nothing'"), ({"document": "nothing.pdf"}, "no document")])
def test_what_is_not_there_is_said_and_nothing_is_written(path: Path, tmp_path: Path, asking: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        export(path, tmp_path / "out", **asking)  # type: ignore[arg-type]  # one of the two options
    assert list((tmp_path / "out").iterdir()) == []


def test_a_place_that_cannot_be_written_is_an_input_error(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        export(path, tmp_path / "file")


def test_the_provenance_is_read_by_others_and_survives_being_written_by_them(path: Path, tmp_path: Path) -> None:
    export(path, tmp_path / "all.jsonld", format="prov")
    graph = graph_of(tmp_path / "all.jsonld")
    assert len(graph) > 200
    for form in ("json-ld", "turtle", "nt"):
        assert isomorphic(rdflib.Graph().parse(data=graph.serialize(format=form), format=form), graph), form


def test_the_provenance_uses_the_terms_of_prov_as_they_are_meant(path: Path, tmp_path: Path) -> None:
    export(path, tmp_path / "all.jsonld", format="prov")
    graph = graph_of(tmp_path / "all.jsonld")
    kinds = {kind: set(graph.subjects(RDF.type, kind)) for kind in (PROV.Entity, PROV.Activity, PROV.SoftwareAgent)}
    assert not kinds[PROV.Entity] & kinds[PROV.Activity]
    ranges = {
        PROV.used: (PROV.Activity, PROV.Entity),
        PROV.wasGeneratedBy: (PROV.Entity, PROV.Activity),
        PROV.wasDerivedFrom: (PROV.Entity, PROV.Entity),
        PROV.hadMember: (PROV.Entity, PROV.Entity),
        PROV.wasAssociatedWith: (PROV.Activity, PROV.SoftwareAgent),
    }
    for predicate, (domain, codomain) in ranges.items():
        pairs = list(graph.subject_objects(predicate))
        assert pairs, predicate
        assert {subject for subject, _ in pairs} <= kinds[domain], predicate
        assert {value for _, value in pairs} <= kinds[codomain], predicate
    for name in (PROV.startedAtTime, PROV.endedAtTime):
        assert {value.datatype for value in graph.objects(None, name)} == {XSD.dateTime}  # type: ignore[attr-defined]  # a literal
    terms = {predicate for predicate in graph.predicates() if str(predicate).startswith(str(PROV))}
    assert terms <= set(dir(PROV))


def test_every_row_is_in_the_provenance(path: Path, tmp_path: Path) -> None:
    export(path, tmp_path / "all.jsonld", format="prov")
    graph = graph_of(tmp_path / "all.jsonld")
    names = {str(subject) for subject in graph.subjects()}
    for kind, table, columns in (
        ("document", "documents", "document_id"),
        ("run", "runs", "run_id"),
        ("attempt", "attempts", "attempt_id"),
        ("page", "pages", "run_id, document_id, page::VARCHAR"),
        ("artifact", "artifacts", "run_id, document_id, artifact_id"),
        ("field", "fields", "run_id, document_id, field_id"),
        ("label", "labels", "run_id, document_id, label_id"),
        ("check", "checks", "run_id, document_id, check_id"),
        ("route", "routes", "run_id, document_id, route_id"),
    ):
        rows = asked(path, f"SELECT DISTINCT {columns} FROM {table}")
        assert rows
        assert {iri(kind, *row) for row in rows} <= names, kind


def test_a_question_about_a_value_is_answered_by_the_graph_alone(path: Path, tmp_path: Path) -> None:
    export(path, tmp_path / "all.jsonld", format="prov", document="rechnung.txt")
    graph = graph_of(tmp_path / "all.jsonld")
    found = list(
        graph.query(
            """
            PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX dcterms: <http://purl.org/dc/terms/> PREFIX aios: <urn:aios:term:>
            SELECT ?value ?step ?file WHERE {
                ?field aios:path "total" ; prov:value ?value ; prov:wasGeneratedBy/aios:step ?step ;
                       prov:wasDerivedFrom+ ?document . ?document aios:kind "file" ; dcterms:title ?file }"""
        )
    )
    assert {tuple(map(str, row)) for row in found} == {("471.30", "fields", "rechnung.txt")}  # type: ignore[arg-type]  # rows of a SELECT


def test_a_value_of_a_row_is_derived_from_the_table_of_its_sheet(tmp_path: Path) -> None:
    with Store(tmp_path / "rows.aios") as store:
        recording = Recording(store)
        row = rows_of_a_sheet(recording, tmp_path)
        recording.finish()
    export(tmp_path / "rows.aios", tmp_path / "rows.jsonld", format="prov")
    graph = graph_of(tmp_path / "rows.jsonld")
    field = rdflib.URIRef(iri("field", recording.run.id, row.id, row.layers.fields[0].id))
    (table,) = graph.objects(field, PROV.wasDerivedFrom)
    assert str(graph.value(table, rdflib.URIRef(f"{TERM}row_count"))) == "2"


def test_the_context_stands_in_the_file_and_needs_no_network(path: Path, tmp_path: Path) -> None:
    export(path, tmp_path / "all.jsonld", format="prov")
    content = json.loads((tmp_path / "all.jsonld").read_bytes())
    assert isinstance(content["@context"], dict)
    used = {key for node in content["@graph"] for key in node if not key.startswith("@")}
    assert {key for key in used if key in content["@context"]} >= {"used", "wasGeneratedBy", "wasDerivedFrom", "wasAssociatedWith"}


def test_a_forgotten_document_is_invalidated_in_the_provenance_and_says_no_more(tmp_path: Path) -> None:
    with Store(tmp_path / "claims.aios") as store:
        recording = Recording(store)
        document = rich_document(recording, tmp_path)
        recording.end(document)
        recording.finish()
    forget(tmp_path / "claims.aios", document.id)
    export(tmp_path / "claims.aios", tmp_path / "all.jsonld", format="prov")
    graph = graph_of(tmp_path / "all.jsonld")
    subject = rdflib.URIRef(iri("document", document.id))
    assert graph.value(subject, PROV.invalidatedAtTime) is not None
    assert graph.value(subject, rdflib.URIRef("http://purl.org/dc/terms/title")) is None
    assert set(graph.objects(None, rdflib.URIRef(f"{TERM}kind"))) == {rdflib.Literal(kind) for kind in ("run", "attempt", "file")}


EXPORT = """
import resource
from aios_sdk.store import Store, export
from tests.store._journals import row_of
from aios_sdk.store._journal import JournalWriter
store = Store(sys.argv[1])
with JournalWriter(store.path / "journal") as writer:
    for number in range(int(sys.argv[2])):
        document = f"{number:032x}"
        writer.append([row_of("documents", run_id="r", document_id=document, name="n" * 200, kind="file", parent_id="", supersedes="")]
            + [row_of("fields", run_id="r", document_id=document, attempt_id="a", field_id=f"{number}-{each}", path=f"p{each}",
                value_text="v" * 200, span_count=0) for each in range(20)], document_id=document)
store.fold()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
done = export(store.path, sys.argv[3], format="prov")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, done.bytes // 1024)
"""


@pytest.mark.soak
def test_an_export_takes_no_more_memory_for_a_large_store(tmp_path: Path) -> None:
    grown = []
    for number in (2_000, 40_000):
        process = start(EXPORT, tmp_path / f"{number}.aios", number, tmp_path / f"{number}.jsonld")
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        grown.append([int(word) for word in output.split()])
    (small, _), (large, written) = grown
    assert written > 200_000  # KiB
    assert large < small + written // 3
