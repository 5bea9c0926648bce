"""``aios model`` as people call it: from a file of examples to a model that a run works with, and to its successor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aios_sdk import Store
from aios_sdk.cli import Exit, main
from aios_sdk.plugins import Registry
from aios_sdk.store import Learned
from aios_sdk.testing import fakes

from .test_learning import texts

PIPELINE = "pipeline: post\nsteps:\n  - ingest:\n  - classify: words.kind\n    config: {model: kinds}\n"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installed plugin that learns, examples, a pipeline and something to run it on."""
    folder = tmp_path_factory.mktemp("desk")
    code = Path(__file__).with_name("_words.py").read_text()
    fakes.distribution(folder / "site", name="aios-words", code=code)
    for name, examples in {"few": texts(6, 1, noise=0.5), "more": texts(40, 2, noise=0.1), "held-out": texts(60, 3, noise=0.2)}.items():
        lines = [f"{example.document.text},{example.labels[0]}" for example in examples]
        (folder / f"{name}.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    (folder / "post.yaml").write_text(PIPELINE)
    (folder / "note.txt").write_text("please pay the amount")
    return folder


@pytest.fixture
def at_the_desk(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(desk)
    monkeypatch.syspath_prepend(desk / "site")
    monkeypatch.setattr(Registry, "_default", None)
    return desk


def test_from_examples_to_a_run_through_the_real_process(desk: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(desk / "site")}

    def aios(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name("aios"), *arguments], cwd=desk, env=environment, capture_output=True, text=True, check=False
        )

    first = aios("model", "train", "post.aios", "kinds", "--component", "words.kind", "--examples", "few.csv")
    assert (first.returncode, first.stdout.splitlines()[0]) == (0, "kinds@1 learned from 6 examples; it is the champion"), first.stderr
    ran = aios("run", "post.yaml", "note.txt", "--store", "post.aios", "--no-progress")
    assert ran.returncode == 0, ran.stderr
    refused = aios("model", "promote", "post.aios", "kinds")
    assert (refused.returncode, refused.stdout) == (Exit.USAGE, "")
    assert "no model kinds@challenger. Of kinds there are version 1, and @champion" in refused.stderr
    with Store(desk / "post.aios", create=False) as store:
        (used,) = store.sql("select model from attempts where step like 'classify%'").fetchall()[0]
        assert used == store.models.get("kinds").identity


def test_a_worse_challenger_is_refused_and_forced_with_a_reason(
    at_the_desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "worse.aios")
    for examples in ("more.csv", "few.csv"):
        train = ["model", "train", store, "kinds", "--component", "words.kind", "--examples", examples, "--config", "least=1", "--json"]
        assert main(train) == Exit.OK
    assert '"kinds@2#' in capsys.readouterr().out
    assert main(["model", "compare", store, "kinds@1", "kinds@2", "--examples", "held-out.csv", "--json"]) == Exit.OK
    compared = json.loads(capsys.readouterr().out)
    assert compared["gain"]["value"] < 0
    assert main(["model", "compare", store, "kinds@1", "kinds@2", "--examples", "held-out.csv"]) == Exit.OK
    assert "kinds@1 does better than kinds@2" in capsys.readouterr().out
    assert main(["model", "promote", store, "kinds"]) == Exit.USAGE
    assert "kinds@2 does worse than the champion kinds@1" in capsys.readouterr().err
    assert main(["model", "promote", store, "kinds", "--force", "a law"]) == Exit.OK
    assert main(["model", "rollback", store, "kinds", "--reason", "it is worse"]) == Exit.OK
    assert "is version 1 again, in the place of version 2" in capsys.readouterr().out
    assert main(["model", "evaluate", store, "kinds", "--examples", "more.csv"]) == Exit.USAGE
    assert "There is no example that kinds@1 was not trained on" in capsys.readouterr().err
    assert main(["model", "show", store, "kinds", "--json"]) == Exit.OK
    shown = json.loads(capsys.readouterr().out)
    assert [change["reason"] for change in shown["history"] if change["alias"] == "champion"][1:] == ["forced: a law", "it is worse"]
    assert shown["files"][0]["path"] == "words.json"


def test_a_model_speaks_of_the_examples_first_and_those_it_learned_from_are_left_out(
    at_the_desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, few, both = str(tmp_path / "s.aios"), "few.csv", str(tmp_path / "both.csv")
    Path(both).write_text(Path(few).read_text() + "a new text,bill\n")
    assert main(["model", "train", store, "kinds", "--component", "words.kind", "--examples", few]) == Exit.OK
    after = ["--after", "classify.one=kinds"]
    assert main(["model", "train", store, "more", "--component", "words.kind", "--examples", both, *after]) == Exit.OK
    printed = capsys.readouterr()
    assert "left out: 6 examples that a model of --after learned from" in printed.err
    assert "more@1 learned from 1 examples" in printed.out
    assert main(["model", "train", store, "more", "--component", "words.kind", "--examples", few, "--after", "kinds"]) == Exit.USAGE
    assert "--after 'kinds' names no step and model" in capsys.readouterr().err


def test_lists_are_read_by_people_and_programs_and_what_is_wrong_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "few.aios")
    with Store(path) as store:
        assert main(["model", "list", path]) == Exit.OK
        assert "There are no models" in capsys.readouterr().out
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "weights.json").write_text("{}")
        model = store.models.add(tmp_path / "model", "kinds", Learned(task="classification", format="json", component="aios.lexical"))
    assert main(["model", "list", path]) == Exit.OK
    assert "kinds@1" in capsys.readouterr().out
    assert main(["model", "list", path, "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)[0]["identity"] == model.identity
    for command, told in (
        (["show", path, "kind"], "Did you mean 'kinds'"),
        (["rollback", path, "kinds"], "has stood for nothing before version 1"),
        (["show", str(tmp_path / "none.aios"), "kinds"], "There is no store"),
        (["train", path, "kinds", "--component", "words.kind", "--examples", path, "--config", "least"], "is no setting"),
    ):
        assert main(["model", *command]) == Exit.USAGE
        assert told in capsys.readouterr().err
