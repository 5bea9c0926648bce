"""Fixtures for the tests of what keeps and checks a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import _stores


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with something in every table, for nobody to change."""
    path = tmp_path_factory.mktemp("made") / "claims.aios"
    _stores.make(path)
    return path


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A store of its own for each test, with something in every table."""
    return _stores.copy(made, tmp_path)
