"""Fixtures for tests of faults."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in which nothing has been recorded."""
    with Store(tmp_path / "test.aios") as store:
        yield store


@pytest.fixture(autouse=True, scope="session")
def _interrupts() -> Iterator[None]:
    """A shell has what it starts in the background ignore Ctrl-C, and so would every program that these tests start."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
