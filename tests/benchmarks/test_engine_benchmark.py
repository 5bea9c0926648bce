"""The programs of `benchmarks/engine.py` do the work they say, in small; that they are fast is not asserted anywhere."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PEERS = sorted((BENCHMARKS / "peers").glob("*.py"))
COUNT = 20


@pytest.fixture(scope="module", autouse=True)
def _path() -> Iterator[None]:
    """Benchmarks import each other by their bare names, as programs do."""
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def programs() -> ModuleType:
    import _programs

    return _programs


@pytest.fixture(scope="module")
def expected() -> str:
    """The hash of the work in plain Python."""
    import _engine_steps

    return _engine_steps.expected(COUNT)


def test_every_step_finds_something_in_every_text_and_the_value_stands_there():
    from _work import STEPS, texts

    for number, text in enumerate(texts(COUNT)):
        assert 900 <= len(text) <= 1100
        found = {name: step(text) for name, step in STEPS.items()}
        assert all(text[start:end] == value != "" for value, start, end in found.values())
        assert found["reference"][0] == f"REF-{number:07d}"


def test_the_engine_does_the_work_and_recalls_it_in_another_process(programs: ModuleType, expected: str, tmp_path: Path):
    first, again = (programs.ours("steps", "--documents", COUNT, "--store", tmp_path / "bench.aios") for _ in range(2))
    assert first["hash"] == again["hash"] == expected
    assert (first["caches"], again["caches"]) == ({"miss": 5 * COUNT}, {"hit": 5 * COUNT})
    assert first["lag"] == again["lag"] == 0


def test_the_floor_does_the_same_work(programs: ModuleType, expected: str, tmp_path: Path):
    assert programs.ours("floor", "--documents", COUNT, "--size", 8, "--folder", tmp_path)["hash"] == expected


def test_a_store_is_filled_with_attempts_among_which_work_goes_on(programs: ModuleType, expected: str, tmp_path: Path):
    filled = programs.ours("fill", "--attempts", 60, "--store", tmp_path / "bench.aios")
    assert filled["attempts"] == 60
    run = programs.ours("steps", "--documents", COUNT, "--store", tmp_path / "bench.aios")
    assert (run["hash"], run["caches"], run["attempts"]) == (expected, {"miss": 5 * COUNT}, 60 + 6 * COUNT)


def test_a_stream_of_documents_gives_the_same(programs: ModuleType, expected: str, tmp_path: Path):
    run = programs.ours("memory", "--documents", COUNT, "--store", tmp_path / "bench.aios")
    assert run["hash"] == expected
    assert run["megabytes"] > 10


def test_the_engine_and_the_bare_component_read_the_same_of_a_pdf(programs: ModuleType, tmp_path: Path):
    files = tmp_path / "files.json"
    files.write_text(json.dumps([str(file) for file in (BENCHMARKS.parent / "examples").rglob("*.pdf")] * 2))
    engine, component, text = (programs.ours("pdf", way, files, "--processes", 2) for way in ("engine", "component", "text"))
    assert [engine[what] for what in ("hash", "pages", "boxes")] == [component[what] for what in ("hash", "pages", "boxes")]
    assert engine["boxes"] > engine["pages"] == text["pages"] > 0


def test_good_texts_pass_the_fragile_step(programs: ModuleType):
    run = programs.ours("poison", "--good", 8, "--workers", 2)
    assert (run["right"], run["statuses"], run["failures"]) == (8, {"completed": 8}, {})


def test_the_memory_of_a_program_and_its_children_is_seen(tmp_path: Path):
    from _engine_memory import watched

    body = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; x = b\"x\" * (100 << 20); time.sleep(1)'])"
    peak, answer = watched([sys.executable, "-c", f"{body}; print('{{\"megabytes\": 1}}')"])
    assert answer == {"megabytes": 1}
    assert 100 < peak.resident < 1000
    if sys.platform == "linux":
        assert peak.own is not None
        assert 100 < peak.own < peak.resident


def test_what_cannot_be_measured_is_told_with_what_it_said_last(programs: ModuleType):
    with pytest.raises(programs.Absent, match=r"ended with 1: .*no such peer"):
        programs.said([sys.executable, "-c", "raise SystemExit('no such peer')"])
    with pytest.raises(programs.Absent, match="stopped after"):
        programs.said([sys.executable, "-c", "import time; time.sleep(60)"], seconds=0.2)


def test_a_figure_that_could_not_be_measured_misses_its_bar():
    from _table import Row, table

    missed, told = Row(case="a", figure=None, unit="s", bar=1), Row(case="b", figure=None, unit="s", beside="not measured: why")
    assert (missed.verdict, told.verdict) == ("MISSED", "")
    assert "not measured: why" in table([missed, told])


@pytest.mark.parametrize("peer", PEERS, ids=lambda path: path.stem)
def test_a_peer_has_pinned_versions_and_imports_nothing_of_ours_but_the_work(peer: Path):
    pins = peer.with_suffix(".txt").read_text().split()
    assert pins
    assert all(re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[A-Za-z0-9_.]+", pin) for pin in pins)
    modules = {node.module for node in ast.walk(ast.parse(peer.read_text())) if isinstance(node, ast.ImportFrom)}
    assert "_peer" in modules
    assert not {module for module in modules if module and module.startswith(("_", "aios"))} - {"_peer", "_work"}


def _slow_distance(a: str, b: str) -> int:
    row = [*range(len(b) + 1)]
    for number, char in enumerate(a, 1):
        before = row
        row = [number]
        for place, other in enumerate(b):
            row.append(min(before[place] + (char != other), before[place + 1] + 1, row[place] + 1))
    return row[-1]


@settings(deadline=None)
@given(st.text("ab c", max_size=12), st.text("ab c", max_size=12))
def test_the_edit_distance_is_that_of_the_table(a: str, b: str):
    from _engine_ocr import distance

    assert distance(a, b) == _slow_distance(a, b)


def test_one_section_runs_alone_and_its_table_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    import _engine_steps
    import engine
    from _table import Row, benchmark

    asked: list[Any] = []
    monkeypatch.setattr(_engine_steps, "steps", lambda options: asked.append(options) or [Row(case="c", figure=1, unit="s", bar=2)])
    monkeypatch.setattr(sys, "argv", ["engine.py", "--quick", "--only", "steps", "--without-peers"])
    assert benchmark("The engine", engine.main, engine.arguments) == 0
    assert [(options.quick, bool(options.peers)) for options in asked] == [(True, False)]
    assert "| c " in capsys.readouterr().out
