"""Releases of the template, a project in a git repository, and a clean environment."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from aios_sdk.scaffold import Skeleton, create
from aios_sdk.scaffold import _template as template_module

from ._environment import Environment
from .freeze import source

Git = Callable[..., str]


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Mapping[str, bytes | None]], None]:
    """Release a template under a version: today's, with some files replaced, added or (None) taken away."""
    folder = tmp_path / "releases"
    folder.mkdir()
    monkeypatch.setattr(template_module, "RELEASES", folder)

    def write(version: str, changes: Mapping[str, bytes | None]) -> None:
        with zipfile.ZipFile(folder / f"{version}.zip", "w") as archive:
            for path, content in {**source(), **changes}.items():
                if content is not None:
                    archive.writestr(path, content)

    write("0.1.0", {})
    return write


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Run git in a folder, without the settings of this machine; its output."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("HOME", str(tmp_path))

    def run(folder: Path, *arguments: str) -> str:
        who = ["-c", "user.name=An Author", "-c", "user.email=author@acme.example"]
        return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout

    return run


@pytest.fixture
def project(tmp_path: Path, git: Git, release: object) -> Path:
    """A committed project, made from the first release."""
    folder = tmp_path / "acme-ocr"
    create(Skeleton.of("acme-ocr", "extract", "image"), folder)
    git(folder, "init", "-q")
    commit(git, folder)
    return folder


def commit(git: Git, folder: Path) -> None:
    """Commit everything in ``folder``."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "work")


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A clean environment with the SDK's wheel."""
    return Environment(tmp_path_factory.mktemp("environment"))
