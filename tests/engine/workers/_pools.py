"""The shortest way to use a pool, and to see what it left behind."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil

from aios_sdk import Registry
from aios_sdk.engine import PlannedComponent
from aios_sdk.engine.workers import Pool, Unit, UnitAnswer
from aios_sdk.expressions import Scope

from . import _badly_imported, _parts

T = TypeVar("T")

#: The variable by which processes are found that a worker started, whatever they did since.
MARK = "AIOS_TEST_MARK"

KINDS = {kind.__aios_component__["id"]: kind for kind in vars(_parts).values() if hasattr(kind, "__aios_component__")}


def registry() -> Registry:
    """Every component of `_parts`."""
    made = Registry()
    for kind in (*KINDS.values(), _badly_imported.Imported):
        made.add(kind)
    return made


def planned(id: str, stage: Any = "extract", **config: Any) -> PlannedComponent:
    """A component as it stands in a plan."""
    return PlannedComponent(id=f"test.{id}", stage=stage, config=config, scope=Scope())


class Bench:
    """A pool in a folder of its own, and an event loop to run it on."""

    def __init__(self, runner: asyncio.Runner, folder: Path, *, known: Registry | None = None, **options: Any) -> None:
        self.mark = uuid.uuid4().hex
        self.scratch = folder / f"scratch-{self.mark}"
        self.blobs = folder / f"blobs-{self.mark}"
        self._runner = runner
        environment = {MARK: self.mark, **options.pop("environment", {})}
        options = {"count": 2, "opening": 30.0, **options}

        async def make() -> Pool:
            return Pool(known or registry(), scratch=self.scratch, blobs=self.blobs, environment=environment, **options)

        self.pool = runner.run(make())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` gives."""
        return self._runner.run(work)

    def call(self, component: PlannedComponent, texts: Sequence[str], *, timeout: float | None = 30.0, **options: Any) -> list[UnitAnswer]:
        """The answers for documents with these texts, in their order; each came once."""
        return self.run(self.answers(component, texts, timeout=timeout, **options))

    async def answers(
        self, component: PlannedComponent, texts: Sequence[str], *, timeout: float | None = 30.0, **options: Any
    ) -> list[UnitAnswer]:
        """The same within the loop."""
        units = [Unit(_parts.document(text, number), page=number) for number, text in enumerate(texts)]
        found = [answer async for answer in self.pool.call(component, "extract", "s", units, run="r", timeout=timeout, **options)]
        assert sorted(answer.unit for answer in found) == list(range(len(units)))
        for answer in found:
            assert (answer.result is None) != (answer.failure is None)
            assert answer.failure is None or answer.failure.page == answer.unit
        return sorted(found, key=lambda answer: answer.unit)

    async def ingested(self, component: PlannedComponent, source: Any, *, timeout: float | None = 30.0) -> list[Any]:
        """All that was ingested."""
        return [item async for item in self.pool.ingest(component, source, run="r", step="s", timeout=timeout)]

    def close(self) -> None:
        """Close the pool; nothing may be left of it."""
        self.run(self.pool.close())
        assert left_of(self.mark) == []
        assert not self.scratch.exists()


@asynccontextmanager
async def taken(items: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """An iterator that is closed at the end."""
    try:
        yield items
    finally:
        await items.aclose()  # type: ignore[attr-defined]  # an async generator


def words(answer: UnitAnswer) -> list[str]:
    """What a component said."""
    assert answer.result is not None, answer.failure
    return [field.value for field in answer.result.fields]  # type: ignore[union-attr]


def problem(answer: UnitAnswer) -> tuple[str, str]:
    """The category and message of a failure."""
    assert answer.failure is not None, answer.result
    return answer.failure.category, answer.failure.message


def left_of(mark: str) -> list[int]:
    """Running processes whose environment holds ``mark``."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def until(condition: Any, seconds: float = 20.0) -> bool:
    """Whether ``condition()`` comes to hold within ``seconds``."""
    end = time.monotonic() + seconds
    while not (held := bool(condition())) and time.monotonic() < end:
        time.sleep(0.02)
    return held
