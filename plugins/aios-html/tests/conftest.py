"""Fixtures of this plugin's tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from aios_sdk import Context, Document, Source


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real documents; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("AIOS_CORPORA", Path(__file__).resolve().parents[3].parent / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip("no corpora: set AIOS_CORPORA to the folder of real documents")
    return folder


@pytest.fixture
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Document | Source]]:
    """Runs a component on a source with a scratch folder of its own."""

    def run(code: Any, source: Source, **config: Any) -> list[Document | Source]:
        context = Context(run="run", step="ingest", scratch=tmp_path_factory.mktemp("scratch"))
        found: Iterable[Document | Source] = code(code.Config(**config)).ingest(source, context)
        return list(found)

    return run
