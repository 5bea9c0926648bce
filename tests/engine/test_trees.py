"""Sources within sources: containers, limits, deliveries, duplicates and cases."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aios_sdk import (
    Check,
    Checks,
    Document,
    Extraction,
    Field,
    Malformed,
    Outcome,
    PageText,
    Pipeline,
    Source,
    Store,
    attribute,
    component,
    field,
    implements,
)
from aios_sdk.engine import Limits, Observer

from ._parts import by_name, conservation, document_of, latest, note, run, word


@component("test.mail", media_types=["application/x-mail"], provides=["pages", "text"])
class Mail:
    """JSON: the text of a mail, the thread it belongs to, and its attachments by name."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        said = json.loads(source.read())
        yield document_of(said["text"], thread=said.get("thread", ""))
        for name, content in said.get("attached", {}).items():
            data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            yield Source(name=name, data=data, media_type="text/plain" if isinstance(content, str) else "application/x-mail")
        if said.get("torn"):
            raise Malformed("the mail is cut off")


@component("test.zip", media_types=["application/zip"])
class Zip:
    """The members of an archive, and nothing else."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        with zipfile.ZipFile(io.BytesIO(source.read())) as archive:
            for name in archive.namelist():
                yield Source(name=name, data=archive.read(name))


@component("test.folder", media_types=["inode/directory"])
class Folder:
    """Files and folders of a folder."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        for path in sorted(Path(source.path).iterdir()):
            yield Source(name=path.name, path=str(path), media_type="inode/directory" if path.is_dir() else "")


def mail(name: str, text: str = "", *, thread: str = "", attached: dict[str, Any] | None = None, torn: bool = False) -> Source:
    data = json.dumps({"text": text or name, "thread": thread, "attached": attached or {}, "torn": torn}).encode()
    return Source(name=name, key=name, data=data, media_type="application/x-mail")


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


# -- parts --------------------------------------------------------------------------------------------------------------


def test_every_part_of_a_source_becomes_a_document_that_knows_its_place(store: Store) -> None:
    outcomes = by_name(
        run(
            Pipeline("p").ingest(), [mail("m", attached={"a.txt": "a", "inner": {"text": "x", "attached": {"deep.txt": "d"}}})], store, Mail
        )
    )
    assert sorted(outcomes) == ["a.txt", "deep.txt", "inner", "m"]
    documents = {name: outcome.document for name, outcome in outcomes.items()}
    assert {name: document.kind for name, document in documents.items()} == {
        "m": "file",
        "a.txt": "part",
        "inner": "part",
        "deep.txt": "part",
    }
    assert documents["a.txt"].parent == documents["inner"].parent == documents["m"].id
    assert documents["deep.txt"].parent == documents["inner"].id
    assert (documents["a.txt"].position, documents["inner"].position) == (0, 1)
    assert {document.root for document in documents.values()} == {documents["m"].id}
    assert conservation(store)["found"] == 4


def test_an_identity_is_the_same_in_every_run_and_another_for_every_delivery(store: Store) -> None:
    inputs = [mail("m1", "same", attached={"a.txt": "same"}), mail("m2", "same", attached={"a.txt": "same", "b.txt": "same"})]
    first = [outcome.document for outcome in run(Pipeline("p").ingest(), inputs, store, Mail)]
    second = [outcome.document for outcome in run(Pipeline("p").ingest(), inputs, store, Mail)]
    assert {document.id for document in first} == {document.id for document in second}
    assert len({document.id for document in first}) == 5
    assert len({document.content_id for document in first if document.kind == "part"}) == 1


@pytest.mark.parametrize("inputs", ["two folders", "one path twice", "one source twice"])
def test_the_same_name_given_twice_makes_two_deliveries_and_loses_none(inputs: str, tmp_path: Path, fresh: Store) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text("same bytes")
    given: Any = {
        "two folders": [tmp_path / "a" / "x.txt", tmp_path / "b"],
        "one path twice": [tmp_path / "a" / "x.txt"] * 2,
        "one source twice": [note("x.txt", "same bytes")] * 2,
    }[inputs]
    for _ in range(2):
        outcomes = run(Pipeline("p").ingest(), given, fresh, Folder)
        assert len({outcome.document.id for outcome in outcomes}) == 2
        assert [outcome.document.supersedes for outcome in outcomes] == ["", ""]
        row = conservation(fresh)
        assert (row["found"], row["completed"], row["holds"]) == (2, 2, True)
    assert fresh.sql("select count(*) from current_documents").fetchall() == [(2,)]


def test_new_bytes_under_an_old_key_supersede_the_old_document(store: Store) -> None:
    [old] = run(Pipeline("p").ingest(), [note("changing", "old")], store)
    [same] = run(Pipeline("p").ingest(), [note("changing", "old")], store)
    [new] = run(Pipeline("p").ingest(), [note("changing", "new")], store)
    assert (same.document.id, same.document.supersedes) == (old.document.id, "")
    assert new.document.supersedes == old.document.id
    assert store.sql("select document_id from current_documents where key = 'changing'").fetchall() == [(new.document.id,)]


# -- containers ---------------------------------------------------------------------------------------------------------


def test_an_archive_at_the_top_is_no_document_and_each_member_is_a_delivery(store: Store) -> None:
    archive = zipped({"a.txt": b"a", "b.txt": b"b", "inner.zip": zipped({"c.txt": b"c", "empty.txt": b""})})
    found = by_name(run(Pipeline("p").ingest(), [Source(name="all.zip", key="all.zip", data=archive)], store, Zip))
    assert {name: outcome.status for name, outcome in found.items()} == {
        "a.txt": "completed",
        "b.txt": "completed",
        "c.txt": "completed",
        "empty.txt": "failed",
    }
    row = conservation(store)
    assert (row["found"], row["containers"], row["holds"]) == (4, 2, True)


def test_an_archive_within_a_document_is_no_member_of_its_case_but_what_it_holds_is(store: Store) -> None:
    @component("test.opener", media_types=["application/x-opener"], provides=["pages", "text"])
    class Opener:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield document_of("see attached")
            yield Source(name="all.zip", data=zipped({"a.txt": b"a", "b.txt": b"b"}))

    opener = Source(name="letter", key="letter", data=b"x", media_type="application/x-opener")
    [case] = run(Pipeline("p").ingest().collect(), [opener], store, Opener, Zip)
    assert [member.name for member in case.document.members] == ["letter", "a.txt", "b.txt"]
    assert conservation(store)["containers"] == 1


def test_a_damaged_archive_counts_as_a_document_that_failed(store: Store) -> None:
    archive = zipped({"a.txt": b"a"})
    [outcome] = run(Pipeline("p").ingest(), [Source(name="bad.zip", key="bad.zip", data=archive[:20] + b"x" + archive[21:-30])], store, Zip)
    assert outcome.status == "failed"
    assert conservation(store)["holds"]


def test_an_empty_folder_gives_no_outcome_and_two_broken_ones_of_one_name_give_two(tmp_path: Path, store: Store) -> None:
    (tmp_path / "empty").mkdir()
    assert run(Pipeline("p").ingest(), tmp_path / "empty", store, Folder) == []

    @component("test.folder", media_types=["inode/directory"])
    class Broken:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            raise PermissionError("no")
            yield

    for parent in ("a", "b"):
        (tmp_path / parent / "in").mkdir(parents=True)
    outcomes = run(Pipeline("p").ingest(), [tmp_path / "a" / "in", tmp_path / "b" / "in"], store, Broken)
    assert [outcome.status for outcome in outcomes] == ["failed", "failed"]
    assert conservation(store)["holds"]


def test_a_file_in_a_folder_is_known_by_its_path_below_it(tmp_path: Path, store: Store) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("a")
    (tmp_path / "in" / "deep" / "b.txt").write_text("b")
    found = by_name(run(Pipeline("p").ingest(), tmp_path / "in", store, Folder))
    assert {name: outcome.document.key for name, outcome in found.items()} == {"a.txt": "a.txt", "b.txt": "deep/b.txt"}


# -- limits -------------------------------------------------------------------------------------------------------------


def test_a_part_that_lies_too_deep_is_refused_and_nothing_else_suffers(store: Store) -> None:
    deep: dict[str, Any] = {"text": "bottom", "attached": {"below.txt": "never"}}
    for level in range(3):
        deep = {"text": f"level {level}", "attached": {f"m{level}": deep, f"beside{level}.txt": "beside"}}
    top = Source(name="top", key="top", data=json.dumps(deep).encode(), media_type="application/x-mail")
    found = by_name(run(Pipeline("p").ingest(), [top], store, Mail, limits=Limits(depth=2)))
    assert {name: outcome.status for name, outcome in found.items()} == {
        "top": "completed",
        "m2": "completed",
        "beside2.txt": "completed",
        "m1": "completed",
        "beside1.txt": "completed",
        "m0": "refused",
        "beside0.txt": "refused",
    }
    assert found["m0"].failures[0].category == "limit"
    assert "3 levels deep" in found["m0"].failures[0].message
    assert conservation(store)["holds"]


def test_a_source_with_too_many_parts_keeps_the_first_ones_and_is_partial(store: Store) -> None:
    found = by_name(
        run(
            Pipeline("p").ingest(),
            [mail("m", attached={f"{number}.txt": "x" for number in range(9)}), note("other")],
            store,
            Mail,
            limits=Limits(children=3),
        )
    )
    assert sorted(found) == ["0.txt", "1.txt", "2.txt", "m", "other"]
    assert (found["m"].status, found["m"].failures[0].category) == ("partial", "limit")
    assert conservation(store)["holds"]


def test_parts_that_are_too_large_together_stop_their_source(store: Store) -> None:
    attached = {f"{number}.txt": "x" * 400 for number in range(9)}
    found = by_name(run(Pipeline("p").ingest(), [mail("m", attached=attached), note("other")], store, Mail, limits=Limits(size=1000)))
    assert sorted(found) == ["0.txt", "1.txt", "m", "other"]
    assert (found["m"].status, found["m"].failures[0].category) == ("partial", "limit")


def test_parts_of_all_levels_are_counted_together(store: Store) -> None:
    inner = {name: {"text": "inner", "attached": {f"{name}{number}.txt": "x" for number in range(4)}} for name in "ab"}
    found = by_name(run(Pipeline("p").ingest(), [mail("m", attached=inner), note("other")], store, Mail, limits=Limits(parts=8)))
    assert found["m"].status == found["other"].status == "completed"
    assert sorted([found["a"].status, found["b"].status]) == ["completed", "partial"]
    (stopped,) = (outcome for outcome in found.values() if outcome.status == "partial")
    assert stopped.failures[0].category == "limit"
    assert "more than 8 parts" in stopped.failures[0].message


def test_a_part_that_its_component_refused_fails_as_limit_and_nothing_else_suffers(store: Store) -> None:
    @component("test.refuses", media_types=["application/x-refuses"], provides=["pages", "text"])
    class Refuses:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield document_of("x")
            yield Source(name="huge.bin", refused="its 61 MB are over 50 MB", size=61_000_000)
            yield Source(name="nothing.bin")

    found = by_name(run(Pipeline("p").ingest(), [Source(name="a", key="a", data=b"a", media_type="application/x-refuses")], store, Refuses))
    assert {name: (outcome.status, [failure.category for failure in outcome.failures]) for name, outcome in found.items()} == {
        "a": ("completed", []),
        "huge.bin": ("refused", ["limit"]),
        "nothing.bin": ("refused", ["limit"]),
    }
    assert "61 MB" in found["huge.bin"].failures[0].message


# -- cases --------------------------------------------------------------------------------------------------------------


@component("test.judge", provides=["checks"])
class Judge:
    """How many members of a case failed."""

    @implements
    def check(self, document: Document) -> Checks:
        failed = sum(member.status == "failed" for member in document.members)
        return Checks(checks=(Check(rule="all-read", passed=not failed, message=f"{failed} of {len(document.members)}"),))


def _members(outcomes: list[Outcome]) -> list[list[str]]:
    return sorted(sorted(member.name for member in outcome.document.members) for outcome in outcomes)


def test_by_parent_a_delivery_and_all_that_is_in_it_make_one_case_in_their_order(store: Store) -> None:
    inputs = [mail("m1", attached={"b.txt": "b", "a.txt": "a", "inner": {"text": "x", "attached": {"c.txt": "c"}}}), note("alone")]
    cases = by_name(run(Pipeline("p").ingest().collect().check(Judge), inputs, store, Mail, Judge))
    assert {name: [member.name for member in case.document.members] for name, case in cases.items()} == {
        "m1": ["m1", "b.txt", "a.txt", "inner", "c.txt"],
        "alone": ["alone"],
    }
    assert {case.document.kind for case in cases.values()} == {"case"}
    assert {case.status for case in cases.values()} == {"completed"}
    row = conservation(store)
    assert (row["found"], row["completed"], row["cases"], row["holds"]) == (6, 6, 2, True)
    members = latest(store, "select count(*), count(distinct member_id) from members where run_id = $1")
    assert members == [(6, 6)]


def test_a_member_that_failed_stays_in_its_case_for_rules_to_see(store: Store) -> None:
    inputs = [mail("m", attached={"good.txt": "x", "empty.txt": ""}), mail("torn", torn=True)]
    cases = by_name(run(Pipeline("p").ingest().collect().check(Judge), inputs, store, Mail, Judge))
    assert {member.name: member.status for member in cases["m"].document.members} == {
        "m": "completed",
        "good.txt": "completed",
        "empty.txt": "failed",
    }
    assert cases["m"].document.checks["all-read"].passed is False
    assert {member.name: member.status for member in cases["torn"].document.members} == {"torn": "partial"}


def test_by_thread_the_mails_of_a_conversation_make_one_case_whenever_they_come(store: Store) -> None:
    inputs = [mail("m1", thread="T", attached={"a.txt": "a"}), mail("m2", thread="U"), note("alone"), mail("m3", thread="T"), note("too")]
    cases = run(Pipeline("p").ingest().collect(by="thread").check(Judge), inputs, store, Mail, Judge)
    assert _members(cases) == [["a.txt", "m1", "m3"], ["alone"], ["m2"], ["too"]]
    assert [case.name for case in cases] == ["m1", "m2", "alone", "too"], "cases come in the order of their first members"


def test_by_an_expression_documents_with_the_same_value_make_one_case_and_those_without_stay_alone(store: Store) -> None:
    @component("test.claim", fields={"claim": "text"}, provides=["fields"])
    class Claim:
        @implements
        def extract(self, document: Document) -> Extraction:
            text = document.pages[0].reading
            assert text is not None
            return Extraction(fields=(word(text, "claim"),) if text.content.startswith("C") else ())

    inputs = [note("a", "C1 x"), note("b", "C2"), note("c", "none"), note("d", "C1 y"), note("e", "none")]
    pipeline = Pipeline("p").ingest().extract(Claim).collect(by=field("claim")).check(Judge)
    assert _members(run(pipeline, inputs, store, Claim, Judge)) == [["a", "d"], ["b"], ["c"], ["e"]]
    by_type = Pipeline("p").ingest().collect(by=attribute("media_type"))
    assert _members(run(by_type, inputs, store)) == [["a", "b", "c", "d", "e"]]


def test_a_case_is_made_of_the_members_of_every_run_with_one_identity(store: Store) -> None:
    cases = [run(Pipeline("p").ingest().collect(), [mail("m", attached={"a.txt": "a"})], store, Mail)[0] for _ in range(2)]
    assert cases[0].document.id == cases[1].document.id
    assert store.document(cases[0].document.id).members == cases[1].document.members


def test_a_step_on_a_case_may_cite_its_members_and_is_held_to_it(store: Store) -> None:
    @component("test.cites", provides=["fields"], requires=["text"])
    class Cites:
        @implements
        def extract(self, document: Document) -> Extraction:
            [reading] = document.members[0].document.layers.text
            return Extraction(fields=(word(reading, "word", shift="off" in reading.content),))

    cases = by_name(run(Pipeline("p").ingest().collect().extract(Cites), [note("on", "word on"), note("off", "word off")], store, Cites))
    assert cases["on"].document.fields["word"].value == "word"
    assert (cases["off"].status, cases["off"].failures[0].category) == ("failed", "contract")


def test_an_ingested_document_may_cite_the_text_of_its_part(store: Store) -> None:
    @component("test.hybrid", media_types=["application/x-hybrid"], provides=["pages", "text", "fields"])
    class Hybrid:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            embedded = PageText(page=0, content="embedded value")
            yield document_of("printed", fields=(word(embedded, "value"),))
            yield Source(name="embedded.txt", data=b"embedded value", media_type="text/plain")

    @component("test.repeats", provides=["fields"])
    class Repeats:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction(fields=tuple(Field(path="again", value=each.value, spans=each.spans) for each in document.layers.fields))

    hybrid = Source(name="h", key="h", data=b"h", media_type="application/x-hybrid")
    found = by_name(run(Pipeline("p").ingest().extract(Repeats), [hybrid], store, Hybrid, Repeats))
    assert {name: outcome.status for name, outcome in found.items()} == {"h": "completed", "embedded.txt": "completed"}
    rows = latest(
        store,
        "select f.path, d.name from fields f join pages p on p.run_id = f.run_id and p.text_artifact = f.artifact_id "
        "join documents d on d.run_id = p.run_id and d.document_id = p.document_id where f.run_id = $1 order by all",
    )
    assert rows == [("again", "embedded.txt"), ("value", "embedded.txt")]


# -- duplicates ---------------------------------------------------------------------------------------------------------


@component("test.slow-notes", media_types=["application/x-slow"], provides=["pages", "text"], isolation="process")
class SlowNotes:
    """Waits until the file that the second line names is there, if there is a second line."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        _, _, flag = source.read().decode().partition("\n")
        if flag:
            while not Path(flag).exists():
                time.sleep(0.01)
            time.sleep(0.1)  # time enough to settle the other cases, if nothing kept them open
        yield document_of(source.name)
        yield Source(name=f"{source.name}.txt", data=b"the same receipt", media_type="text/plain")


@pytest.mark.parametrize("slow", [0, 1, 2])
def test_which_document_is_the_duplicate_does_not_depend_on_which_worker_was_faster(slow: int, fresh: Store, tmp_path: Path) -> None:
    others_done = tmp_path / "done"

    class Counts(Observer):
        def __init__(self) -> None:
            self.ended = 0

        def document_finished(self, outcome: Outcome) -> None:
            self.ended += 1
            if self.ended == 4:  # both documents of both other deliveries
                others_done.touch()

    deliveries = [
        Source(
            name=f"d{number}",
            key=f"d{number}",
            data=f"{number}\n{others_done if number == slow else ''}".encode(),
            media_type="application/x-slow",
        )
        for number in range(3)
    ]
    cases = by_name(run(Pipeline("p").ingest().collect(), deliveries, fresh, SlowNotes, workers=4, observers=(Counts(),)))
    receipts = {name: case.document.members[1].document for name, case in cases.items()}
    assert [receipts[f"d{number}"].duplicate_of for number in range(3)] == ["", receipts["d0"].id, receipts["d0"].id]


def test_a_document_that_an_earlier_run_brought_is_a_duplicate_and_the_same_delivery_again_is_not(fresh: Store) -> None:
    pipeline = Pipeline("p").ingest().collect()
    [first] = run(pipeline, [note("a", "receipt")], fresh)
    [again] = run(pipeline, [note("a", "receipt")], fresh)
    [other] = run(pipeline, [note("b", "receipt")], fresh)
    original = first.document.members[0].document
    assert (original.duplicate_of, again.document.members[0].document.duplicate_of) == ("", "")
    assert other.document.members[0].document.duplicate_of == original.id
    assert fresh.document(other.document.id).members[0].document.duplicate_of == original.id


def test_within_one_delivery_the_first_of_two_equal_parts_is_the_original(store: Store) -> None:
    [case] = run(Pipeline("p").ingest().collect(), [mail("m", attached={"a.txt": "equal twins", "b.txt": "equal twins"})], store, Mail)
    _, first, second = (member.document for member in case.document.members)
    assert (first.duplicate_of, second.duplicate_of) == ("", first.id)


def test_a_component_that_declares_no_layers_and_yields_a_document_loses_none(store: Store) -> None:
    @component("test.undeclared", media_types=["application/x-undeclared"])
    class Undeclared:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield Source(name="part.txt", data=b"part", media_type="text/plain")
            yield document_of("whole")

    source = Source(name="whole", key="whole", data=b"x", media_type="application/x-undeclared")
    found = by_name(run(Pipeline("p").ingest(), [source], store, Undeclared))
    assert {name: (outcome.status, outcome.document.text) for name, outcome in found.items()} == {
        "whole": ("completed", "whole"),
        "part.txt": ("completed", "part"),
    }
    assert (conservation(store)["found"], conservation(store)["holds"]) == (2, True)
