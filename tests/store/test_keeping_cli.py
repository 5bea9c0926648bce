"""aios store gc, forget and export, as they are used in a terminal."""

from __future__ import annotations

import json
import os
import pty
import sys
import time
from pathlib import Path

import pytest

from aios_sdk.cli import main
from aios_sdk.store import Store

from ._recording import Recording
from ._tokens import places_of, told

TOKEN = "ERIKA7QX"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Store(tmp_path / "claims.aios") as store:
        recording = Recording(store)
        document = told(recording, "brief.txt", TOKEN, tmp_path, size=8000)
        recording.end(document)
        recording.finish()
    return tmp_path / "claims.aios"


def test_forget_tells_what_it_erases_and_by_whom(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "forget", str(path), f"{TOKEN}-brief.txt", "--dry-run"]) == 0
    would = capsys.readouterr().out
    assert would.splitlines()[0].startswith("file ")
    assert f"{TOKEN}-brief.txt: " in would
    assert would.rstrip().endswith("would be erased")
    assert places_of(TOKEN, path)
    assert main(["store", "forget", str(path), f"{TOKEN}-brief.txt", "--yes", "--by", "request 17"]) == 0
    assert capsys.readouterr().out == would.replace("would be erased", "erased")
    assert places_of(TOKEN, path) == []
    assert main(["sql", str(path), "select forgotten_by from forgotten", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "forgotten_by\nrequest 17\n"


def test_forget_in_json(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "forget", str(path), f"{TOKEN}-brief.txt", "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["dry_run"] is True
    assert said["documents"][0]["name"] == f"{TOKEN}-brief.txt"
    assert said["records"] == said["documents"][0]["records"] > 5


def test_what_was_forgotten_already_is_said_to_be(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(path) as store:
        identity = store.document(f"{TOKEN}-brief.txt").id
    main(["store", "forget", str(path), identity, "--yes"])
    capsys.readouterr()
    assert main(["store", "forget", str(path), identity[:8], "--yes"]) == 0
    assert capsys.readouterr().out.startswith(f"Nothing is left of document {identity}: it was forgotten already")
    assert main(["explain", str(path), identity]) == 2
    assert "was forgotten on " in capsys.readouterr().err


def test_forget_without_a_terminal_does_nothing_unless_it_is_told_to(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert main(["store", "forget", str(path), f"{TOKEN}-brief.txt"]) == 2
    assert "Give --yes" in capsys.readouterr().err
    assert places_of(TOKEN, path)


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"y\n", 0)])
def test_forget_asks_on_a_terminal(path: Path, answer: bytes, code: int) -> None:
    program = "import sys; from aios_sdk.cli import main; sys.exit(main())"
    process, terminal = pty.fork()
    if not process:
        os.execv(sys.executable, [sys.executable, "-c", program, "store", "forget", str(path), f"{TOKEN}-brief.txt"])
    seen = b""
    while b"[y/N]" not in seen:
        seen += os.read(terminal, 4096)
    assert f"{TOKEN}-brief.txt".encode() in seen
    assert b"to be erased" in seen
    os.write(terminal, answer)
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == code
    assert bool(places_of(TOKEN, path)) is bool(code)


def test_forget_beside_a_run_names_the_run(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(path) as store:
        recording = Recording(store)
        assert main(["store", "forget", str(path), f"{TOKEN}-brief.txt", "--yes"]) == 3
        assert f"process {os.getpid()}" in capsys.readouterr().err
        recording.finish()


def test_gc_counts_what_it_removes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(path)
    old, _ = store.blobs.put(b"o" * 5000), store.blobs.put(b"young")
    os.utime(store.blobs.path(old), (time.time() - 7200,) * 2)
    assert main(["store", "gc", str(path), "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Would remove 1 blob (5.0 kB)",
        "Kept 1 unreferenced blob (5 B): put of late, or since a run began",
    ]
    assert main(["store", "gc", str(path), "--older-than", "3"]) == 0
    assert capsys.readouterr().out.startswith("Removed 0 blobs (0 B)\nKept 2 unreferenced blobs")
    assert main(["store", "gc", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "blobs": 1,
        "bytes": 5000,
        "temporary": 0,
        "temporary_bytes": 0,
        "young": 1,
        "young_bytes": 5,
    }


def test_export_names_each_file_with_its_rows(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "export", str(path), "--to", str(tmp_path / "out")]) == 0
    assert f"{tmp_path}/out/documents.parquet: 1 rows, " in capsys.readouterr().out
    assert main(["store", "export", str(path), "--format", "prov", "--to", str(tmp_path / "out.jsonld"), "--json"]) == 0
    ((said,),) = (json.loads(capsys.readouterr().out),)
    assert said["file"] == str(tmp_path / "out.jsonld")
    assert said["bytes"] == (tmp_path / "out.jsonld").stat().st_size
