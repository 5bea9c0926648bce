"""The guardian: it kills the groups it was told of and what bears the mark, and removes the folder."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import psutil
import pytest

from aios_sdk.engine.workers._guardian import Guardian
from aios_sdk.engine.workers._guardian_program import MARK, kill_marked

from ._pools import until

_SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(1000)"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with something in it."""
    folder = tmp_path / "scratch"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_text("x")
    return folder


def _guardian_of(folder: Path) -> psutil.Process:
    [found] = [process for process in psutil.process_iter(["cmdline"]) if str(folder) in (process.info["cmdline"] or [])]
    return found


def test_it_kills_the_groups_it_watches_and_no_others(folder: Path) -> None:
    guardian = Guardian(uuid.uuid4().hex, folder)
    watched, forgotten = (subprocess.Popen(_SLEEP, start_new_session=True) for _ in range(2))
    try:
        for process in (watched, forgotten):
            guardian.watch(process.pid)
        guardian.forget(forgotten.pid)
        guardian.close()
        assert watched.wait(20) < 0
        assert forgotten.poll() is None
        assert not folder.exists()
    finally:
        forgotten.kill()
        forgotten.wait()
        watched.kill()


def test_one_that_was_killed_is_replaced_and_knows_all_groups(folder: Path) -> None:
    guardian = Guardian(uuid.uuid4().hex, folder)
    first, second = (subprocess.Popen(_SLEEP, start_new_session=True) for _ in range(2))
    guardian.watch(first.pid)
    running = _guardian_of(folder)
    running.kill()
    assert until(lambda: not running.is_running() or running.status() == psutil.STATUS_ZOMBIE)
    guardian.watch(second.pid)
    guardian.close()
    assert first.wait(20) < 0
    assert second.wait(20) < 0


def test_it_is_not_started_for_nothing(folder: Path) -> None:
    Guardian(uuid.uuid4().hex, folder).close()
    assert folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the environment of others cannot be seen")
def test_what_bears_the_mark_is_killed_wherever_it_went() -> None:
    mark = uuid.uuid4().hex
    marked = subprocess.Popen(_SLEEP, start_new_session=True, env={**os.environ, MARK: f"{mark}-1."})
    other = subprocess.Popen(_SLEEP, start_new_session=True, env={**os.environ, MARK: f"{mark}-11."})
    try:
        assert kill_marked(f"{mark}-1.") == 0
        assert marked.wait(20) < 0
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
