"""A store with something in every table and in every kind of file, made once and copied for each test."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from aios_sdk.records import Check, Checks, Extraction, Field, UnitFailure
from aios_sdk.store import ComponentUse, Evaluation, Learned, Model, ModelUse, Store, _journal

from ._journals import row_of
from ._recording import Recording
from ._rich import rich_document


def make(path: Path, *, documents: int = 2) -> None:
    """Record a run with so many rich documents and a case of them, in journals of several segments."""
    with pytest.MonkeyPatch.context() as patch, Store(path) as store:
        patch.setattr(_journal, "SEGMENT_SIZE", 10_000)
        recording = Recording(
            store, uses=[ComponentUse(step="fields", stage="extract", component="aios.fields", models=(ModelUse("m", "m@1", "d" * 64),))]
        )
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
        add_model(store, path.parent / "model", examples=3)


def add_model(
    store: Store, folder: Path, name: str = "kinds", weights: str = "{}", *, examples: int = 0, alias: str = "", **more: Any
) -> Model:
    """Add a version of a model, and its evaluation on so many examples (0: none)."""
    folder.mkdir(exist_ok=True)
    (folder / "weights.json").write_text(weights)
    model = store.models.add(folder, name, Learned(task="classification", format="json", **more), alias=alias)
    if examples:
        evaluate(store, model, 0.9, examples)
    return model


def evaluate(store: Store, model: Model, value: float, examples: int = 10, examples_digest: str = "e" * 64) -> None:
    """Record that a model was measured to be so good."""
    store.models.record(
        Evaluation(
            name=model.name,
            version=model.version,
            evaluated_at=dt.datetime.now(dt.UTC),
            component="aios.lexical",
            component_version="1",
            examples=examples,
            examples_digest=examples_digest,
            left_out=0,
            measure="accuracy",
            value=value,
            low=value - 0.1,
            high=value + 0.1,
            metrics={"accuracy": {"value": value, "low": value - 0.1, "high": value + 0.1}},
        )
    )


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
