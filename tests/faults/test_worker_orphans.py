"""However the parent ends, no process of its workers and no file of theirs is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import REPOSITORY
from tests.engine.workers._pools import left_of, until


@pytest.fixture
def mark() -> Iterator[str]:
    """A mark for the environment of workers; whatever a failed test leaves is killed."""
    mark = uuid.uuid4().hex
    yield mark
    for pid in left_of(mark):
        psutil.Process(pid).kill()


def _start(folder: Path, mark: str, ending: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults._parent", str(folder), mark, ending]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def _guardians(folder: Path) -> list[int]:
    return [process.pid for process in psutil.process_iter(["cmdline"]) if str(folder / "scratch") in (process.info["cmdline"] or [])]


@pytest.mark.parametrize("ending", ["killed", "interrupted", "terminated", "error", "exit", "inherited"])
def test_nothing_outlives_the_parent(tmp_path: Path, mark: str, ending: str) -> None:
    parent = _start(tmp_path, mark, ending)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n", parent.communicate()
    others = psutil.Process(parent.pid).children() if ending == "inherited" else []
    if ending in ("killed", "inherited"):
        parent.kill()
    elif ending in ("interrupted", "terminated"):
        parent.send_signal(signal.SIGINT if ending == "interrupted" else signal.SIGTERM)
    parent.wait(60)
    assert parent.returncode != 0
    assert until(lambda: not left_of(mark))
    assert until(lambda: not (tmp_path / "scratch").exists())
    assert until(lambda: not _guardians(tmp_path))
    for child in others:
        if child.is_running():
            child.kill()
    parent.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the guardian alone sees to it")
def test_workers_end_with_their_parent_even_when_nobody_guards_them(tmp_path: Path, mark: str) -> None:
    parent = _start(tmp_path, mark, "unguarded")
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n", parent.communicate()
    for pid in _guardians(tmp_path):
        psutil.Process(pid).kill()
    parent.kill()
    assert until(lambda: not left_of(mark))
    parent.communicate()
