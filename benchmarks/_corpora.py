"""Where the real documents are."""

from __future__ import annotations

import os
from pathlib import Path

from _table import fail


def corpora() -> Path:
    """The folder of real documents; without it what needs it cannot be measured."""
    folder = Path(os.environ.get("AIOS_CORPORA", Path(__file__).resolve().parents[2] / "shared" / "corpora"))
    if not folder.is_dir():
        fail("no corpora: set AIOS_CORPORA to the folder of real documents, or leave this section out with --only")
    return folder
