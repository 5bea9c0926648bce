"""A store with something in every table and in every kind of file, made once and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from aios_sdk.records import Check, Checks, Extraction, Field, UnitFailure
from aios_sdk.store import ComponentUse, Store, _journal

from ._journals import row_of
from ._recording import Recording
from ._rich import rich_document


def make(path: Path, *, documents: int = 2) -> None:
    """Record a run with so many rich documents and a case of them, in journals of several segments."""
    with pytest.MonkeyPatch.context() as patch, Store(path) as store:
        patch.setattr(_journal, "SEGMENT_SIZE", 10_000)
        recording = Recording(store, uses=[ComponentUse(step="fields", stage="extract", component="aios.fields", model="m@1")])
        outcomes = []
        for number in range(documents):
            document = rich_document(recording, path.parent, f"rechnung-{number}.txt")
            document = recording.step(document, "more", Extraction(fields=(Field(path="n", value=number, status="ungrounded"),)))
            failures = (UnitFailure("timeout", "too late", 1),)
            document = recording.step(
                document, "late", Checks(checks=(Check(rule="r", passed=True),)), stage="check", status="partial", failures=failures
            )
            outcomes.append(recording.end(document, memo_key=f"{number:032x}"))
            store._writer.flush()  # type: ignore[union-attr]  # each in a write of its own, so that segments fill
        recording.end(recording.case("case", outcomes))
        recording.finish()
        memo = store.memo()
        found = memo.whole(f"{0:032x}")
        memo.close()
        assert found is not None
        again = Recording(store)
        again.run.recall(found)
        again.finish()
        store._writer.append([row_of("forgotten", document_id="f" * 32, forgotten_by="somebody", records=1)])  # type: ignore[union-attr]


def copy(store: Path, to: Path) -> Path:
    """A copy of a store that no process uses."""
    return Path(shutil.copytree(store, to / "claims.aios"))


def execute(store: Path, *statements: str, file: str = "aios.duckdb") -> None:
    """Change the database behind the store's back."""
    with duckdb.connect(str(store / file)) as connection:
        for statement in statements:
            connection.execute(statement)


def flip(path: Path, bit: int) -> None:
    """Flip one bit of a file, also of one that may not be written."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def segments(store: Path) -> list[Path]:
    """The files of the journals, in order."""
    return sorted((store / "journal").rglob("*.seg")) + sorted((store / "journal").rglob("*.open"))


def blobs(store: Path) -> list[Path]:
    """The files of the blobs."""
    return sorted(path for path in (store / "blobs").rglob("*") if path.is_file())


def unseal(store: Path) -> Path:
    """Leave the last segment as a writer leaves it that is killed: without end frame and final name."""
    last = segments(store)[-1]
    data = last.read_bytes()
    open_ = last.with_suffix(".open")
    last.unlink()
    open_.write_bytes(data[:-89])
    return open_
