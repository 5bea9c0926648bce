"""Forgetting a document: nothing of it is left in any file, what is left is right, and it may be killed at any moment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from aios_sdk.errors import JournalCorrupt, StoreBusy, UsageError
from aios_sdk.records import Check, Checks, Document
from aios_sdk.store import RunInfo, Store, connect, forget, rebuild, verify
from aios_sdk.store._forgetting import FORGETTING

from ._recording import Recording
from ._tokens import places_of, steps_of, told

ERIKA, OTTO = "ERIKA7QX", "OTTO4ZW"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "claims.aios"


def recorded(path: Path, folder: Path, *, size: int = 40) -> tuple[Document, Document]:
    """Two documents of two people, in two runs each, with a case that both are in."""
    found: list[Document] = []
    for _ in range(2):
        with Store(path) as store:
            recording = Recording(store)
            found = [told(recording, "brief.txt", token, folder, size=size) for token in (ERIKA, OTTO)]
            ended = [recording.end(document, "partial", steps_of(ERIKA if document is found[0] else OTTO)) for document in found]
            case = recording.case(f"case of {ERIKA}", ended)
            case = told_case(recording, case)
            recording.end(case)
            recording.finish()
    return found[0], found[1]


def told_case(recording: Recording, case: Document) -> Document:
    """A check of the case that quotes its members."""
    check = Check(rule="same", passed=False, message=f"{ERIKA} is not {OTTO}")
    return recording.step(case, "check", Checks(checks=(check,)), stage="check")


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with connect(path) as connection:
        return connection.execute(query).fetchall()


def stored(path: Path) -> dict[Path, bytes]:
    """Every file of a store but its locks, which are empty."""
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file() and file.suffix != ".lock"}


@pytest.mark.parametrize("size", [40, 8000], ids=["inline", "blobs"])
def test_nothing_of_a_forgotten_document_is_left_in_any_file_of_the_store(path: Path, tmp_path: Path, size: int) -> None:
    erika, _ = recorded(path, tmp_path, size=size)
    with Store(path) as store:
        store.memo().close()
    before = places_of(ERIKA, path)
    assert {"aios.duckdb", "snapshot.duckdb"} <= set(before)
    assert any(place.endswith(".seg") for place in before)
    assert any(place.startswith("blobs/") for place in before)
    done = forget(path, erika.id)
    assert places_of(ERIKA, path) == []
    assert [(document.kind, document.name) for document in done.documents] == [("file", f"{ERIKA}-brief.txt"), ("case", f"case of {ERIKA}")]
    assert done.records > 20
    assert done.blobs >= (3 if size > 40 else 1)
    assert not (path / FORGETTING).exists()


def test_databases_that_a_rebuild_kept_go_too(path: Path, tmp_path: Path) -> None:
    recorded(path, tmp_path)
    rebuild(path, keep=True)
    shutil.copy(path / "aios.duckdb", path / "rebuild.duckdb")  # as a rebuild leaves it that is killed
    assert len(list(path.glob("replaced-*.duckdb"))) == 1
    forget(path, f"{ERIKA}-brief.txt")
    assert places_of(ERIKA, path) == []
    assert {file.name for file in path.glob("*.duckdb")} == {"aios.duckdb", "snapshot.duckdb"}


def test_the_chain_the_digests_and_a_database_made_anew_agree_after_forgetting(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path)
    sizes = {file: file.stat().st_size for file in path.rglob("*.seg")}
    forget(path, erika.id)
    assert verify(path).differences == ()
    assert {file: file.stat().st_size for file in sizes} == sizes
    tables = [name for (name,) in rows(path, "SELECT table_name FROM duckdb_tables() WHERE table_name <> 'applied_segments' ORDER BY 1")]
    live = {name: sorted(map(repr, rows(path, f"FROM {name}"))) for name in tables}
    places = rows(path, "SELECT writer, segment, max(byte_offset) FROM applied_segments GROUP BY ALL ORDER BY ALL")
    (path / "aios.duckdb").unlink()
    Store(path).fold()
    assert {name: sorted(map(repr, rows(path, f"FROM {name}"))) for name in tables} == live
    assert rows(path, "SELECT writer, segment, max(byte_offset) FROM applied_segments GROUP BY ALL ORDER BY ALL") == places


def test_what_is_left_says_that_the_work_was_done_and_who_had_it_forgotten(path: Path, tmp_path: Path) -> None:
    erika, otto = recorded(path, tmp_path)
    work = f"SELECT attempt_id, component, status, category, wall_seconds FROM attempts WHERE document_id = '{erika.id}' ORDER BY ALL"
    attempts = rows(path, work)
    conservation = rows(path, "FROM conservation ORDER BY ALL")
    forget(path, erika.id, by="the data protection officer")
    told = rows(path, "SELECT document_id, asked_for, forgotten_by, records > 0 FROM forgotten ORDER BY document_id = asked_for")
    assert told[1] == (erika.id, erika.id, "the data protection officer", True)
    assert told[0][1:] == (erika.id, "the data protection officer", True)
    assert rows(path, "FROM conservation ORDER BY ALL") == conservation
    assert rows(path, work) == attempts
    assert rows(path, f"SELECT DISTINCT message, memo_key FROM attempts WHERE document_id = '{erika.id}'") == [("", "")]
    assert rows(path, f"SELECT DISTINCT name, key, path, content_id, content FROM documents WHERE document_id = '{erika.id}'") == [
        ("", "", "", "", None)
    ]
    assert rows(path, "SELECT document_id FROM current_documents") == [(otto.id,)]
    for table in ("artifacts", "pages", "tables", "fields", "labels", "checks", "routes", "edges"):
        assert rows(path, f"SELECT count(*) FROM {table} WHERE document_id = '{erika.id}'") == [(0,)], table


def test_other_documents_are_as_they_were(path: Path, tmp_path: Path) -> None:
    erika, otto = recorded(path, tmp_path, size=8000)
    with Store(path) as store:
        before = store.document(otto.id)
        forget(path, erika.id)
        after = store.document(otto.id)
        assert after == before
        with after.open() as file, before.open() as same:
            assert file.read() == same.read()
        with pytest.raises(UsageError, match=r"was forgotten on 20\d\d-.*attempts where document_id"):
            store.document(erika.id)


def test_a_run_does_not_keep_the_name_of_a_file_among_its_inputs(path: Path, tmp_path: Path) -> None:
    with Store(path) as store:
        recording = Recording(store)
        recording.run = store.begin(RunInfo(pipeline="p", inputs=("inbox/" + f"{ERIKA}-brief.txt", f"inbox/{OTTO}.txt")))
        document = told(recording, "brief.txt", ERIKA, tmp_path)
        recording.end(document)
        recording.finish()
    forget(path, f"{ERIKA}-brief.txt")
    assert places_of(ERIKA, path) == []
    assert rows(path, "SELECT event, inputs FROM runs WHERE pipeline = 'p' ORDER BY occurred_at") == [
        ("started", ["(forgotten)", f"inbox/{OTTO}.txt"]),
        ("finished", ["(forgotten)", f"inbox/{OTTO}.txt"]),
    ]


def test_parts_go_with_the_whole_and_not_alone(path: Path, tmp_path: Path) -> None:
    with Store(path) as store:
        recording = Recording(store)
        mail = recording.deliver("mail.eml", b"From: " + ERIKA.encode())
        part = told(recording, "anhang.txt", ERIKA, tmp_path, parent=mail)
        for document in (part, mail):
            recording.end(document)
        recording.finish()
    with pytest.raises(UsageError, match=f"a part of 'mail.eml'.*Forget the whole: {mail.id}"):
        forget(path, part.id)
    done = forget(path, "mail.eml")
    assert {document.document_id for document in done.documents} == {mail.id, part.id}
    assert places_of(ERIKA, path) == []


def test_content_that_another_document_shares_is_kept_and_named(path: Path, tmp_path: Path) -> None:
    with Store(path) as store:
        recording = Recording(store)
        data = b"the same letter " * 2000
        one, other = recording.deliver(f"{ERIKA}.txt", data), recording.deliver("other.txt", data)
        for document in (one, other):
            recording.end(document)
        recording.finish()
    done = forget(path, one.id)
    assert [shared.name for shared in done.shared] == ["other.txt"]
    assert done.blobs == 0
    with Store(path) as store, store.document(other.id).open() as file:
        assert file.read() == data
    assert places_of(ERIKA, path) == []
    again = forget(path, other.id)
    assert (again.blobs, again.blob_bytes, again.shared) == (1, len(data), ())


def test_a_dry_run_tells_the_same_and_changes_nothing(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path, size=8000)
    before = stored(path)
    would = forget(path, erika.id, dry_run=True)
    assert stored(path) == before
    done = forget(path, erika.id)
    assert would == done


def test_what_is_forgotten_already_has_nothing_more_to_forget(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path)
    forget(path, erika.id)
    before = {file.name: file.read_bytes() for file in path.rglob("*.seg")}
    again = forget(path, erika.id)
    assert (again.records, again.blobs) == (0, 0)
    assert {file.name: file.read_bytes() for file in path.rglob("*.seg")} == before


def test_a_document_that_comes_again_is_recorded_again_and_can_be_forgotten_again(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path)
    forget(path, erika.id)
    again, _ = recorded(path, tmp_path)
    assert again.id == erika.id
    assert rows(path, f"SELECT name FROM current_documents WHERE document_id = '{erika.id}'") == [(f"{ERIKA}-brief.txt",)]
    with Store(path) as store:
        assert store.document(erika.id).layers.fields == again.layers.fields
    forget(path, erika.id)
    assert places_of(ERIKA, path) == []
    assert rows(path, f"SELECT count(*) FROM forgotten WHERE document_id = '{erika.id}'") == [(2,)]
    assert verify(path).differences == ()


def test_a_recorded_result_is_not_recalled_after_it_was_forgotten(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path)
    with Store(path) as store:
        memo = store.memo()
        found = memo.find("ab" * 16)
        assert found is not None
        assert ERIKA.encode() in found.layers["text"][0] or OTTO.encode() in found.layers["text"][0]
        forget(path, erika.id)
        left = store.memo()
        assert ERIKA.encode() not in repr(left.find("ab" * 16)).encode()
        memo.close()
        left.close()


def test_nothing_is_forgotten_while_somebody_writes(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path)
    with Store(path) as store:
        recording = Recording(store)
        with pytest.raises(StoreBusy, match=rf"process {os.getpid()} \(this one\) has written .* since 20"):
            forget(path, erika.id)
        recording.finish()
    assert places_of(ERIKA, path)
    assert forget(path, erika.id).records


def test_nothing_is_forgotten_in_a_journal_that_cannot_be_read_to_its_end(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path)
    segment = sorted(path.rglob("*.seg"))[1]
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    with pytest.raises(JournalCorrupt, match="is damaged"):
        forget(path, erika.id)
    assert not (path / FORGETTING).exists()


def test_the_torn_tail_of_a_writer_that_was_killed_goes_too(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path)
    segment = max(path.rglob("*.seg"))
    data = segment.read_bytes()
    tail = data[72:].rpartition(data[72:76])[0][-400:] + ERIKA.encode()
    segment.rename(segment.with_suffix(".open"))
    segment.with_suffix(".open").write_bytes(data[: -(12 + 77)] + tail)
    temporary = next((path / "blobs").iterdir()) / ".left.tmp"
    temporary.write_text(ERIKA)
    for name in ("aios.duckdb.tmp", "snapshot.duckdb.tmp", "new.duckdb.tmp"):  # of queries that were killed
        (path / name).mkdir()
        (path / name / "duckdb_temp_storage-0.tmp").write_text(ERIKA)
    forget(path, erika.id)
    assert places_of(ERIKA, path) == []
    assert verify(path).differences == ()


def test_several_documents_are_forgotten_at_once(path: Path, tmp_path: Path) -> None:
    erika, otto = recorded(path, tmp_path)
    done = forget(path, erika.id, f"{OTTO}-brief.txt")
    assert [document.kind for document in done.documents] == ["file", "case", "file"]
    assert places_of(ERIKA, path) == places_of(OTTO, path) == []
    assert {row[:2] for row in rows(path, "FROM forgotten")} >= {(erika.id, erika.id), (otto.id, otto.id)}


def test_of_several_documents_one_that_is_not_there_keeps_all(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path)
    with pytest.raises(UsageError, match="holds no document 'nobody'"):
        forget(path, erika.id, "nobody")
    assert places_of(ERIKA, path)


def test_a_case_is_forgotten_alone(path: Path, tmp_path: Path) -> None:
    erika, otto = recorded(path, tmp_path)
    done = forget(path, f"case of {ERIKA}")
    assert [document.kind for document in done.documents] == ["case"]
    assert {row[0] for row in rows(path, "SELECT document_id FROM current_documents")} == {erika.id, otto.id}


def test_an_analyst_who_keeps_the_database_open_is_named(path: Path, tmp_path: Path) -> None:
    erika, _ = recorded(path, tmp_path)
    with connect(path), pytest.raises(StoreBusy, match="held by"):
        forget(path, erika.id, timeout=0.1)
    assert places_of(ERIKA, path)


def test_forgetting_by_the_user_of_the_system_is_told_as_such(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    erika, _ = recorded(path, tmp_path)
    monkeypatch.setenv("LOGNAME", "anna")
    forget(path, erika.id)
    assert rows(path, "SELECT DISTINCT forgotten_by FROM forgotten") == [("anna",)]
