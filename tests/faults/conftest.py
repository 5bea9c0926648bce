"""Fixtures for tests of faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in which nothing has been recorded."""
    with Store(tmp_path / "test.aios") as store:
        yield store
