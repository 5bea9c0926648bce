"""What authors of plugins see in their editor: mypy and pyright read the files in ``authors/``, as an author's checker would.

A comment ``# error: text`` says that a checker reports something with that text on that line (for a decorated class or function: on the
line of its decorator), ``# error(pyright)`` that only that one does. Nothing else may be reported.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from aios_sdk.plugins import check_component
from aios_sdk.plugins._declare import is_declared
from tests.conftest import REPOSITORY

AUTHORS = Path(__file__).parent / "authors"
_EXPECTED = re.compile(r"# error(?:\((?P<only>\w+)\))?(?:: (?P<text>.+))?$")

Reports = dict[tuple[str, int], str]


@pytest.fixture
def authors(tmp_path: Path) -> Path:
    """The authors' files, where no configuration of this repository reaches them."""
    return Path(shutil.copytree(AUTHORS, tmp_path / "authors"))


def _run(*command: str, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MYPY", "PYRIGHT"))}
    said = subprocess.run([sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert said.returncode in (0, 1), said.stderr + said.stdout
    return said.stdout


def _mypy(folder: Path) -> Reports:
    found: Reports = {}
    for line in _run("mypy", "--strict", "--config-file=", "--output=json", "--cache-dir=.cache", ".", folder=folder).splitlines():
        report = json.loads(line)
        if report["severity"] == "error":
            place = (report["file"], _line_of_decorator(folder / report["file"], report["line"]))
            found[place] = f"{found.get(place, '')}{report['message']}\n{report['hint'] or ''}\n"
    return found


def _pyright(folder: Path) -> Reports:
    found: Reports = {}
    said = json.loads(_run("pyright", "--outputjson", "--pythonpath", sys.executable, ".", folder=folder))
    assert said["summary"]["filesAnalyzed"] == len(list(folder.rglob("*.py")))
    for report in said["generalDiagnostics"]:
        place = (Path(report["file"]).relative_to(folder.resolve()).as_posix(), report["range"]["start"]["line"] + 1)
        found[place] = f"{found.get(place, '')}{report['message']}\n"
    return found


def _line_of_decorator(file: Path, line: int) -> int:
    lines = file.read_text().splitlines()
    return line - 1 if lines[line - 1].startswith("class ") and lines[line - 2].startswith("@") else line


def _expected(folder: Path, checker: str) -> Reports:
    return {
        (path.relative_to(folder).as_posix(), number): match["text"] or ""
        for path in sorted(folder.rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := _EXPECTED.search(line)) and match["only"] in (None, checker)
    }


@pytest.mark.parametrize("check", [_mypy, _pyright], ids=["mypy", "pyright"])
def test_an_author_is_told_of_each_mistake_at_its_line_and_of_nothing_else(check: Callable[[Path], Reports], authors: Path) -> None:
    expected, reported = _expected(authors, check.__name__.strip("_")), check(authors)
    assert {place: text for place, text in reported.items() if place not in expected} == {}
    assert [place for place in expected if place not in reported] == []
    assert {place: text for place, text in expected.items() if text not in reported[place]} == {}


def test_each_file_but_the_good_one_holds_mistakes() -> None:
    for checker in ("mypy", "pyright"):
        assert {file for file, _ in _expected(AUTHORS, checker)} == {f"mistakes/{path.name}" for path in (AUTHORS / "mistakes").iterdir()}


def test_what_the_good_file_declares_keeps_the_contract() -> None:
    declared = runpy.run_path(str(AUTHORS / "good.py"))
    ids = {check_component(each).info.id for each in declared.values() if is_declared(each)}
    assert ids == {f"acme.{name}" for name in ("reader", "lister", "finder", "asker", "rest", "by-kind", "waiting")}


def test_the_wheel_says_that_it_is_typed(tmp_path: Path) -> None:
    _run("hatchling", "build", "-t", "wheel", "-d", str(tmp_path), folder=REPOSITORY)
    [wheel] = tmp_path.glob("*.whl")
    assert "aios_sdk/py.typed" in zipfile.ZipFile(wheel).namelist()
