"""Where the reader of a page sits: a folder like the checkout, with the claims example and a few of its mails."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk import Registry
from tests.conftest import REPOSITORY

#: Reading scans takes seconds a page; these have none or one, and every kind of decision is among them.
MAILS = ("clm-1002.eml", "clm-1005.eml", "clm-1006.eml", "clm-1008.eml", "phone_note.txt", "supplier_invoice_001.pdf")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder for one page; what the page adds to the process is taken away again."""
    example = tmp_path / "examples" / "claims"
    example.mkdir(parents=True)
    for file in (REPOSITORY / "examples" / "claims").iterdir():
        if file.is_file():
            shutil.copy(file, example)
    (example / "inbox").mkdir()
    for name in MAILS:
        shutil.copy(REPOSITORY / "examples" / "claims" / "inbox" / name, example / "inbox")
    for tiny in (REPOSITORY / "plugins").glob("*/tests/tiny"):  # models of a few kilobytes, for the pages of their plugins
        shutil.copytree(tiny, tmp_path / tiny.relative_to(REPOSITORY))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(Registry, "_default", None)
    modules = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - modules:
        origin = getattr(sys.modules[name], "__file__", None) or ""
        if origin.startswith(str(tmp_path)) or name.startswith("docs_"):
            del sys.modules[name]
