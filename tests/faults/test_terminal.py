"""What ``aios run`` does where the terminal is not what it should be, and what it lets documents say on it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aios_sdk.cli import main

_MAIN = "from aios_sdk.cli import main; raise SystemExit(main())"


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """A run on one note."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "note.txt").write_text("The roof is wet.")
    (tmp_path / "notes.yaml").write_text("pipeline: notes\nsteps:\n- ingest\n- summarize: extractive\n")
    return ["run", str(tmp_path / "notes.yaml"), str(tmp_path / "inbox"), "--store", str(tmp_path / "notes.aios")]


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_costs_a_run_nothing(command: list[str], closed: str) -> None:
    ended = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", _MAIN, *command], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ("1 document: 1 completed" in ended.stdout) == (">&-" not in closed.split())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
def test_an_output_that_is_full_is_told_in_words(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([sys.executable, "-c", _MAIN, *command], stdout=full, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("[AIOS-000] The system refused what aios asked of it: [Errno 28] No space left on device. ")
    assert "Traceback" not in ended.stderr


def test_a_name_cannot_steer_the_terminal(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "inbox" / "\x1b]0;owned\x07\x1b[2J.pdf").write_bytes(b"%PDF-1.7 and no more")
    (tmp_path / "inbox" / "\x1b[2J.docx").write_text("The roof is wet.")
    assert main([*command, "--no-progress"]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\\x1b]0;owned\\x07\\x1b[2J.pdf: " in said
    assert "note      \\x1b[2J.docx: it says " in said


def test_a_store_whose_index_cannot_be_opened_is_told_in_words(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--no-progress"]) == 0
    shutil.rmtree(tmp_path / "notes.aios" / "memo")
    (tmp_path / "notes.aios" / "memo").write_text("in its way")
    assert main([*command, "--no-progress"]) == 3
    assert "The index of results beside the journal cannot be written" in capsys.readouterr().err
