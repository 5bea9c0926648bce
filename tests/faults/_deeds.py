"""Deeds of a store that are cut off or go wrong at any of their operations: a program that does one after the other, each in a fork.

``python -m tests.faults._deeds`` reads a line of JSON for each deed: its name, the store, and the fault. It answers with what was told
before the end (what is acknowledged), how the process ended, and which operations there were.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from aios_sdk.errors import StoreError
from aios_sdk.records import digest
from aios_sdk.store import Blobs, Store, _check_database, _fold, _forget, _journal, _lots, _rebuild
from aios_sdk.store._journal import JournalWriter
from tests.conftest import REPOSITORY
from tests.faults._shim import KEPT, Fault, Shim
from tests.store._journals import group_of

#: Numbers of groups that are appended, and of those that are appended when a failed writer was replaced.
GROUPS: Final = range(4)
MORE: Final = range(100, 102)

Tell = Callable[[Any], None]


def append(store: Path, numbers: range, tell: Tell) -> None:
    """Append groups one after the other, in segments of two, every fourth behind its blob; those acknowledged are told."""
    _journal.SEGMENT_SIZE = 700  # type: ignore[misc]
    blobs = Blobs(store / "blobs")
    with JournalWriter(store / "journal") as writer:
        for number in numbers:
            if number % 4 == 1:
                content = blob_of(number)
                writer.put(blobs, content, digest(content))
            writer.append(group_of(number)).wait()
            tell(number)


def blob_of(number: int) -> bytes:
    """What the group of that number refers to."""
    return b"%d " % number * 9000


def write(store: Path, tell: Tell) -> None:
    append(store, GROUPS, tell)


def put(store: Path, tell: Tell) -> None:
    blobs = Blobs(store / "blobs")
    tell(blobs.put(b"one" * 9000))
    tell(blobs.put_file(store.parent / "file"))
    tell(blobs.put(b"one" * 9000))  # it is there already


def create(store: Path, tell: Tell) -> None:
    with Store(store):
        tell("created")


def fold(store: Path, tell: Tell) -> None:
    _fold._TRANSACTION_ROWS = _lots._LOT_ROWS = 4  # type: ignore[misc]
    tell(_fold.fold(store).groups)


def follow(store: Path, tell: Tell) -> None:
    _lots._LOT_ROWS = 4  # type: ignore[misc]
    with closing(_fold.fold_in_turns(store, 1.0, rows=5, memory_mb=24)) as turns:
        tell(sum(folded.groups for folded in turns))


def snapshot(store: Path, tell: Tell) -> None:
    _fold.snapshot(store)
    tell("snapshot")


def rebuild(store: Path, tell: Tell) -> None:
    tell([each.table for each in _rebuild.rebuild(store, keep=True).differences])


def forget(store: Path, tell: Tell) -> None:
    tell(_forget.forget(store, forgotten(store), by="anna").records)


def forgotten(store: Path) -> str:
    """The document that `forget` forgets, which is written down beside the store."""
    return (store.parent / "document").read_text()


def again(deed: Callable[[Path, Tell], None], store: Path, tell: Tell) -> None:
    """What is done when it went wrong and the cause is gone."""
    if deed is write:
        append(store, MORE, tell)
    else:
        deed(store, tell)


DEEDS: Final[dict[str, Callable[[Path, Tell], None]]] = {
    deed.__name__: deed for deed in (write, put, create, fold, follow, snapshot, rebuild, forget)
}


class Ended(NamedTuple):
    """How a deed ended: what was told, the operations if it came to its end, and the signal that killed it."""

    told: list[Any]
    operations: list[str]
    killed: int


class Program:
    """The program, from a test's side."""

    def __init__(self, kept: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults._deeds"],
            cwd=REPOSITORY,
            env={**os.environ, KEPT: str(kept)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, deed: str, store: Path, fault: Fault | None = None) -> Ended:
        """Do a deed in a process of its own."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([deed, str(store), fault]) + "\n")
        self._process.stdin.flush()
        lines, killed = json.loads(self._process.stdout.readline())
        told = [value for kind, value in lines if kind == "told"]
        operations = next((value for kind, value in lines if kind == "operations"), [])
        return Ended(told, operations, killed)

    def end(self) -> None:
        """End it."""
        self._process.communicate()


@contextmanager
def program(kept: Path) -> Iterator[Program]:
    """The program, while it runs."""
    running = Program(kept)
    try:
        yield running
    finally:
        running.end()


def _main() -> None:
    _check_database._shape()  # once for all forks

    for line in sys.stdin:
        name, store, fault = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            _do(DEEDS[name], Path(store), Fault(*fault) if fault else None, writing)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            lines = [json.loads(each) for each in pipe]
        _, status = os.waitpid(child, 0)
        sys.stdout.write(json.dumps([lines, os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)]) + "\n")
        sys.stdout.flush()


def _do(deed: Callable[[Path, Tell], None], store: Path, fault: Fault | None, pipe: int) -> None:
    def say(kind: str, value: Any) -> None:
        os.write(pipe, f"{json.dumps([kind, value])}\n".encode())

    def tell(value: Any) -> None:
        say("told", value)

    shim = Shim(store.parent, fault)
    shim.install()
    try:
        deed(store, tell)
        shim.finish()
    except StoreError as error:
        tell({"error": error.code})
        shim.mend()
        again(deed, store, tell)
    say("operations", shim.names)


if __name__ == "__main__":
    _main()
