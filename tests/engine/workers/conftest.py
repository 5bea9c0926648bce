"""Fixtures for the tests of workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ._pools import Bench


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def bench(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A pool of two workers for all tests of a module, since starting one takes longer than most tests."""
    bench = Bench(runner, tmp_path_factory.mktemp("pool"))
    yield bench
    bench.close()


@pytest.fixture
def another(runner: asyncio.Runner, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Makes pools with other options."""
    made: list[Bench] = []

    def make(**options: Any) -> Bench:
        made.append(Bench(runner, tmp_path, **options))
        return made[-1]

    yield make
    for bench in made:
        bench.close()
