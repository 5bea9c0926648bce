"""Writers, folders and readers of one store are killed at any time, and nothing that was acknowledged is lost, doubled or left out."""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from aios_sdk.store import Store, connect, fold, rebuild, verify
from tests.store._journals import start

#: Appends groups of three rows, numbered from a first one, in small segments, and tells each number that is acknowledged.
WRITE = """
import pathlib
from aios_sdk.store import _journal
from tests.store._journals import group_of
_journal.SEGMENT_SIZE = 20_000
number, store = int(sys.argv[2]), pathlib.Path(sys.argv[1])
writer = _journal.JournalWriter(store / "journal")
while True:
    tickets = [writer.append(group_of(number + each)) for each in range(5)]
    tickets[-1].wait()
    number += 5
    print(number - 1, flush=True)
"""

#: Folds at once, as one who asks does, and in turns, as the process beside a run does, and copies the database.
FOLD = """
import pathlib
from aios_sdk.store import _fold, _lots
_fold._TRANSACTION_ROWS = _lots._LOT_ROWS = 100
store = pathlib.Path(sys.argv[1])
while True:
    print(_fold.fold(store, timeout=60).groups, flush=True)
    print(sum(turn.groups for turn in _fold.fold_in_turns(store, 60, rows=150, memory_mb=24)), flush=True)
    _fold.snapshot(store, timeout=60)
"""

READ = """
from aios_sdk.store import connect
before = 0
while True:
    with connect(sys.argv[1], timeout=60) as connection:
        sizes = "SELECT count(*) AS n FROM members GROUP BY document_id"
        groups, wrong = connection.sql(f"SELECT count(*), count(*) FILTER (n <> 3) FROM ({sizes})").fetchall()[0]
    assert wrong == 0 and groups >= before, (groups, wrong, before)
    before = groups
    print(groups, flush=True)
"""

#: The numbers that one writer may use.
SPAN = 1_000_000


def _numbers(store: Path) -> dict[int, int]:
    """How often each number of a group is in the database."""
    with connect(store) as connection:
        found = connection.sql("SELECT document_id, count(*) FROM members GROUP BY ALL").fetchall()
    return {int(name.removeprefix("document-")): count for name, count in found}


def _first_line(process: subprocess.Popen[str]) -> str:
    """The first line that a process writes, and no more of it: what its own file reads ahead, ``communicate`` does not give."""
    assert process.stdout is not None
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(process.stdout.fileno(), 1)):
        line += byte
    return line.decode()


def _acknowledged(writer: subprocess.Popen[str], before: str) -> int | None:
    """The last number that a killed writer told, of which ``before`` was read already; None when there is none."""
    out, errors = writer.communicate()
    assert errors == ""
    told = [int(line) for line in (before + out).splitlines(keepends=True) if line.endswith("\n")]
    return told[-1] if told else None


def _round(store: Path, number: int, chance: random.Random) -> None:
    firsts = [(2 * number + each + 1) * SPAN for each in range(2)]
    writers = [start(WRITE, store, first) for first in firsts]
    others = [start(FOLD, store), start(READ, store)]
    everybody = [*writers, *others]
    begun = dict.fromkeys(everybody, "")
    if chance.random() < 0.9:  # else some are killed before they have begun
        begun = {process: _first_line(process) for process in everybody}
    time.sleep(chance.uniform(0, 0.5))
    chance.shuffle(everybody)
    for process in everybody:
        assert process.poll() is None, process.communicate()[1]
        process.kill()
        time.sleep(chance.uniform(0, 0.1))
    for process in others:
        assert process.communicate()[1] == ""
    fold(store)
    found = _numbers(store)
    assert set(found.values()) <= {3}
    for writer, first in zip(writers, firsts, strict=True):
        mine = sorted(each for each in found if first <= each < first + SPAN)
        assert mine == list(range(first, first + len(mine)))
        last = _acknowledged(writer, begun[writer])
        assert last is None or last in found
    assert verify(store).differences == ()


def _kill(folder: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    store = folder / "shared.aios"
    Store(store).close()
    fold(store)
    for number in range(rounds):
        try:
            _round(store, number, chance)
        except Exception as error:
            raise AssertionError(f"seed {seed}, round {number}") from error
    assert len(_numbers(store)) > rounds
    assert rebuild(store).differences == ()
    assert verify(store).holds


def test_killing_writers_folders_and_readers_at_any_time_costs_nothing_acknowledged(tmp_path: Path) -> None:
    _kill(tmp_path, 3, random.randrange(10**6))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_killing_them_again_and_again_costs_nothing_acknowledged(tmp_path: Path, seed: int) -> None:
    _kill(tmp_path, 60, seed)
