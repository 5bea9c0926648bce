"""What is packed is what stands in the folder, and it is well-formed code whatever the names are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import aios_sdk
from aios_sdk.plugins import MANIFEST_FILE, build_manifest, manifest_text
from aios_sdk.scaffold import Skeleton, create
from aios_sdk.scaffold import _template as template_module
from aios_sdk.testing import check_manifest

from .freeze import importable, source, varieties

_ANEW = "pack it anew: python -m tests.scaffold.freeze"


def test_the_newest_zip_holds_the_folder() -> None:
    newest = template_module.latest()
    packed = template_module.load(newest)
    assert sorted(packed) == sorted(source()), _ANEW
    assert [path for path, content in source().items() if packed[path] != content] == [], _ANEW
    assert template_module.released() == sorted(template_module.released(), key=template_module._numbers)
    assert template_module._numbers(newest) <= template_module._numbers(aios_sdk.__version__)


def test_the_tenth_release_comes_after_the_ninth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("0.10.0", "0.9.0", "0.9.1"):
        (tmp_path / f"{version}.zip").touch()
    monkeypatch.setattr(template_module, "RELEASES", tmp_path)
    assert template_module.released() == ["0.9.0", "0.9.1", "0.10.0"]


@pytest.mark.parametrize("skeleton", list(varieties("acme-packed")), ids=lambda skeleton: skeleton.variety)
def test_the_manifest_of_a_new_plugin_is_what_build_writes(skeleton: Skeleton, tmp_path: Path) -> None:
    create(skeleton, tmp_path)
    with importable(tmp_path / "src", skeleton.package):
        check_manifest(skeleton.package)
        built = manifest_text(build_manifest(skeleton.package))
    assert (tmp_path / "src" / skeleton.package / MANIFEST_FILE).read_text(encoding="utf-8") == built, _ANEW


@pytest.mark.parametrize("name", ["a-b", "aios-northwind-consolidated-shipping"])
def test_the_code_of_a_new_plugin_is_clean_under_ruff_whatever_its_name(name: str, tmp_path: Path) -> None:
    for skeleton in varieties(name, "x"):
        create(skeleton, tmp_path / skeleton.variety)
    for command in (["check"], ["format", "--check"]):
        _passes("ruff", *command, "--no-cache", ".", cwd=tmp_path)


def test_the_code_of_a_new_plugin_is_clean_under_strict_mypy(tmp_path: Path) -> None:
    for skeleton in varieties("acme"):
        create(skeleton, tmp_path / skeleton.variety)
    sources = sorted(str(path) for path in tmp_path.glob("*/src"))
    _passes("mypy", "--strict", "--cache-dir", str(tmp_path / ".mypy"), *sources, cwd=tmp_path)


def _passes(*command: str, cwd: Path) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
