"""Fixtures for the tests of aios-openai."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # where openai_endpoint and openai_models are found, here and in other processes

from openai_endpoint import Asking, Server


@pytest.fixture
def server() -> Iterator[Server]:
    """An endpoint of this test's own."""
    running = Server()
    yield running
    running.close()


@pytest.fixture
def asking(server: Server, tmp_path: Path) -> Asking:
    """The component, set to ask this endpoint."""
    return Asking(server, tmp_path)
