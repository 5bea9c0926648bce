"""The law of erasing: what was chosen is gone, everything else, and the chain, is as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.records import Extraction, Field
from aios_sdk.store import Store, forget, verify
from aios_sdk.store._frames import HEADER_SIZE, Frame, erase
from aios_sdk.store._journal import JournalWriter
from aios_sdk.store._reader import JournalReader

from ._journals import ROWS, damage_in, only_segment, row_of
from ._recording import Recording
from ._tokens import places_of


def frames_of(directory: Path) -> list[tuple[int, Frame]]:
    """The frames with their places."""
    reader, start, found = JournalReader(directory), HEADER_SIZE, []
    for segment in reader.segments():
        for frame in reader.frames(segment):
            found.append((start, frame))
            start = frame.end
    return found


def payloads(frame: Frame) -> list[bytes | None]:
    return [None if payload is None else bytes(payload) for _, payload in frame.records()]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_of_a_segment_any_records_can_be_erased_and_nothing_else_changes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    with JournalWriter(directory) as writer:
        for rows in data.draw(st.lists(st.lists(ROWS, min_size=1, max_size=8), min_size=1, max_size=4)):
            writer.append(rows)
    before = frames_of(directory)
    chosen = {
        place: data.draw(st.sets(st.integers(0, frame.record_count - 1), max_size=frame.record_count))
        for place, frame in before
        if frame.record_count
    }
    segment = bytearray(only_segment(directory).read_bytes())
    for place, records in chosen.items():
        erase(segment, place, records)
    once = bytes(segment)
    for place, records in chosen.items():
        erase(segment, place, records)
    assert bytes(segment) == once
    only_segment(directory).write_bytes(segment)
    assert damage_in(directory) == []
    after = frames_of(directory)
    assert [(place, frame.chain) for place, frame in after] == [(place, frame.chain) for place, frame in before]
    for (place, was), (_, now) in zip(before, after, strict=True):
        assert payloads(now) == [None if record in chosen.get(place, ()) else payload for record, payload in enumerate(payloads(was))]


def test_a_record_that_only_claims_to_be_erased_is_damage(tmp_path: Path) -> None:
    with JournalWriter(tmp_path) as writer:
        writer.append([row_of("members", document_id="d", member_id="secret"), row_of("attempts", document_id="d")]).wait()
    segment = bytearray(only_segment(tmp_path).read_bytes())
    ((place, _), _) = frames_of(tmp_path)
    erase(segment, place, [0])
    assert b"secret" not in segment
    segment[place + 12 + 77 + 2 * 37 + 5] = 1  # in the salt
    erase(segment, place, [])  # a right checksum
    only_segment(tmp_path).write_bytes(segment)
    assert "does not match its digest" in " ".join(damage_in(tmp_path))


def test_groups_of_many_frames_in_many_segments_are_erased_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aios_sdk.store._journal.SEGMENT_SIZE", 20_000)
    path = tmp_path / "claims.aios"
    with Store(path) as store:
        recording = Recording(store)
        for number in range(6):
            document = recording.deliver(f"ERIKA{number % 2}-{number}.txt", b"%d" % number)
            fields = tuple(Field(path=f"p{each}", value=f"ERIKA{number % 2} {each}", status="ungrounded") for each in range(700))
            recording.end(recording.step(document, "fields", Extraction(fields=fields)))
            recording.run.flush()
        recording.finish()
    assert len(list(path.rglob("*.seg"))) >= 3
    for number in (0, 2, 4):
        forget(path, f"ERIKA0-{number}.txt")
    assert places_of("ERIKA0", path) == []
    assert places_of("ERIKA1", path)
    assert verify(path).differences == ()
    with Store(path) as store:
        assert store.sql("select count(*), count(distinct document_id) from fields").fetchall() == [(2100, 3)]
