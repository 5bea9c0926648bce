"""What becomes of a store when its process is killed, power is lost, or the disk fails at any one operation: all of them, one by one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from aios_sdk.records import digest
from aios_sdk.store import Blobs, Store, connect, fold, forget, rebuild, verify
from aios_sdk.store._check_blobs import BlobCheck
from aios_sdk.store._fold import snapshot
from aios_sdk.store._journal import JournalWriter
from tests.faults._deeds import GROUPS, MORE, Ended, Program, blob_of, forgotten, program
from tests.faults._shim import Ending, Fault
from tests.store._journals import damage_in, group_of, numbers_in
from tests.store._recording import Recording
from tests.store._tokens import places_of, told

ENDINGS: tuple[Ending, ...] = ("killed before", "killed after", "power lost before", "power lost after")
#: Together they leave every state that the four of them leave, but for what the process did between two operations.
QUICK: tuple[Ending, ...] = ("killed before", "power lost after")

# Who is forgotten, and who is not.
ERIKA, OTTO = "erikasworte", "ottosworte"


class Desk:
    """Stores to begin with, and the program that does the deeds."""

    def __init__(self, folder: Path, program: Program) -> None:
        self._folder = folder
        self._program = program
        self._count = 0
        self._starts: dict[str, Path] = {}

    def start(self, deed: str) -> Path:
        """A store of its own, as it is before ``deed``."""
        if deed not in self._starts:
            self._starts[deed] = self._folder / f"before-{deed}"
            self._starts[deed].mkdir()
            (self._starts[deed] / "file").write_bytes(b"two" * 9000)
            _prepare(deed, self._starts[deed] / "s.aios")
        self._count += 1
        return Path(shutil.copytree(self._starts[deed], self._folder / str(self._count))) / "s.aios"

    def do(self, deed: str, store: Path, fault: Fault | None = None) -> Ended:
        """Do ``deed``."""
        return self._program.do(deed, store, fault)

    def operations(self, deed: str) -> list[str]:
        """The operations of a deed that nothing keeps from its end."""
        ended = self.do(deed, self.start(deed))
        assert ended.killed == 0
        assert len(ended.operations) > 2
        return ended.operations


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("points")
    (folder / "kept").mkdir()
    with program(folder / "kept") as running:
        yield Desk(folder, running)


def _prepare(deed: str, store: Path) -> None:
    if deed == "create":
        return
    Store(store).close()
    if deed == "write":
        return
    if deed == "forget":
        _record(store)
        return
    with JournalWriter(store / "journal") as writer:
        for number in GROUPS:
            writer.append(group_of(number)).wait()
    if deed in ("snapshot", "rebuild"):
        fold(store)
        snapshot(store)
    if deed == "rebuild":
        # As a client leaves it that is killed: what it did is in the log beside the database.
        with duckdb.connect(str(store / "aios.duckdb")) as connection:
            connection.execute("DELETE FROM members WHERE rowid = 0")
            left = [Path(shutil.copy(store / name, store.parent)) for name in ("aios.duckdb", "aios.duckdb.wal")]
        for file in left:
            file.rename(store / file.name)


def _record(store: Path) -> None:
    """Two documents, of which one is to be forgotten, with blobs of their own."""
    with Store(store) as opened:
        recording = Recording(opened)
        for token in (ERIKA, OTTO):
            outcome = recording.end(told(recording, "brief.txt", token, store.parent, size=8000))
            if token == ERIKA:
                (store.parent / "document").write_text(outcome.document.id)
        recording.finish()


def folded(store: Path) -> list[int]:
    with connect(store) as connection:
        found = connection.sql("SELECT document_id FROM members").fetchall()
    return sorted(int(name.removeprefix("document-")) for (name,) in found)


# What holds after each deed, wherever it ended.


def check_write(store: Path, ended: Ended, *, thorough: bool) -> None:
    numbers = numbers_in(store / "journal")
    acknowledged = [each for each in ended.told if isinstance(each, int)]
    first = [number for number in numbers if number in GROUPS]
    # None lost, doubled or left out; one at most is there that was not told.
    assert first == list(range(len(first)))
    assert len(first) - len([number for number in acknowledged if number in GROUPS]) in (0, 1)
    assert [number for number in numbers if number in MORE] == [number for number in acknowledged if number in MORE]
    assert damage_in(store / "journal") == []
    blobs = Blobs(store / "blobs")
    for number in numbers:
        if number % 4 == 1:  # whether it was told or not
            assert blobs.read(digest(blob_of(number))) == blob_of(number)
    if thorough:
        with JournalWriter(store / "journal") as writer:
            writer.append(group_of(7)).wait()
        fold(store)
        assert folded(store) == sorted([*numbers, 7] * 3)
        assert verify(store).holds
        assert rebuild(store).differences == ()


def check_put(store: Path, ended: Ended, *, thorough: bool) -> None:
    blobs = Blobs(store / "blobs")
    for each in ended.told:
        if isinstance(each, str):
            assert digest(blobs.path(each).read_bytes()) == each
    assert list(BlobCheck(blobs).differences()) == []
    for data in (b"one" * 9000, b"two" * 9000):
        assert blobs.read(blobs.put(data)) == data


def check_create(store: Path, ended: Ended, *, thorough: bool) -> None:
    if "created" in ended.told:
        assert (store / "store.json").exists()
    with Store(store) as opened:
        assert opened.verify().holds


def check_fold(store: Path, ended: Ended, *, thorough: bool) -> None:
    if (store / "aios.duckdb").exists():
        assert verify(store).holds
    fold(store)
    assert folded(store) == sorted([*GROUPS] * 3)
    assert verify(store).holds
    if thorough:
        assert rebuild(store).differences == ()


def check_snapshot(store: Path, ended: Ended, *, thorough: bool) -> None:
    assert verify(store).snapshot_rows == verify(store).rows == 3 * len(GROUPS)
    snapshot(store)
    assert verify(store).holds
    assert not list(store.glob("*.tmp"))


def check_rebuild(store: Path, ended: Ended, *, thorough: bool) -> None:
    # The old one, which lacks a row, or the new one.
    found = verify(store)
    assert [difference.table for difference in found.differences] in ([], ["members"])
    if thorough:
        assert rebuild(store).differences == found.differences
        assert verify(store).holds
        assert folded(store) == sorted([*GROUPS] * 3)
        kept = list(store.glob("replaced-*"))
        # Killed when the log was moved away and the old one not replaced yet, what only the log held is gone, and nothing differs.
        assert kept or found.holds
        assert not any(path.samefile(store / "aios.duckdb") for path in kept)
        assert not list(store.glob("rebuild*"))


def check_forget(store: Path, ended: Ended, *, thorough: bool) -> None:
    assert damage_in(store / "journal") == []
    with Store(store) as opened:
        assert opened.document(f"{OTTO}-brief.txt").fields[f"for.{OTTO}"].value == OTTO
    forget(store, forgotten(store), by="anna")
    assert places_of(ERIKA, store) == []
    assert verify(store).holds
    with connect(store) as connection:
        assert connection.sql("SELECT forgotten_by FROM forgotten").fetchall() == [("anna",)]
    if thorough:
        assert rebuild(store).differences == ()


CHECKS = {
    "write": check_write,
    "put": check_put,
    "create": check_create,
    "fold": check_fold,
    "follow": check_fold,
    "snapshot": check_snapshot,
    "rebuild": check_rebuild,
    "forget": check_forget,
}


def _end_everywhere(desk: Desk, deed: str, endings: tuple[Ending, ...], *, thorough: bool) -> None:
    for number, operation in enumerate([*desk.operations(deed), "at the end"]):
        for ending in endings:
            store = desk.start(deed)
            ended = desk.do(deed, store, Fault(number, ending))
            try:
                assert ended.killed == 9, "the operation was not reached"
                CHECKS[deed](store, ended, thorough=thorough)
            except Exception as error:
                raise AssertionError(f"{deed}: {ending} operation {number} ({operation})") from error
            shutil.rmtree(store.parent)


@pytest.mark.parametrize("deed", ["write", "put", "create"])
def test_nothing_acknowledged_is_lost_whichever_operation_is_the_last(desk: Desk, deed: str) -> None:
    _end_everywhere(desk, deed, QUICK, thorough=False)


@pytest.mark.parametrize("deed", ["follow", "snapshot", "rebuild"])
def test_the_database_is_whole_whichever_operation_is_the_last(desk: Desk, deed: str) -> None:
    _end_everywhere(desk, deed, ("killed before",), thorough=False)


def test_what_was_forgotten_does_not_come_back_when_power_is_lost_at_the_end(desk: Desk) -> None:
    last, store = len(desk.operations("forget")) - 1, desk.start("forget")
    check_forget(store, desk.do("forget", store, Fault(last, "power lost after")), thorough=False)


@pytest.mark.soak
@pytest.mark.parametrize("deed", CHECKS)
def test_a_store_goes_on_wherever_its_process_is_killed_or_loses_power(desk: Desk, deed: str) -> None:
    _end_everywhere(desk, deed, ENDINGS, thorough=True)


#: The code of the error that is told, by what went wrong.
CODES = {"no space": "AIOS-503", "short": "AIOS-503", "input/output": "AIOS-500"}


def _fail_everywhere(desk: Desk, deed: str, *, thorough: bool, step: int = 1) -> None:
    """Let every operation fail, or with ``step`` only some."""
    failed = 0
    for number, operation in [*enumerate(desk.operations(deed))][::step]:
        for ending in ("no space", "input/output", *(("short",) if operation.startswith("write") else ())):
            store = desk.start(deed)
            ended = desk.do(deed, store, Fault(number, ending))
            try:
                assert ended.killed == 0, "it ended with something else than an error of the store"
                errors = [each["error"] for each in ended.told if isinstance(each, dict)]
                assert errors in ([], [CODES[ending]]), errors
                assert len(ended.told) > len(errors), "it did not go on"
                failed += len(errors)
                CHECKS[deed](store, ended, thorough=thorough)
            except Exception as error:
                raise AssertionError(f"{deed}: {ending} at operation {number} ({operation}): {ended}") from error
            shutil.rmtree(store.parent)
    assert failed > 2


@pytest.mark.parametrize("deed", ["write", "put", "create"])
def test_a_disk_that_is_full_or_fails_costs_nothing_acknowledged_and_it_goes_on_after(desk: Desk, deed: str) -> None:
    _fail_everywhere(desk, deed, thorough=False)


def test_a_forgetting_that_meets_a_full_or_failing_disk_is_finished_by_the_next(desk: Desk) -> None:
    _fail_everywhere(desk, "forget", thorough=False, step=17)


@pytest.mark.soak
@pytest.mark.parametrize("deed", CHECKS)
def test_a_store_goes_on_after_its_disk_was_full_or_failed_anywhere(desk: Desk, deed: str) -> None:
    _fail_everywhere(desk, deed, thorough=True)
