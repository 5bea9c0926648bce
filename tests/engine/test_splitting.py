"""Packets become the documents in them: views of their pages that pass the later steps by themselves."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aios_sdk import (
    Check,
    Checks,
    Classification,
    Document,
    Extraction,
    Label,
    Malformed,
    Pipeline,
    Provided,
    Source,
    Store,
    component,
    implements,
    label,
)
from aios_sdk.engine import PlannedSplit
from aios_sdk.engine._parts import parts_of
from aios_sdk.testing.fakes import EventRecorder

from ._parts import FirstWords, by_name, conservation, document_of, latest, note, run, word

ROLES = ("first", "next", "separator")


@component("test.roles", requires=["text"], provides=["labels"])
class Roles:
    """A page that begins with NEW is the first of a document; one that says nothing but PATCH separates."""

    @classmethod
    def provides(cls, config: object) -> Provided:
        return Provided(labels={"page-role": ROLES})

    @implements
    def classify(self, document: Document) -> Classification:
        return Classification(labels=tuple(Label(taxonomy="page-role", value=role(page.text), page=page.index) for page in document.pages))


def role(text: str) -> str:
    return "separator" if text == "PATCH" else "first" if text.startswith("NEW") else "next"


PACKET = "NEW invoice\fsecond\fPATCH\fNEW letter\fNEW form\fsecond"
SPLIT = Pipeline("p").ingest().classify(Roles).split().extract(FirstWords)


def test_a_packet_becomes_its_documents_with_the_pages_they_have_in_it(store: Store) -> None:
    outcomes = by_name(run(SPLIT, [note("packet", PACKET), note("alone", "NEW memo\fmore")], store, Roles, FirstWords))
    assert {name: (each.document.page_range, each.document.kind, each.status) for name, each in outcomes.items()} == {
        "packet, pages 1-2": ((0, 2), "part", "completed"),
        "packet, page 4": ((3, 4), "part", "completed"),
        "packet, pages 5-6": ((4, 6), "part", "completed"),
        "alone": (None, "file", "completed"),
    }
    form = outcomes["packet, pages 5-6"].document
    assert [page.index for page in form.pages] == [4, 5]
    assert form.text == "NEW form\fsecond"
    assert [(found.value, found.spans[0].page) for found in form.layers.fields] == [("NEW", 4), ("second", 5)]
    assert [(found.page, found.value) for found in form.layers.labels] == [(4, "first"), (5, "next")]
    assert form.read() == PACKET.encode()
    steps = [step.step for step in outcomes["packet, page 4"].steps]
    assert steps == ["ingest", "classify.test.roles", "split", "extract.test.first-words"]


def test_each_part_counts_once_and_the_packet_is_what_they_lie_in(store: Store) -> None:
    run(SPLIT, [note("packet", PACKET), note("alone", "NEW memo")], store, Roles, FirstWords)
    counted = conservation(store)
    assert (counted["found"], counted["completed"], counted["containers"], counted["holds"]) == (4, 4, 1, True)
    assert store.sql("select name, page_start, page_end from current_documents where kind = 'part' order by position").fetchall() == [
        ("packet, pages 1-2", 0, 2),
        ("packet, page 4", 3, 4),
        ("packet, pages 5-6", 4, 6),
    ]
    assert store.sql("select name, count(*) from current_fields group by all order by all").fetchall() == [
        ("alone", 1),
        ("packet, page 4", 1),
        ("packet, pages 1-2", 1),
        ("packet, pages 5-6", 1),
    ]
    assert store.verify().holds


def test_a_part_of_the_store_is_the_part_of_the_run(store: Store) -> None:
    for outcome in run(SPLIT, [note("packet", PACKET)], store, Roles, FirstWords):
        stored = store.document(outcome.document.id)
        assert stored == outcome.document
        assert stored.read() == PACKET.encode()


def test_lineage_leads_from_a_value_of_a_part_to_the_page_of_the_packet(store: Store) -> None:
    [letter] = [each.document for each in run(SPLIT, [note("packet", PACKET)], store, Roles, FirstWords) if each.name == "packet, page 4"]
    [found] = letter.layers.fields
    up = {
        (kind, document): relation
        for kind, document, relation in store.sql("select kind, document_id, relation from lineage_up(?)", [found.id]).fetchall()
    }
    assert up["text", letter.parent] == "view_of"
    assert up["document", letter.parent] in ("part_of", "used", "text_of")
    told = store.explain(letter.id, "word")
    [place] = told.findings[0].candidates[0].places
    assert (place.page, place.document_name, place.within) == (3, "packet, page 4", ("packet",))
    assert [origin.name for origin in told.origins] == ["packet, page 4", "packet"]
    assert told.origins[0].ingested_by is not None
    inherited = store.explain(letter.parent).origins
    assert inherited[0].name == "packet"


def test_a_part_keeps_what_stood_on_its_pages_and_who_found_it(store: Store) -> None:
    pipeline = Pipeline("p").ingest().extract(FirstWords).classify(Roles).split()
    outcomes = by_name(run(pipeline, [note("packet", PACKET)], store, Roles, FirstWords))
    part = outcomes["packet, pages 1-2"].document
    assert [found.value for found in part.layers.fields] == ["NEW", "second"]
    assert {found.step for found in part.layers.fields} == {"extract.test.first-words"}
    [candidate, _] = store.explain(part.id, "word").findings[0].candidates
    assert candidate.maker.component == "test.first-words"
    rows = latest(store, f"select step from fields where run_id = $1 and document_id = '{part.id}' order by ordinal")
    assert rows == [("extract.test.first-words",)] * 2


def test_later_steps_may_ask_for_what_earlier_ones_said_of_the_part_alone(store: Store) -> None:
    @component("test.kind", requires=["text"], provides=["labels"])
    class Kind:
        """The second word."""

        @classmethod
        def provides(cls, config: object) -> Provided:
            return Provided(labels={"kind": ("invoice", "letter", "form")})

        @implements
        def classify(self, document: Document) -> Classification:
            return Classification(labels=(Label(taxonomy="kind", value=document.pages[0].text.split()[1]),))

    pipeline = Pipeline("p").ingest().classify(Roles).split().classify(Kind).extract(FirstWords, when=label("kind") == "letter")
    outcomes = by_name(run(pipeline, [note("packet", PACKET)], store, Roles, FirstWords, Kind))
    assert {name: len(each.document.layers.fields) for name, each in outcomes.items()} == {
        "packet, pages 1-2": 0,
        "packet, page 4": 1,
        "packet, pages 5-6": 0,
    }


@component("test.reader", requires=["text"], provides=["fields"], unit="page")
class Reader:
    """Breaks on pages that say so."""

    @implements
    def extract(self, document: Document) -> Extraction:
        [page] = document.pages
        if "broken" in page.text:
            raise Malformed("it is broken")
        assert page.reading is not None
        return Extraction(fields=(word(page.reading, f"words[{page.index}]"),))


def test_a_page_that_failed_makes_its_own_document_partial_and_no_other(store: Store) -> None:
    pipeline = Pipeline("p").ingest().extract(Reader).classify(Roles).split()
    outcomes = by_name(run(pipeline, [note("packet", "NEW a\fbroken\fNEW b")], store, Roles, Reader))
    assert {name: (each.status, [failure.page for failure in each.failures]) for name, each in outcomes.items()} == {
        "packet, pages 1-2": ("partial", [1]),
        "packet, page 3": ("completed", []),
    }
    assert conservation(store)["partial"] == 1


def test_a_packet_at_which_a_required_step_failed_is_not_split(store: Store) -> None:
    @component("test.broken", requires=["text"], provides=["fields"])
    class Broken:
        """Breaks."""

        @implements
        def extract(self, document: Document) -> Extraction:
            raise Malformed("it is broken")

    [outcome] = run(Pipeline("p").ingest().classify(Roles).extract(Broken).split(), [note("packet", PACKET)], store, Roles, Broken)
    assert (outcome.name, outcome.status) == ("packet", "failed")
    assert conservation(store)["found"] == 1


def test_a_part_that_fails_costs_no_other(store: Store) -> None:
    @component("test.picky", requires=["text"], provides=["fields"])
    class Picky:
        """Breaks on letters."""

        @implements
        def extract(self, document: Document) -> Extraction:
            if "letter" in document.text:
                raise Malformed("no letters")
            return Extraction(fields=(word(document.pages[0].reading, "word"),))

    outcomes = run(Pipeline("p").ingest().classify(Roles).split().extract(Picky), [note("packet", PACKET)], store, Roles, Picky)
    assert sorted(each.status for each in outcomes) == ["completed", "completed", "failed"]


def test_a_rerun_computes_nothing_again_and_records_the_same(store: Store) -> None:
    first = by_name(run(SPLIT, [note("packet", PACKET)], store, Roles, FirstWords))
    second = by_name(run(SPLIT, [note("packet", PACKET)], store, Roles, FirstWords))
    assert first == second
    assert latest(store, "select distinct cache from attempts where run_id = $1 and stage in ('classify', 'extract')") == [("hit",)]
    will = {(each.document, each.step): each.will for each in SPLIT.preview([note("packet", PACKET)], store=store, registry=registry())}
    assert will == {
        ("packet", "ingest"): "compute",
        ("packet", "classify.test.roles"): "recall",
        **{(name, "extract.test.first-words"): "recall" for name in first},
    }


def registry() -> object:
    from ._parts import Notes, registry_of

    return registry_of(Notes, Roles, FirstWords)


def test_the_case_of_a_packet_holds_its_documents(store: Store) -> None:
    def count(document: Document) -> Checks:
        return Checks(checks=(Check(rule="three", passed=len(document.members) == 3),))

    pipeline = SPLIT.collect(by="parent").check(count)
    sources = [note("packet", PACKET), Source(name="again", key="again", data=PACKET.encode(), media_type="text/plain")]
    [case, again] = sorted(run(pipeline, sources, store, Roles, FirstWords, count), key=lambda each: each.document.name, reverse=True)
    assert [member.document.name for member in case.document.members] == ["packet, pages 1-2", "packet, page 4", "packet, pages 5-6"]
    assert case.document.checks["three"].passed
    assert {member.document.duplicate_of for member in case.document.members} == {""}
    assert {member.document.duplicate_of for member in again.document.members} == {case.document.members[0].document.parent}
    rerun = run(pipeline, sources, store, Roles, FirstWords, count)
    assert {member.document.duplicate_of for each in rerun for member in each.document.members} == {
        "",
        case.document.members[0].document.parent,
    }


def test_observers_hear_of_the_packet_and_of_each_part(store: Store) -> None:
    events = EventRecorder()
    run(SPLIT, [note("packet", PACKET)], store, Roles, FirstWords, observers=[events])
    [(packet, parts)] = events.of("document_split")
    assert packet.name == "packet"
    assert [part.name for part in parts] == ["packet, pages 1-2", "packet, page 4", "packet, pages 5-6"]
    assert sorted(outcome.name for (outcome,) in events.of("document_finished")) == sorted(part.name for part in parts)


@given(st.lists(st.sampled_from((*ROLES, "", "abstained")), min_size=1, max_size=12))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_page_but_separators_lies_in_exactly_one_part(roles: list[str]) -> None:
    document = document_of("\f".join(map(str, range(len(roles)))))
    labels = tuple(
        Label(taxonomy="page-role", value="" if role == "abstained" else role, abstained=role == "abstained", page=page)
        for page, role in enumerate(roles)
        if role
    )
    document = document.add("roles", Classification(labels=labels))
    parts = parts_of(document, PlannedSplit(after=1, taxonomy="page-role"), 0)
    held = [page.index for part in parts for page in part.pages]
    content = [page for page, each in enumerate(roles) if each != "separator"]
    assert held == content or not parts
    if parts:
        assert len({part.id for part in parts}) == len(parts)
        begins = {page for page in content if roles[page] == "first" or page == 0 or roles[page - 1] == "separator"}
        assert {part.pages[0].index for part in parts} == begins
    else:
        assert not content or (len(content) == len(roles) and "first" not in roles[1:])
