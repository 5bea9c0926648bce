"""Two pipelines, a process that applies, and an analyst who keeps the database open: nobody waits, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from aios_sdk.store import Store, connect, fold, lag, verify
from tests.conftest import REPOSITORY
from tests.engine.workers._pools import until
from tests.faults._components import COUNTS
from tests.store._journals import start

HOLD = """
import duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
print(connection.sql("SELECT count(*) FROM documents").fetchall()[0][0], flush=True)
sys.stdin.readline()
print(connection.sql("SELECT count(*) FROM documents").fetchall()[0][0], flush=True)
"""


def _inbox(folder: Path, name: str, documents: int) -> Path:
    inbox = folder / name
    inbox.mkdir()
    for number in range(documents):
        (inbox / f"{name}-{number:03}.txt").write_text(f"{name} {number}")
    return inbox


def _run(inbox: Path, store: Path, folder: Path) -> subprocess.Popen[str]:
    counts = folder / f"counts-{inbox.name}"
    counts.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults._run", str(inbox), str(store)],
        cwd=REPOSITORY,
        env={**os.environ, COUNTS: str(counts)},
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """The process, which is killed afterwards if it still runs."""
    with process:
        yield process
        process.kill()


def _aios(*arguments: object) -> subprocess.Popen[str]:
    command = "import sys; from aios_sdk.cli import main; sys.exit(main())"
    return subprocess.Popen([sys.executable, "-c", command, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def _asked(store: Path) -> dict[str, Any]:
    """What ``aios store lag`` says."""
    said, _ = _aios("store", "lag", store, "--json").communicate()
    found: dict[str, Any] = json.loads(said)
    return found


def _share(folder: Path, *, documents: int, seconds: float) -> None:
    store = folder / "shared.aios"
    Store(store).close()
    fold(store)
    with ExitStack() as stack:
        watch = stack.enter_context(_ended(_aios("store", "apply", store, "--watch")))
        analyst = stack.enter_context(_ended(start(HOLD, store / "aios.duckdb")))
        inboxes = [_inbox(folder, name, documents) for name in ("one", "two")]
        _work(store, folder, inboxes, watch, analyst, seconds, stack)
    with connect(store) as connection:
        found = Counter(dict(connection.sql("SELECT name, count(*) FROM documents GROUP BY ALL").fetchall()))
        assert connection.sql("SELECT bool_and(holds), count(*) FROM conservation").fetchall() == [(True, 2)]
    assert found == Counter(path.name for inbox in inboxes for path in inbox.iterdir())
    assert verify(store).holds


def _work(
    store: Path,
    folder: Path,
    inboxes: list[Path],
    watch: subprocess.Popen[str],
    analyst: subprocess.Popen[str],
    seconds: float,
    stack: ExitStack,
) -> None:
    documents = len(list(inboxes[0].iterdir()))
    assert analyst.stdout is not None
    assert analyst.stdin is not None
    assert analyst.stdout.readline() == "0\n"
    began = time.monotonic()
    pipelines = [stack.enter_context(_ended(_run(inbox, store, folder))) for inbox in inboxes]
    for pipeline, inbox in zip(pipelines, inboxes, strict=True):
        assert pipeline.stdout is not None
        # All of them end, and are acknowledged, while the analyst holds the file.
        told = [pipeline.stdout.readline().split() for _ in range(documents)]
        assert sorted(told) == [[path.name, "completed"] for path in sorted(inbox.iterdir())]
    waiting = _asked(store)
    assert waiting["groups"] >= 2 * documents
    assert waiting["oldest_seconds"] > 0
    assert str(analyst.pid) in waiting["holder"]
    time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    assert verify(store).differences == ()
    analyst.stdin.write("\n")
    analyst.stdin.flush()
    assert analyst.stdout.readline() == "0\n"  # what was open stayed as it was
    analyst.communicate()
    assert [pipeline.wait(120) for pipeline in pipelines] == [0, 0]
    assert until(lambda: lag(store).groups == 0, 60.0)
    watch.send_signal(signal.SIGTERM)
    watch.communicate(timeout=60)
    assert watch.returncode == 0


def test_two_pipelines_never_wait_for_an_analyst_and_the_lag_recovers(tmp_path: Path) -> None:
    _share(tmp_path, documents=20, seconds=0)


@pytest.mark.soak
def test_two_pipelines_never_wait_for_an_analyst_of_a_minute(tmp_path: Path) -> None:
    _share(tmp_path, documents=1000, seconds=60)
