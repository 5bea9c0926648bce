"""What was built for a released contract goes on running: the kept wheels, found, admitted, loaded, and run through every stage."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import aios_sdk

from ._wheel import WHEELS, build

SOURCE = Path(aios_sdk.__file__).parents[1]
KEPT = sorted(WHEELS.glob("*/*.whl"))

ANSWERS = {
    "plugin": "acme-seven 1.0.0: allowed",
    "reason": "",
    "imported before it is used": [],
    "documents": {
        "letter.txt": {
            "status": "completed",
            "pages": [13, 2],
            "tables": [["positions", 2]],
            "fields": [f"amount {amount} EUR {amount} 0" for amount in ("12.50", "7.00", "12.50", "7.00")],
            "labels": ["kind invoice"],
            "summary": ["attached: Dear Bert Thank you"],
            "checks": ["positions-read True of a invoice 5"],
            "redactions": ["person Anna", "person Bert"],
            "route": ["pay False 5"],
        },
        "attached-0.txt": {
            "status": "completed",
            "pages": [3, 2],
            "tables": [],
            "fields": [],
            "labels": ["kind letter"],
            "summary": ["Dear Bert Thank you"],
            "checks": [],
            "redactions": ["person Bert"],
            "route": ["desk True 0"],
        },
    },
    "case": ["completed", "desk", "case of 2 members"],
    "extract_batch": ["Extraction", "Unsupported"],
    "classify_batch": ["invoice", "letter"],
    "render": [595, 842],
}


def _run(path: Path, folder: Path) -> dict[str, Any]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIOS_")}
    said = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "_running.py"), str(path), str(folder)],
        env={**kept, "PYTHONPATH": f"{path}{os.pathsep}{SOURCE}"}, cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    return dict(json.loads(said.stdout))


@pytest.mark.parametrize("form", ["a zip on the path", "installed"])
@pytest.mark.parametrize("wheel", KEPT, ids=lambda wheel: wheel.parent.name)
def test_a_plugin_built_for_a_released_contract_runs_through_every_stage(wheel: Path, form: str, tmp_path: Path) -> None:
    path = wheel
    if form == "installed":
        path = tmp_path / "site-packages"
        zipfile.ZipFile(wheel).extractall(path)
    (tmp_path / "work").mkdir()
    answers = _run(path, tmp_path / "work")
    warnings = answers.pop("warnings")
    assert answers == ANSWERS
    # What is adapted says so, with its code; what is current says nothing.
    assert [said for said in warnings if not re.match(r"\[AIOS-D\d{3}\] .+ Deprecated since .+, removed in ", said)] == []


@pytest.mark.parametrize("wheel", KEPT, ids=lambda wheel: wheel.parent.name)
def test_a_kept_wheel_is_small_and_holds_the_source_beside_it(wheel: Path, tmp_path: Path) -> None:
    assert wheel.stat().st_size < 20_000
    # Of the metadata only what matters to the SDK: the rest may follow what builds it.
    kept, built = (
        {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name or name.endswith("entry_points.txt")}
        for archive in (zipfile.ZipFile(wheel), zipfile.ZipFile(build(wheel.parent.name, tmp_path)))
    )
    assert kept == built


def test_the_same_source_gives_the_same_wheel(tmp_path: Path) -> None:
    version = KEPT[-1].parent.name
    first, second = (build(version, tmp_path / name).read_bytes() for name in ("first", "second"))
    assert first == second
