"""A recorded run is computed again from what its store holds, and every difference is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aios_sdk import Pipeline, Store, UsageError
from aios_sdk.pipelines import replay

_AIOS = "import sys; from aios_sdk.cli import main; sys.exit(main())"

PIPELINE = """
pipeline: words
steps:
  - ingest
  - summarize: extractive
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.txt").write_text("about CLM-1001\n")
    (inbox / "b.txt").write_text("about CLM-1002\n" + "and more " * 4000)
    with Store(tmp_path / "s.aios") as opened:
        assert len(list(Pipeline.from_yaml(PIPELINE).run(str(inbox), store=opened, progress=False))) == 2
    for file in inbox.iterdir():
        file.unlink()  # a replay rests on the store alone
    return tmp_path / "s.aios"


def test_a_run_comes_out_the_same(store: Path) -> None:
    with Store(store) as opened:
        found = replay(opened)
    assert (found.documents, found.differences, found.left_out) == (2, (), {})
    assert found.results >= 6


def test_what_was_recorded_otherwise_is_told_with_document_step_and_layer(store: Path) -> None:
    import duckdb

    with duckdb.connect(str(store / "aios.duckdb")) as connection:
        connection.execute("UPDATE artifacts SET artifact_id = repeat('0', 64) WHERE layer = 'summary' AND content LIKE '%CLM-1001%'")
    with Store(store) as opened:
        (difference,) = replay(opened).differences
    assert (difference.name, difference.step, difference.layer, difference.was) == ("a.txt", "summarize.extractive", "summary", "0" * 64)


def test_the_command_says_that_all_is_the_same_and_fails_when_it_is_not(store: Path) -> None:
    import duckdb

    same = subprocess.run([sys.executable, "-c", _AIOS, "replay", store], capture_output=True, text=True)
    assert (same.returncode, same.stdout.splitlines()[-1]) == (0, "Everything came out the same.")
    with duckdb.connect(str(store / "aios.duckdb")) as connection:
        connection.execute("UPDATE artifacts SET artifact_id = repeat('0', 64) WHERE layer = 'summary'")
    other = subprocess.run([sys.executable, "-c", _AIOS, "replay", store], capture_output=True, text=True)
    assert other.returncode == 1
    assert "differs: a.txt summarize.extractive summary: 000000000000 -> " in other.stdout


def test_a_run_that_is_not_there_is_said_to_be_missing(store: Path) -> None:
    with Store(store) as opened, pytest.raises(UsageError, match="no run 'ffff'"):
        replay(opened, "ffff")
