"""What stays readable when processes die, disks fill up and bits flip."""

from __future__ import annotations

import os
import random
import signal
import struct
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.errors import JournalCorrupt, StoreError, StoreVersion
from aios_sdk.store import _journal
from aios_sdk.store._frames import HEADER_SIZE
from aios_sdk.store._journal import JournalWriter
from aios_sdk.store._reader import Group, JournalReader

from ._journals import damage_in, group_of, groups_in, numbers_in, only_segment, row_of, sign, start


def written(directory: Path, groups: int, *, sealed: bool = True, size: int = 3) -> tuple[Path, list[int]]:
    """A journal of so many groups, each acknowledged before the next: its segment and the end of each group."""
    with JournalWriter(directory) as writer:
        for number in range(groups):
            writer.append(group_of(number, size)).wait()
        unsealed = only_segment(directory).read_bytes()
    path = only_segment(directory)
    if not sealed:
        path.unlink()
        path = path.with_suffix(".open")
        path.write_bytes(unsealed)
    return path, [group.end for group in groups_in(directory)]


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_segment_cut_anywhere_gives_the_groups_before_the_cut(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    directory = tmp_path_factory.mktemp("journal")
    path, ends = written(directory, 5, sealed=False)
    cut = data.draw(st.integers(0, ends[-1]))
    os.truncate(path, cut)
    assert numbers_in(directory) == list(range(sum(end <= cut for end in ends)))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_of_a_sealed_segment_is_reported(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    directory = tmp_path_factory.mktemp("journal")
    path, ends = written(directory, 4)
    bit = data.draw(st.integers(0, path.stat().st_size * 8 - 1))
    flip(path, bit)
    reader = JournalReader(directory)
    (segment,) = reader.segments()
    found: list[Group] = []
    with pytest.raises(JournalCorrupt) as raised:
        found.extend(reader.groups(segment))
    assert str(path) in str(raised.value)
    assert [group.end for group in found] == [end for end in ends if end <= bit // 8]


def test_a_flipped_bit_before_the_last_sync_of_an_open_segment_is_reported_with_its_place(tmp_path: Path) -> None:
    path, ends = written(tmp_path, 4, sealed=False)
    for place in (ends[1], ends[1] + 5, ends[1] + 9, ends[2] - 1):
        flip(path, place * 8)
        reader = JournalReader(tmp_path)
        groups = reader.groups(reader.segments()[0])
        assert [next(groups).end, next(groups).end] == ends[:2]
        with pytest.raises(JournalCorrupt, match=f"{path} is damaged at byte {ends[1]}"):
            next(groups)
        flip(path, place * 8)
    assert numbers_in(tmp_path) == [0, 1, 2, 3]


def test_a_torn_group_that_shared_a_sync_with_whole_ones_ends_the_reading_quietly(tmp_path: Path) -> None:
    # One write holds both frames, so neither was acknowledged when power went and left the first one torn.
    path, ends = written(tmp_path, 1, sealed=False, size=300)
    data = path.read_bytes()
    path.write_bytes(data[: HEADER_SIZE + 40] + bytes(100) + data[HEADER_SIZE + 140 :])
    assert groups_in(tmp_path) == []
    assert path.stat().st_size == ends[0]


def test_a_group_of_which_a_frame_is_missing_is_not_given(tmp_path: Path) -> None:
    path, ends = written(tmp_path, 1, sealed=False, size=600)
    os.truncate(path, ends[0] - 1)
    assert groups_in(tmp_path) == []


def test_bytes_of_a_frame_inside_a_document_are_no_frame(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / "a") as writer:
        writer.append(group_of(0)).wait()
        writer.append(group_of(1)).wait()
    hostile = only_segment(tmp_path / "a").read_bytes()[HEADER_SIZE:].decode("latin-1")
    with JournalWriter(tmp_path / "b") as writer:
        writer.append([row_of("members", member_id=hostile)]).wait()
        data = only_segment(tmp_path / "b").read_bytes()
    path = only_segment(tmp_path / "b")
    path.rename(path.with_suffix(".open"))
    path.with_suffix(".open").write_bytes(data[:-1])
    assert groups_in(tmp_path / "b") == []


@pytest.mark.parametrize("header", [b"", b"AIOS", bytes(HEADER_SIZE)])
def test_a_segment_that_was_only_begun_is_empty(tmp_path: Path, header: bytes) -> None:
    path, _ = written(tmp_path, 1, sealed=False)
    path.write_bytes(header)
    assert groups_in(tmp_path) == []


def test_a_sealed_segment_cut_at_the_end_of_a_group_is_reported(tmp_path: Path) -> None:
    path, ends = written(tmp_path, 3)
    os.truncate(path, ends[1])
    with pytest.raises(JournalCorrupt, match="ends too early"):
        groups_in(tmp_path)


def test_frames_of_another_place_do_not_follow(tmp_path: Path) -> None:
    path, ends = written(tmp_path, 3)
    data = path.read_bytes()
    path.write_bytes(data[: ends[0]] + data[ends[1] :])
    with pytest.raises(JournalCorrupt, match="does not follow"):
        groups_in(tmp_path)


def test_a_segment_put_into_another_writers_folder_is_reported(tmp_path: Path) -> None:
    path, _ = written(tmp_path / "a", 1)
    (tmp_path / "b" / ("0" * 32)).mkdir(parents=True)
    path.rename(tmp_path / "b" / ("0" * 32) / path.name)
    with pytest.raises(JournalCorrupt, match="another segment"):
        groups_in(tmp_path / "b")


@pytest.mark.parametrize("version", [1, 3])
def test_a_journal_of_another_format_is_refused_untouched(tmp_path: Path, version: int) -> None:
    path, _ = written(tmp_path, 1)
    data = bytearray(path.read_bytes())
    data[8] = version
    struct.pack_into("<I", data, HEADER_SIZE - 4, zlib.crc32(data[: HEADER_SIZE - 4]))
    path.write_bytes(data)
    with pytest.raises(StoreVersion, match=f"journal format {version}"):
        groups_in(tmp_path)
    assert path.read_bytes() == data


def test_an_erased_payload_is_gone_and_the_chain_still_holds(tmp_path: Path) -> None:
    told, found = row_of("attempts", document_id="d", status="ok"), row_of("fields", document_id="d", value_text="Erika Mustermann")
    with JournalWriter(tmp_path) as writer:
        writer.append([told]).wait()
        end = groups_in(tmp_path)[0].end
        writer.append([told, found, told]).wait()
    path = only_segment(tmp_path)
    _erase(path, end, 1)
    assert b"Erika" not in path.read_bytes()
    assert [group.rows for group in groups_in(tmp_path)] == [[told], [told, told]]
    assert damage_in(tmp_path) == []


def test_a_payload_replaced_under_a_right_checksum_fails_verification(tmp_path: Path) -> None:
    path, ends = written(tmp_path, 3)
    _forge(path, ends[0], b"member-1-1", b"member-9-9")
    assert "member-9-9" in str(groups_in(tmp_path))
    assert [f"{path} is damaged at byte {ends[0]}: the payload of record 0" in text for text in damage_in(tmp_path)] == [True]


def test_what_is_marked_as_erased_and_not_gone_fails_verification(tmp_path: Path) -> None:
    path, ends = written(tmp_path, 2)
    _erase(path, ends[0], 0)
    assert damage_in(tmp_path) == []
    data = bytearray(path.read_bytes())
    data[ends[1] - 1] = 1
    sign(data, ends[0])
    path.write_bytes(data)
    assert ["does not match its digest" in text for text in damage_in(tmp_path)] == [True]


def test_bytes_behind_the_end_of_a_sealed_segment_fail_verification(tmp_path: Path) -> None:
    path, _ = written(tmp_path, 2)
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"more")
    assert [f"byte {size}: there are bytes behind its end" in text for text in damage_in(tmp_path)] == [True]


def test_a_group_that_was_appended_after_the_sync_is_left_for_the_next_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, ends = written(tmp_path, 2, sealed=False)
    data = path.read_bytes()
    os.truncate(path, ends[0])

    def sync_while_another_writes(descriptor: int) -> None:
        sync(descriptor)
        path.write_bytes(data)

    sync = os.fsync
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", sync_while_another_writes)
        assert numbers_in(tmp_path) == [0]
    assert numbers_in(tmp_path) == [0, 1]


def _forge(path: Path, offset: int, old: bytes, new: bytes) -> None:
    data = bytearray(path.read_bytes().replace(old, new))
    sign(data, offset)
    path.write_bytes(data)


def _erase(path: Path, offset: int, record: int) -> None:
    """What docs/reference/journal.md says about erasing: zeros over state, salt and payload, and a new checksum."""
    data = bytearray(path.read_bytes())
    (count,) = struct.unpack_from("<H", data, offset + 12 + 41)
    heads = offset + 12 + 77
    secret = heads + 37 * count + 17 * record
    lengths = [struct.unpack_from("<I", data, heads + 37 * index + 1)[0] for index in range(count)]
    payload = heads + (37 + 17) * count + sum(lengths[:record])
    data[secret : secret + 17] = bytes(17)
    data[payload : payload + lengths[record]] = bytes(lengths[record])
    sign(data, offset)
    path.write_bytes(data)


WRITE = """
import pathlib
from aios_sdk.store._journal import JournalWriter
from tests.store._journals import group_of
writer = JournalWriter(pathlib.Path(sys.argv[1]))
number = 0
while True:
    tickets = [writer.append(group_of(number + i, 1 + (number + i) % 400)) for i in range(5)]
    tickets[-1].wait()
    number += 5
    print(number, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    for attempt in range(3):
        directory = tmp_path / str(attempt)
        process = start(WRITE, directory)
        assert process.stdout is not None
        acknowledged = int(process.stdout.readline())
        time.sleep(random.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        output, _ = process.communicate()
        acknowledged = max([acknowledged, *map(int, output.split())])
        groups = groups_in(directory)
        assert len(groups) >= acknowledged
        for number, group in enumerate(groups):
            assert group.rows == group_of(number, 1 + number % 400)


def test_two_processes_write_at_once_while_a_third_reads(tmp_path: Path) -> None:
    writers = [start(WRITE, tmp_path) for _ in range(2)]
    try:
        for process in writers:
            assert process.stdout is not None
            process.stdout.readline()
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            reader = JournalReader(tmp_path)
            for segment in reader.segments():
                for number, group in enumerate(reader.groups(segment)):
                    assert len(group.rows) == 1 + number % 400
    finally:
        for process in writers:
            process.kill()
            process.communicate()
    assert len(JournalReader(tmp_path).segments()) == 2


def test_what_was_appended_is_written_when_the_program_just_ends(tmp_path: Path) -> None:
    process = start(
        "import pathlib; from aios_sdk.store._journal import JournalWriter; from tests.store._journals import group_of\n"
        "writer = JournalWriter(pathlib.Path(sys.argv[1]))\n"
        "for number in range(200): writer.append(group_of(number))\n",
        tmp_path,
    )
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert numbers_in(tmp_path) == list(range(200))
    assert only_segment(tmp_path).suffix == ".seg"


LIMITED = """
import pathlib, resource
from aios_sdk.errors import StoreFull
from aios_sdk.store._journal import JournalWriter
from tests.store._journals import group_of
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
writer = JournalWriter(pathlib.Path(sys.argv[1]))
number = 0
try:
    while True:
        ticket = writer.append(group_of(number, 100))
        ticket.wait()
        number += 1
except StoreFull as error:
    assert isinstance(ticket.error, StoreFull)
    print(number, error, sep="|")
for refused in (lambda: writer.append(group_of(0)), writer.flush, writer.close):
    try:
        refused()
    except StoreFull:
        print("refused")
"""


def test_a_full_disk_fails_those_who_wait_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    process = start(LIMITED, tmp_path)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    first, *rest = output.splitlines()
    acknowledged, text = first.split("|")
    assert "AIOS-503" in text
    assert "Free some space" in text
    assert rest == ["refused"] * 3
    assert numbers_in(tmp_path) == list(range(int(acknowledged)))


def test_a_next_segment_that_cannot_be_made_harms_nothing_that_was_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_journal, "SEGMENT_SIZE", 1)
    writer = JournalWriter(tmp_path)
    writer.append(group_of(0)).wait()
    (tmp_path / writer.id / f"{1:016x}.open").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        writer.append(group_of(1)).wait()
    with pytest.raises(StoreError, match="cannot be written"):
        writer.close()
    assert numbers_in(tmp_path) == [0]


def test_a_folder_that_cannot_be_made_is_told_to_those_who_wait(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    writer = JournalWriter(tmp_path / "journal")
    tickets = [writer.append(group_of(0))]
    with pytest.raises(StoreError, match="cannot be written"):
        tickets[0].wait(60)
    assert tickets[0].done
    with pytest.raises(StoreError):
        writer.close()
