"""Fixtures for the engine's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all tests of a module: each run's records are apart, and opening one for each would take most of the time."""
    with Store(tmp_path_factory.mktemp("store") / "test.aios") as store:
        yield store


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Store]:
    """A store in which nothing has been recorded."""
    with Store(tmp_path / "fresh.aios") as store:
        yield store
