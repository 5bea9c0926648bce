"""A forgetting that is killed anywhere harms nothing, and the next one finishes it."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk.store import Store, connect, fold, forget, verify
from aios_sdk.store._forgetting import PLAN

from ._journals import damage_in, start
from ._tokens import places_of
from .test_forget import ERIKA, OTTO, recorded

#: Forgets, and dies just before it changes the file system for the n-th time; prints how often it did when it is allowed to live.
FORGET = """
import os, signal
from aios_sdk.store import forget, Store
Store(sys.argv[1]).info()
count = 0
def hook(event, arguments):
    global count
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod") or (
        event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    ):
        count += 1
        if count == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
forget(sys.argv[1], sys.argv[2], by="anna")
print(count)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forget")
    recorded(folder / "claims.aios", folder, size=8000)
    with Store(folder / "claims.aios") as opened:
        opened.memo().close()
    return folder / "claims.aios"


@pytest.fixture(scope="module")
def afterwards(store: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What a store holds from which the document was forgotten without any trouble."""
    path = shutil.copytree(store, tmp_path_factory.mktemp("reference") / "claims.aios")
    forget(path, f"{ERIKA}-brief.txt", by="anna")
    return held(path)


def held(path: Path) -> dict[str, list[str]]:
    """All rows but those that tell the time and place of this very forgetting, and all blobs."""
    with connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        found = {
            name: sorted(map(repr, connection.execute(f"FROM {name}").fetchall()))
            for name in tables
            if name not in ("applied_segments", "forgotten")
        }
        found["forgotten"] = sorted(
            map(repr, connection.execute("SELECT document_id, asked_for, forgotten_by, records FROM forgotten").fetchall())
        )
    return {**found, "blobs": sorted(file.name for file in (path / "blobs").rglob("*") if file.is_file())}


def check_killed(path: Path, afterwards: dict[str, list[str]]) -> None:
    """The store that a killed forgetting left works, and forgetting again ends as if nothing had happened."""
    assert damage_in(path / "journal") == []
    begun = (path / "forgetting" / PLAN).exists()
    assert begun == any("being forgotten" in each.what for each in verify(path).differences)
    fold(path)
    with Store(path) as opened:
        assert opened.document(f"{OTTO}-brief.txt").fields[f"for.{OTTO}"].value == OTTO
        doubles = "SELECT run_id, document_id FROM {} GROUP BY ALL HAVING count(*) > 1"
        for table in ("documents", "outcomes"):
            assert opened.sql(doubles.format(table)).fetchall() == []
    done = forget(path, f"{ERIKA}-brief.txt", by="anna") if places_of(ERIKA, path) else None
    assert places_of(ERIKA, path) == []
    if done is None and (path / "forgetting").exists():
        forget(path, afterwards["forgotten"][0].split("'")[3], by="anna")
    assert held(path) == afterwards
    assert verify(path).differences == ()
    (path / "aios.duckdb").unlink()
    fold(path)
    assert held(path) == afterwards


def killed_at(path: Path, point: int) -> str:
    process = start(FORGET, path, f"{ERIKA}-brief.txt", point)
    output, errors = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), errors
    return output


def points(store: Path, folder: Path, step: int) -> Iterator[Path]:
    """Copies of the store in which it was killed at one place after the other."""
    point = 1
    while True:
        path = shutil.copytree(store, folder / str(point) / "claims.aios")
        if killed_at(path, point):
            return
        yield path
        shutil.rmtree(path.parent)
        point += step


def test_a_forgetting_that_is_killed_is_finished_by_the_next(store: Path, afterwards: dict[str, list[str]], tmp_path: Path) -> None:
    seen = 0
    for path in points(store, tmp_path, 5):
        check_killed(path, afterwards)
        seen += 1
    assert seen >= 5


@pytest.mark.soak
def test_a_forgetting_may_be_killed_before_each_change_of_the_file_system(
    store: Path, afterwards: dict[str, list[str]], tmp_path: Path
) -> None:
    seen = 0
    for path in points(store, tmp_path, 1):
        check_killed(path, afterwards)
        seen += 1
    assert seen >= 20


@pytest.mark.soak
def test_a_forgetting_may_be_killed_at_any_time_and_again(store: Path, afterwards: dict[str, list[str]], tmp_path: Path) -> None:
    for number in range(40):
        path = shutil.copytree(store, tmp_path / str(number) / "claims.aios")
        for _ in range(3):
            process = start(FORGET, path, f"{ERIKA}-brief.txt", 0)
            time.sleep(random.uniform(0.3, 1.5))
            process.kill()
            process.communicate()
        check_killed(path, afterwards)
        shutil.rmtree(path.parent)
