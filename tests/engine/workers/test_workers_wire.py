"""What crosses between processes: frames, records, errors, and the board."""

from __future__ import annotations

import mmap
import os
import pickle
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Document, errors
from aios_sdk.engine.workers._board import NOTHING, Board
from aios_sdk.engine.workers._faults import Fault, fault_of
from aios_sdk.engine.workers._results import RESULT_OF, read_result
from aios_sdk.engine.workers._scratch import Scratch
from aios_sdk.engine.workers._wire import Answer, Call, Done, Frames, Piece, Said, Task, encode, frame, read_order, read_report
from aios_sdk.errors import AiosError, Retryable, StepError, StoreFull
from aios_sdk.records import Result
from aios_sdk.testing.strategies import documents, results

KEY = b"0123abcd"
ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AiosError)]


@given(st.lists(st.binary(max_size=200)), st.data())
def test_frames_come_out_whole_however_they_are_cut(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(frame(Answer(number, body, None, 0.5, 0.25), KEY) for number, body in enumerate(bodies))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    frames, found = Frames(KEY), []
    for first, last in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += [read_report(body) for body in frames.feed(stream[first:last])]
    assert found == [Answer(number, body, None, 0.5, 0.25) for number, body in enumerate(bodies)]


@given(st.binary(min_size=12, max_size=100))
def test_what_does_not_begin_with_the_key_is_no_frame(data: bytes) -> None:
    with pytest.raises(ValueError, match="something else"):
        list(Frames(b"another!").feed(b"x" + data))


@given(documents())
def test_documents_reach_a_worker_as_they_are(document: Document) -> None:
    order = Call(Task(1, 0, {}, 0), "extract", "s", "r", 1.5, True, [Piece(document, 3, {"a": b"bytes"}, {"a": 1})])
    assert read_order(bytes(frame(order, KEY)[12:])) == order


@given(results())
def test_results_come_back_as_they_are(result: Result) -> None:
    stage = next(stage for stage, kind in RESULT_OF.items() if isinstance(result, kind))
    assert read_result(encode(result), stage, "test.x") == result  # type: ignore[arg-type]


@pytest.mark.parametrize("report", [Done(1, Fault("limit", "much"), True), Said("a.b", 30, "words")], ids=lambda each: type(each).__name__)
def test_reports_come_back_as_they_are(report: Done | Said) -> None:
    assert read_report(bytes(frame(report, KEY)[12:])) == report


def test_what_was_pickled_is_never_loaded_here() -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_report(pickle.dumps(Done(1)))


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_errors_of_the_sdk_cross_with_all_they_say(kind: type[AiosError]) -> None:
    error = kind("it broke", cause="It was old", fix="Buy another")
    fault = fault_of(error, "test.x")
    again = fault.error()
    assert type(again) is kind
    assert (again.what, again.cause, again.fix, fault.message) == ("it broke", "It was old", "Buy another", str(error))
    if isinstance(error, StepError):
        assert (fault.category, fault.retryable) == (error.category, error.retryable)


def test_a_vendors_own_error_keeps_its_category_and_when_to_try_again() -> None:
    class Busy(Retryable):
        category = "unavailable"

    fault = fault_of(Busy("wait", after=3.0), "test.x")
    again = fault.error()
    assert isinstance(again, Retryable)
    assert (fault.category, fault.after, again.category, again.after) == ("unavailable", 3.0, "unavailable", 3.0)


def test_what_is_no_unicode_is_escaped() -> None:
    assert fault_of(StepError("a\udcff"), "test.x").message == "[AIOS-400] a\\udcff."
    assert fault_of(KeyError("\udcff"), "test.x").failure(2).page == 2


def test_a_full_disk_is_nobodys_document() -> None:
    with pytest.raises(StoreFull):
        fault_of(StoreFull("the disk is full"), "test.x").failure()


# -- the board --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def board(tmp_path: Path) -> Board:
    """A board, as a parent makes it."""
    return Board.create(tmp_path)


def test_a_new_board_says_that_a_worker_is_starting(board: Board, tmp_path: Path) -> None:
    state = board.read()
    assert (state.task, state.place, state.opening, state.held) == (0, NOTHING, NOTHING, 0)
    assert 0 < state.since <= time.monotonic()
    assert list(tmp_path.iterdir()) == []


def test_it_says_which_piece_is_at_work_since_when(board: Board) -> None:
    other = Board(board.descriptor)  # the worker's side
    other.begin(7)
    assert board.read()[:4] == (7, NOTHING, NOTHING, 0.0)
    other.work(3, used=10.0)
    state = board.read()
    assert state[:3] == (7, 3, NOTHING)
    assert state.since <= time.monotonic() - 10.0
    other.rest()
    assert board.read()[:4] == (7, NOTHING, NOTHING, 0.0)


def test_opening_has_a_time_of_its_own_and_gives_the_piece_its_time_anew(board: Board) -> None:
    board.begin(1)
    board.work(2, used=100.0)
    with board.opening(5):
        assert board.read()[:3] == (1, 2, 5)
        assert board.read().since > time.monotonic() - 50.0
    state = board.read()
    assert state[:3] == (1, 2, NOTHING)
    assert state.since > time.monotonic() - 50.0
    board.hold(4096)
    assert board.read() == state._replace(held=4096)


def test_what_is_written_to_its_descriptor_does_not_change_it(board: Board) -> None:
    before = board.read()
    os.write(board.descriptor, b"x" * 2 * mmap.PAGESIZE)
    assert board.read() == before


# -- scratch space ----------------------------------------------------------------------------------------------------------


def test_scratch_space_is_there_and_empty_each_time(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "deep" / "step")
    for rest in (0.0, 0.0, 0.06, 0.06):  # a directory that was just made, and one that has rested
        with scratch as folder:
            assert list(folder.iterdir()) == []
        time.sleep(rest)
        with scratch as folder:
            (folder / "file").write_text("x")
            (folder / "folder").mkdir()


@pytest.mark.parametrize("rest", [0.0, 0.06])
def test_scratch_space_that_a_component_removed_is_there_again(tmp_path: Path, rest: float) -> None:
    scratch = Scratch(tmp_path / "step")
    with scratch as folder:
        pass
    time.sleep(rest)
    with scratch as folder:
        folder.rmdir()
    with scratch as folder:
        assert list(folder.iterdir()) == []


def test_scratch_space_outlives_a_component_that_closes_what_is_not_its_own(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "step")
    own = tmp_path / "own"
    own.write_text("x")
    with scratch as folder:
        descriptor = scratch._descriptor
        os.close(descriptor)
        taken = os.open(own, os.O_RDONLY)
        assert taken == descriptor
        (folder / "file").write_text("x")
    with scratch as folder:
        assert list(folder.iterdir()) == []
    assert os.read(taken, 1) == b"x"
    os.close(taken)
