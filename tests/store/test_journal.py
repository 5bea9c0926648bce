from __future__ import annotations

import datetime as dt
import threading
import time
from decimal import Decimal
from operator import itemgetter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.errors import JournalCorrupt, StoreError, StoreVersion
from aios_sdk.records import digest
from aios_sdk.store import Blobs, _journal
from aios_sdk.store._journal import JournalWriter, Ticket
from aios_sdk.store._payloads import Row, codec
from aios_sdk.store._reader import JournalReader
from aios_sdk.store._tables import TABLES

from ._journals import ROWS, damage_in, group_of, groups_in, numbers_in, row_of


def test_a_group_is_read_back_as_it_was_appended(tmp_path: Path) -> None:
    rows = [
        row_of("fields", path="total", value_num=Decimal("1200.50"), value_date=dt.date(2026, 3, 1), confidence=0.5, quote="1.200,50 €"),
        row_of("failures", failed_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), page=3, category="limit", retryable=True),
    ]
    with JournalWriter(tmp_path) as writer:
        writer.append(rows, document_id="d").wait()
    (group,) = groups_in(tmp_path)
    assert group.rows == rows
    assert abs(group.written - time.time()) < 3600


@settings(max_examples=25, deadline=None)
@given(groups=st.lists(st.lists(ROWS, min_size=1, max_size=5), max_size=6))
def test_whatever_rows_fit_the_tables_come_back_exactly_and_each_tables_in_order(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[Row]]
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    with JournalWriter(directory) as writer:
        for rows in groups:
            writer.append(rows)
    by_table = [sorted(rows, key=itemgetter(0)) for rows in groups]
    assert [sorted(group.rows, key=itemgetter(0)) for group in groups_in(directory)] == by_table


def test_a_group_larger_than_a_frame_is_one_group(tmp_path: Path) -> None:
    with JournalWriter(tmp_path) as writer:
        writer.append(group_of(0, 2000))
        writer.append(group_of(1, 256))
    assert [len(group.rows) for group in groups_in(tmp_path)] == [2000, 256]
    reader = JournalReader(tmp_path)
    (segment,) = reader.segments()
    assert max(frame.row_count for frame in reader.frames(segment)) == 256


def test_a_group_that_stands_for_others_counts_as_much_as_they_do(tmp_path: Path) -> None:
    with JournalWriter(tmp_path) as writer:
        writer.append(group_of(0, 3))
        alone = writer.size
        writer.append(group_of(0, 3), stands_for=5000)
        assert writer.size == 2 * alone + 5000


def test_an_empty_group_is_acknowledged_too(tmp_path: Path) -> None:
    with JournalWriter(tmp_path) as writer:
        writer.append([]).wait()
    assert [group.rows for group in groups_in(tmp_path)] == [[]]


def test_nothing_is_made_before_the_first_group(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / "journal") as writer:
        writer.flush()
    assert list(tmp_path.iterdir()) == []
    assert JournalReader(tmp_path / "journal").segments() == []


def test_reading_goes_on_behind_a_group(tmp_path: Path) -> None:
    with JournalWriter(tmp_path) as writer:
        for number in range(4):
            writer.append(group_of(number))
    reader = JournalReader(tmp_path)
    (segment,) = reader.segments()
    ends = [group.end for group in reader.groups(segment)]
    assert [group.end for group in reader.groups(segment, ends[1])] == ends[2:]
    assert list(reader.groups(segment, ends[-1])) == []


def test_groups_of_many_threads_are_all_there_each_once(tmp_path: Path) -> None:
    with JournalWriter(tmp_path) as writer:

        def append(thread: int) -> None:
            for number in range(50):
                writer.append(group_of(thread * 50 + number))

        threads = [threading.Thread(target=append, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert writer.appended == 400
    assert sorted(numbers_in(tmp_path)) == list(range(400))


def test_a_ticket_is_done_once_another_reader_sees_the_group(tmp_path: Path) -> None:
    with JournalWriter(tmp_path) as writer:
        for number in range(20):
            ticket = writer.append(group_of(number))
            ticket.wait(timeout=60)
            assert ticket.done
            assert ticket.error is None
            assert numbers_in(tmp_path) == list(range(number + 1))


def test_callbacks_run_once_whether_added_before_or_after(tmp_path: Path) -> None:
    called: list[Ticket] = []
    with JournalWriter(tmp_path) as writer:
        early = [writer.append(group_of(number)) for number in range(100)]
        for ticket in early:
            ticket.add_done_callback(called.append)
        writer.flush()
        late = early[-1]
        late.add_done_callback(called.append)
    assert sorted(map(id, called)) == sorted(map(id, [*early, late]))


def test_a_callback_that_fails_is_logged_and_harms_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(ticket: Ticket) -> None:
        raise RuntimeError("listener")

    with JournalWriter(tmp_path) as writer:
        for number in range(20):
            writer.append(group_of(number)).add_done_callback(fail)
    assert numbers_in(tmp_path) == list(range(20))
    assert [record.getMessage() for record in caplog.records] == ["a callback of a journal ticket failed"] * 20


def test_segments_are_sealed_at_their_size_and_chained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_journal, "SEGMENT_SIZE", 1000)
    with JournalWriter(tmp_path) as writer:
        for number in range(12):
            writer.append(group_of(number)).wait()
        names = sorted(path.name for path in (tmp_path / writer.id).iterdir())
        assert names[-1].endswith(".open")
        assert all(name.endswith(".seg") for name in names[:-1])
        assert len(names) > 2
    assert all(segment.sealed for segment in JournalReader(tmp_path).segments())
    assert numbers_in(tmp_path) == list(range(12))
    assert damage_in(tmp_path) == []


def test_a_missing_segment_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_journal, "SEGMENT_SIZE", 1)
    with JournalWriter(tmp_path) as writer:
        for number in range(3):
            writer.append(group_of(number)).wait()
    (tmp_path / writer.id / f"{1:016x}.seg").unlink()
    with pytest.raises(JournalCorrupt, match="the segment before it is missing"):
        JournalReader(tmp_path).segments()


def test_each_writer_has_a_folder_of_its_own(tmp_path: Path) -> None:
    for number in range(2):
        with JournalWriter(tmp_path) as writer:
            writer.append(group_of(number))
    assert len(list(tmp_path.iterdir())) == 2
    assert numbers_in(tmp_path) == [0, 1]


def test_a_closed_writer_refuses_and_closes_again_quietly(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    writer.append(group_of(0))
    writer.close()
    writer.close()
    with pytest.raises(StoreError, match="closed"):
        writer.append(group_of(1))
    assert numbers_in(tmp_path) == [0]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"path": 7}, "path: Expected `str | null`, got `int`"),
        ({"page": 2**63}, "page: "),
        ({"value_date": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "value_date"),
        ({"value_num": Decimal(10) ** 28}, "value_num"),
        ({"value_num": Decimal("1234567890123456789012345678.12345678901")}, "value_num"),
        ({"value_num": Decimal("NaN")}, "value_num"),
        ({"quote": "\ud800"}, "surrogates"),
        ({"spans": "{no json"}, "JSON"),
        ({"value_text": object()}, "object"),
    ],
)
def test_a_row_that_the_database_would_refuse_is_refused_at_once(tmp_path: Path, values: dict[str, object], words: str) -> None:
    with JournalWriter(tmp_path) as writer:
        with pytest.raises(StoreError, match="A row of table fields cannot be recorded") as raised:
            writer.append([*group_of(0), row_of("fields", **values)], document_id="doc-1")
        assert words in str(raised.value)
        assert raised.value.document == "doc-1"
        writer.append(group_of(1))
    assert numbers_in(tmp_path) == [1]


def test_a_row_of_no_table_or_of_another_length_is_refused(tmp_path: Path) -> None:
    with JournalWriter(tmp_path) as writer:
        for row in [(250, ("a",)), (0, ("w", 0, 1, 1, 1, dt.datetime.now(dt.UTC))), (TABLES["members"].number, ("run", "document"))]:
            with pytest.raises(StoreError, match="cannot be recorded"):
                writer.append([row])
        with pytest.raises(StoreError, match="at most"):
            writer.append([row_of("members", member_id="m" * (64 * 1024 * 1024))])


def test_an_unknown_schema_version_is_refused() -> None:
    with pytest.raises(StoreVersion, match=r"records of schema 99; .* A newer aios-sdk"):
        codec(99)


def test_appending_waits_when_too_much_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_journal, "_QUEUE_BYTES", 500)
    with JournalWriter(tmp_path) as writer:
        for number in range(50):
            writer.append(group_of(number, 10))
            assert writer._queued <= 500 or len(writer._queue) <= 1
    assert numbers_in(tmp_path) == list(range(50))


def test_who_hurries_is_not_kept_waiting_for_others_to_share_the_write(tmp_path: Path, waiting_for_others: None) -> None:
    with JournalWriter(tmp_path) as writer:
        first = writer.append(group_of(0))
        first.wait()
        second = writer.append(group_of(1))
        first.hurry()  # it is on disk, so that nobody has a reason to hurry
        with pytest.raises(TimeoutError):
            second.wait(0.05)
        second.hurry()
        second.wait(60)
        third = writer.append(group_of(2))
        with pytest.raises(TimeoutError):
            third.wait(0.05)
    assert numbers_in(tmp_path) == [0, 1, 2]


def test_who_waits_for_room_is_not_kept_waiting_for_others_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting_for_others: None
) -> None:
    monkeypatch.setattr(_journal, "_QUEUE_BYTES", 500)
    with JournalWriter(tmp_path) as writer:
        for number in range(20):
            writer.append(group_of(number, 10))
    assert numbers_in(tmp_path) == list(range(20))


@pytest.fixture
def waiting_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """From one write to the next an hour passes."""
    monkeypatch.setattr(_journal, "_FOR_EACH", 3600.0)
    monkeypatch.setattr(_journal, "_AT_MOST", 3600.0)


def test_what_a_group_refers_to_is_among_the_blobs_before_the_group_is_durable(tmp_path: Path) -> None:
    blobs, content = Blobs(tmp_path / "blobs"), b"a large layer"
    with JournalWriter(tmp_path / "journal") as writer:
        writer.put(blobs, content, digest(content))
        writer.append(group_of(0)).wait()
        assert blobs.read(digest(content)) == content
        writer.put(blobs, b"another", digest(b"another"))
    assert blobs.read(digest(b"another")) == b"another"
    assert numbers_in(tmp_path / "journal") == [0]


def test_a_group_whose_blob_cannot_be_stored_is_never_there(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("not a folder")
    writer = JournalWriter(tmp_path / "journal")
    writer.append(group_of(0)).wait()
    writer.put(Blobs(tmp_path / "blobs"), b"a large layer", digest(b"a large layer"))
    with pytest.raises(StoreError, match="cannot be stored"):
        writer.append(group_of(1)).wait()
    with pytest.raises(StoreError, match="cannot be stored"):
        writer.close()
    assert numbers_in(tmp_path / "journal") == [0]


def test_blobs_that_wait_count_with_what_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_journal, "_QUEUE_BYTES", 500)
    contents = [b"%d" % number * 100 for number in range(100, 130)]
    with JournalWriter(tmp_path / "journal") as writer:
        for content in contents:
            writer.put(Blobs(tmp_path / "blobs"), content, digest(content))
            assert writer._queued <= 500
    assert [Blobs(tmp_path / "blobs").read(digest(content)) for content in contents] == contents
