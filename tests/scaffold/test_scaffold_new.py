"""New plugins: names follow from one name, what cannot be is refused with the next step, and nothing is written over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aios_sdk.cli import main
from aios_sdk.errors import UsageError
from aios_sdk.scaffold import MODALITIES, Skeleton, create, render
from aios_sdk.stages import STAGES


@pytest.mark.parametrize(
    ("name", "namespace", "package", "id", "class_name"),
    [
        ("acme-ocr", "", "acme_ocr", "acme.ocr", "AcmeOcr"),
        ("aios-acme-ocr", "", "aios_acme_ocr", "acme.ocr", "AcmeOcr"),
        ("acme-invoice-ocr", "", "acme_invoice_ocr", "acme.invoice-ocr", "AcmeInvoiceOcr"),
        ("invoice-ocr", "acme", "invoice_ocr", "acme.invoice-ocr", "AcmeInvoiceOcr"),
        ("acme-corp-ocr", "acme-corp", "acme_corp_ocr", "acme-corp.ocr", "AcmeCorpOcr"),
        ("acme", "", "acme", "acme.extract", "AcmeExtract"),
        ("aios-acme", "", "aios_acme", "acme.extract", "AcmeExtract"),
        ("acmes-ocr", "acme", "acmes_ocr", "acme.acmes-ocr", "AcmeAcmesOcr"),
        ("page-info", "", "page_info", "page.info", "PageInfoComponent"),
    ],
)
def test_all_names_follow_from_the_distribution_and_the_namespace(
    name: str, namespace: str, package: str, id: str, class_name: str
) -> None:
    made = Skeleton.of(name, "extract", namespace=namespace)
    assert (made.package, made.id, made.class_name) == (package, id, class_name)


@pytest.mark.parametrize(
    ("name", "namespace", "said"),
    [
        ("Acme_OCR", "", "Did you mean 'acme-ocr'"),
        ("acme ocr", "", "Did you mean 'acme-ocr'"),
        ("../acme", "", "Did you mean 'acme'"),
        ("-", "", "Take a name such as acme-ocr"),
        ("", "", "Take a name such as acme-ocr"),
        ("acme-3d", "", "would have the id 'acme.3d'"),
        ("3m-ocr", "", "would have the id '3m.ocr'"),
        ("acme-ocr", "Acme", "would have the id"),
        ("acme-ocr", "../x", "would have the id"),
        ("json", "", "The package of 'json' would be 'json'"),
        ("class", "", "would be 'class'"),
        ("tests", "", "would be 'tests'"),
        ("aios-files", "", "is for what comes with aios-sdk"),
        ("aios-sdk", "", "is for what comes with aios-sdk"),
        ("acme-ocr", "aios", "namespace 'aios' is for what comes with aios-sdk"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_next_step(name: str, namespace: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        Skeleton.of(name, "extract", namespace=namespace)
    assert said in str(refused.value)
    assert refused.value.fix


def test_a_stage_and_a_modality_without_template_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"no stage 'extrakt'. Did you mean 'extract'"):
        Skeleton.of("acme-ocr", "extrakt")
    with pytest.raises(UsageError, match=r"no template for route on 'image'. For route there is text"):
        Skeleton.of("acme-ocr", "route", "image")


def test_every_stage_has_a_template_and_every_template_a_component_a_test_and_an_example() -> None:
    assert tuple(MODALITIES) == STAGES
    for stage, modalities in MODALITIES.items():
        assert Skeleton.of("acme-ocr", stage).modality == modalities[0]
        for modality in modalities:
            paths = set(render(Skeleton.of("acme-ocr", stage, modality)))
            assert {"src/acme_ocr/_component.py", "src/acme_ocr/aios_plugin.toml", "src/acme_ocr/py.typed"} <= paths
            assert {"tests/test_acme_ocr.py", "example/pipeline.yaml", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"} <= paths
            assert {".github/workflows/test.yml", ".gitignore", ".aios-scaffold.toml"} <= paths
            assert len([path for path in paths if path.startswith("example/")]) == 2


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    made = Skeleton.of("acme-ocr", "extract")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    for name, what in (("file", "file"), ("full", "notes.txt")):
        with pytest.raises(UsageError, match=rf"is there already, with '{what}'"):
            create(made, tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes.txt"]


def test_an_empty_folder_and_a_fresh_clone_are_filled(tmp_path: Path) -> None:
    made = Skeleton.of("acme-ocr", "extract")
    (tmp_path / "empty").mkdir()
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    for folder in ("empty", "clone", "new/within"):
        assert Path("pyproject.toml") in create(made, tmp_path / folder)
        assert (tmp_path / folder / "pyproject.toml").is_file()


def test_the_command_writes_into_a_folder_of_that_name_and_tells_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plugin", "new", "acme-ocr", "--stage", "extract", "--modality", "image"]) == 0
    said = capsys.readouterr().out
    assert "cd acme-ocr\n  pip install -e '.[test]'\n  aios plugin check acme.ocr\n" in said
    assert "aios run example/pipeline.yaml example/page.png --store example.aios" in said
    assert (tmp_path / "acme-ocr" / "example" / "page.png").is_file()
    assert main(["plugin", "new", "acme-ocr", "--stage", "extract"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["plugin", "new", "acme-desk", "--stage", "route", "--into", "elsewhere"]) == 0
    assert (tmp_path / "elsewhere" / "src" / "acme_desk" / "_component.py").is_file()


def test_the_commands_import_neither_plugins_nor_what_they_do_not_need() -> None:
    program = "import sys; from aios_sdk.cli import main; main(['plugin', 'new', 'acme-ocr', '--stage', 'extrakt']); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert not set(said.split()) & {"duckdb", "hypothesis", "pytest", "PIL", "aios_files", "aios_sdk.engine", "aios_sdk.store"}
