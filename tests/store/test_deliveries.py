"""What earlier runs delivered is found by place and by bytes, without reading everything that was recorded."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import lmdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.records import Document, Outcome, digest, document_id
from aios_sdk.store import JournalReader, Run, RunInfo, Store
from aios_sdk.store._schema import BY_NUMBER

PLACES = ("inbox/a", "inbox/b", "inbox/c")
BYTES = ("one", "two", "three")


# -- the law ----------------------------------------------------------------------------------------------------------


class Known(NamedTuple):
    """What all rows say, by the words of the reference: decided over everything at once."""

    latest: Mapping[str, str]
    first: Mapping[str, str]
    cut_off: frozenset[str]


def reference(rows: Sequence[tuple[str, Mapping[str, Any]]], pipeline: str) -> Known:
    """A document counts once it has an outcome; as the bringer of its bytes if its run completed or a case has it."""
    runs: set[str] = set()
    same: set[str] = set()
    found: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    ended: set[tuple[str, str]] = set()
    members: dict[tuple[str, str], str] = {}
    for table, row in rows:
        if table == "runs":
            same.update([row["run_id"]] if row["pipeline"] == pipeline else ())
            runs.update([row["run_id"]] if row["status"] == "completed" else ())
        elif table == "documents" and row["kind"] != "case":
            found[row["run_id"], row["document_id"]] = (row["path"] or row["key"], row["content_id"], row["parent_id"], row["supersedes"])
        elif table == "outcomes":
            ended.add((row["run_id"], row["document_id"]))
        elif table == "members":
            members[row["run_id"], row["member_id"]] = row["duplicate_of"]
    latest: dict[str, str] = {}
    candidates: dict[str, tuple[str, bool, str]] = {}
    superseded = {found[each][3] for each in ended if each in found} - {""}
    for (run, document), (place, content, parent, _) in sorted(found.items()):
        if (run, document) not in ended:
            continue
        if not parent:
            latest[place] = document
        original = members.get((run, document), "")
        if content and (run in runs or (run, document) in members):
            candidate = (run, bool(original), original or document)
            candidates[content] = min(candidates.get(content, candidate), candidate)
    parents = {document: parent for (_, document), (_, _, parent, _) in found.items() if parent}
    first = {content: document for content, (_, _, document) in candidates.items() if not set(upwards(document, parents)) & superseded}
    last = max(same & runs, default="")
    return Known(latest, first, frozenset(run for run in same if run > last))


def upwards(document: str, parents: Mapping[str, str]) -> Iterator[str]:
    while document:
        yield document
        document = parents.get(document, "")


def recorded(store: Store) -> list[tuple[str, dict[str, Any]]]:
    """Every row of every journal."""
    reader = JournalReader(store.path / "journal")
    names = {number: [column.name for column in table.columns] for number, table in BY_NUMBER.items()}
    return [
        (BY_NUMBER[number].name, dict(zip(names[number], row, strict=True)))
        for segment in reader.segments()
        for group in reader.groups(segment)
        for number, row in group.rows
    ]


def deliver(run: Run, place: str, data: str, *, parent: Document | None = None, supersedes: str = "") -> Document:
    """Find a file at ``place``, or a part of ``parent``."""
    content = digest(data.encode())
    identity = document_id(parent.id if parent else place, 0, content)
    document = Document(
        id=identity,
        name=place,
        kind="part" if parent else "file",
        content_id=content,
        key=place,
        parent=parent.id if parent else "",
        root=parent.root if parent else identity,
        supersedes=supersedes,
    )
    run.found(document, path="" if parent else place)
    return document


_DELIVERY = st.tuples(
    st.sampled_from(PLACES),
    st.sampled_from(BYTES),
    st.one_of(st.none(), st.sampled_from(BYTES)),  # what a part of it holds
    st.sampled_from(["ended", "ended", "ended", "cut off"]),
    st.booleans(),  # whether it replaces what was there
)
_RUN = st.tuples(
    st.sampled_from(["claims", "tickets"]),
    st.lists(_DELIVERY, max_size=5),
    st.sampled_from(["none", "case", "duplicates"]),
    st.sampled_from(["completed", "interrupted", "killed"]),
    st.booleans(),  # whether the index is brought up to date meanwhile
)


@given(runs=st.lists(_RUN, min_size=1, max_size=5), interleaved=st.booleans())
@settings(max_examples=30, deadline=None)
def test_what_is_looked_up_is_what_reading_everything_would_tell(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[Any, ...]], interleaved: bool
) -> None:
    """Law: deliveries.latest, .first and .cut_off == those of all rows together, however the index came about."""
    path = tmp_path_factory.mktemp("law") / "claims.aios"
    with Store(path) as store:
        begun = [(store.begin(RunInfo(pipeline=each[0])), each) for each in runs] if interleaved else None
        for number, each in enumerate(runs):
            run = begun[number][0] if begun else store.begin(RunInfo(pipeline=each[0]))
            _play(store, run, each)
        memo = store.memo()
        rows = recorded(store)
        for pipeline in ("claims", "tickets"):
            known = reference(rows, pipeline)
            found = memo.deliveries
            assert {place: found.latest(place) for place in PLACES} == {place: known.latest.get(place, "") for place in PLACES}
            brought = {data: found.first(digest(data.encode())) for data in BYTES}
            assert {data: first and first.document for data, first in brought.items()} == {
                data: known.first.get(digest(data.encode())) for data in BYTES
            }
            assert found.cut_off(pipeline) == known.cut_off
        memo.close()


def _play(store: Store, run: Run, told: tuple[Any, ...]) -> None:
    _, deliveries, collecting, ending, refreshed = told
    outcomes: dict[str, Outcome] = {}
    latest: dict[str, str] = {}
    found: set[tuple[str, str]] = set()
    for place, data, part, state, replaces in deliveries:
        if (place, data) in found:
            continue  # a run finds a document once
        found.add((place, data))
        document = deliver(run, place, data, supersedes=latest.get(place, "") if replaces else "")
        latest[place] = document.id
        if refreshed:
            store.memo().close()
        if part is not None:
            inner = deliver(run, f"{place}/part", part, parent=document)
            outcomes[inner.id] = Outcome(document=inner, status="completed")
            run.outcome(outcomes[inner.id])
        if state == "ended":
            outcomes[document.id] = Outcome(document=document, status="completed")
            run.outcome(outcomes[document.id])
    if collecting != "none" and outcomes:
        firsts: dict[str, str] = {}
        members = []
        for each in outcomes.values():
            known = firsts.setdefault(each.document.content_id, each.document.id)
            duplicate = known if collecting == "duplicates" and known != each.document.id else ""
            members.append(Outcome(document=each.document.marked(duplicate), status=each.status))
        case = Document(id=document_id(f"case {run.id}", 0, ""), name="case", kind="case", members=tuple(members))
        run.found(case)
        run.outcome(Outcome(document=case, status="completed"))
    if ending != "killed":
        run.finish(ending)


# -- the index --------------------------------------------------------------------------------------------------------


def _once(path: Path, data: str = "one") -> Document:
    with Store(path) as store:
        run = store.begin(RunInfo(pipeline="claims"))
        document = deliver(run, "inbox/a", data)
        run.outcome(Outcome(document=document, status="completed"))
        run.finish()
    return document


def test_a_run_that_begins_meanwhile_changes_no_answers(tmp_path: Path) -> None:
    before = _once(tmp_path / "s.aios")
    with Store(tmp_path / "s.aios") as store:
        memo = store.memo()
        after = _once(tmp_path / "s.aios", "two")
        assert memo.deliveries.latest("inbox/a") == before.id
        memo.refresh()
        assert memo.deliveries.latest("inbox/a") == after.id
        memo.close()


def test_a_store_that_is_closed_leaves_nothing_to_index(tmp_path: Path) -> None:
    _once(tmp_path / "s.aios")
    with Store(tmp_path / "s.aios") as store:
        memo = store.memo()
        size = (tmp_path / "s.aios" / "memo" / "data.mdb").stat().st_mtime_ns
        assert memo.refresh() == 0
        assert (tmp_path / "s.aios" / "memo" / "data.mdb").stat().st_mtime_ns == size
        memo.close()


def test_an_index_of_another_form_or_none_is_made_anew(tmp_path: Path) -> None:
    document = _once(tmp_path / "s.aios")
    index = tmp_path / "s.aios" / "memo"
    with lmdb.open(str(index)) as environment, environment.begin(write=True) as writing:
        writing.put(b"v", b"another")
        writing.put(b"p" + bytes(16), b"what that form says")
    for remove in (False, True):
        if remove:
            shutil.rmtree(index)
        memo = Store(tmp_path / "s.aios").memo()
        assert memo.deliveries.latest("inbox/a") == document.id
        memo.close()


_READS = """
import os, sys
from pathlib import Path
from aios_sdk import Store
memo = Store(sys.argv[1]).memo()
memo.deliveries.latest("inbox/a")
os.kill(os.getpid(), 9)
"""


def test_a_killed_reader_keeps_no_page_of_the_index_from_being_used_again(tmp_path: Path) -> None:
    _once(tmp_path / "s.aios")
    for _ in range(3):
        assert subprocess.run([sys.executable, "-c", _READS, str(tmp_path / "s.aios")], check=False).returncode == -9
    memo = Store(tmp_path / "s.aios").memo()
    assert memo._index.environment.reader_check() == 0, "those of the dead are cleared already"
    memo.close()


def test_two_processes_that_index_at_once_end_with_the_same(tmp_path: Path) -> None:
    path = tmp_path / "s.aios"
    with Store(path) as store:
        run = store.begin(RunInfo(pipeline="claims"))
        for number in range(2000):
            run.outcome(Outcome(document=deliver(run, f"inbox/{number}", f"{number % 700}"), status="completed"))
        run.finish()
    shutil.rmtree(path / "memo")
    code = "import sys; from aios_sdk import Store; Store(sys.argv[1]).memo().close()"
    processes = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    memo = Store(path).memo()
    assert memo.refresh() == 0
    known = reference(recorded(Store(path)), "claims")
    assert all(memo.deliveries.latest(place) == document for place, document in known.latest.items())
    for content, document in known.first.items():
        first = memo.deliveries.first(content)
        assert first is not None
        assert first.document == document
    memo.close()
