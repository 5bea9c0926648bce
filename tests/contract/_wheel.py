"""The wheels that are kept: of each released contract a plugin with all seven stages, built once and run ever after."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WHEELS = Path(__file__).parent / "wheels"


def build(version: str, into: Path | None = None) -> Path:
    """Build ``wheels/VERSION/acme-seven`` into the folder beside it, or ``into``; the same sources give the same bytes."""
    folder = WHEELS / version
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into or folder)],
        cwd=folder / "acme-seven", env={**os.environ, "SOURCE_DATE_EPOCH": "1580601600"}, capture_output=True, check=True,
    )  # fmt: skip
    [wheel] = (into or folder).glob("*.whl")
    return wheel
