"""An update brings a skeleton forward by git: edits stay, what both changed is shown, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from aios_sdk.cli import main
from aios_sdk.errors import UsageError
from aios_sdk.scaffold import SKELETON_FILE, Skeleton, create, update

from .conftest import Git, commit
from .freeze import source

Release = Callable[[str, Mapping[str, bytes | None]], None]

CI = "every/.github/workflows/test.yml"
README = "every/README.md"
PYPROJECT = "every/pyproject.toml.in"


def replaced(path: str, was: str, now: str) -> dict[str, bytes | None]:
    """The template's file with some text replaced."""
    text = source()[path].decode()
    assert was in text
    return {path: text.replace(was, now).encode()}


def edit(path: Path, was: str, now: str) -> None:
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, now))


def test_an_untouched_project_becomes_what_new_would_write(project: Path, release: Release, tmp_path: Path) -> None:
    release("0.2.0", {**replaced(CI, "3.13", "3.14"), "every/SECURITY.md": b"Write to {{distribution}}.\n", "every/CHANGELOG.md": None})
    done = update(project)
    assert (done.before.template, done.after.template) == ("0.1.0", "0.2.0")
    assert done.conflicts == ()
    create(Skeleton.of("acme-ocr", "extract", "image"), tmp_path / "fresh")
    assert content(project) == content(tmp_path / "fresh")
    assert (project / "SECURITY.md").read_text() == "Write to acme-ocr.\n"
    assert not (project / "CHANGELOG.md").exists()


def content(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_edits_of_the_author_stay_in_files_that_the_template_changed(project: Path, release: Release, git: Git) -> None:
    edit(project / "pyproject.toml", '"pillow>=11"', '"pillow>=11", "acme-engine>=4"')
    edit(project / "src/acme_ocr/_component.py", '"""Measures how much', '"""By Acme. Measures how much')
    (project / "src/acme_ocr/_engine.py").write_text("SPEED = 11\n")
    commit(git, project)
    release("0.2.0", {**replaced(PYPROJECT, "line-length = 120", "line-length = 100"), **replaced(CI, "3.13", "3.14")})
    assert update(project).conflicts == ()
    pyproject = (project / "pyproject.toml").read_text()
    assert "acme-engine>=4" in pyproject
    assert "line-length = 100" in pyproject
    assert "By Acme." in (project / "src/acme_ocr/_component.py").read_text()
    assert (project / "src/acme_ocr/_engine.py").read_text() == "SPEED = 11\n"
    assert "3.14" in (project / ".github/workflows/test.yml").read_text()


def test_a_file_that_the_author_renamed_is_brought_forward_under_its_new_name(project: Path, release: Release, git: Git) -> None:
    git(project, "mv", "src/acme_ocr/_component.py", "src/acme_ocr/_reader.py")
    git(project, "rm", "-q", "CHANGELOG.md")
    commit(git, project)
    path = "extract-image/src/{{package}}/_component.py.in"
    release("0.2.0", {**replaced(path, "_WHOLE_PAGE = Box(0, 0, 1, 1)", "_WHOLE_PAGE = Box(0.0, 0.0, 1.0, 1.0)")})
    assert update(project).conflicts == ()
    assert "Box(0.0, 0.0, 1.0, 1.0)" in (project / "src/acme_ocr/_reader.py").read_text()
    assert not (project / "src/acme_ocr/_component.py").exists()
    assert not (project / "CHANGELOG.md").exists()


def test_lines_that_both_changed_are_a_conflict_that_shows_both(
    project: Path, release: Release, git: Git, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(project / "pyproject.toml", "line-length = 120", "line-length = 88")
    commit(git, project)
    release("0.2.0", {**replaced(PYPROJECT, "line-length = 120", "line-length = 100"), **replaced(CI, "3.13", "3.14")})
    monkeypatch.chdir(project)
    assert main(["plugin", "update"]) == 1
    said = capsys.readouterr().out
    assert "conflict  pyproject.toml" in said
    assert "changed   .github/workflows/test.yml" in said
    assert "git reset --hard" in said
    text = (project / "pyproject.toml").read_text()
    assert "line-length = 88\n=======\nline-length = 100\n>>>>>>> " in text
    assert "(The skeleton of aios-sdk 0.2.0)" in text
    assert "both modified:   pyproject.toml" in git(project, "status")
    git(project, "reset", "-q", "--hard")
    assert "line-length = 88" in (project / "pyproject.toml").read_text()


def test_what_is_not_committed_is_refused_before_anything_changes(project: Path, release: Release) -> None:
    release("0.2.0", replaced(CI, "3.13", "3.14"))
    edit(project / "README.md", "# acme-ocr", "# Acme OCR")
    before = content(project)
    with pytest.raises(UsageError, match=r"1 file is not committed, such as 'README.md'.*Commit or stash"):
        update(project)
    assert content(project) == before


def test_a_file_that_git_does_not_know_is_never_written_over(project: Path, release: Release) -> None:
    release("0.2.0", {"every/SECURITY.md": b"Theirs.\n"})
    (project / "SECURITY.md").write_text("Mine.\n")
    with pytest.raises(UsageError, match=r"(?s)git does not merge the skeleton.*SECURITY.md"):
        update(project)
    assert (project / "SECURITY.md").read_text() == "Mine.\n"


def test_a_project_within_a_larger_repository_is_updated_alone(tmp_path: Path, release: Release, git: Git) -> None:
    for name in ("acme-ocr", "acme-scans"):
        create(Skeleton.of(name, "extract", "image"), tmp_path / "all" / "plugins" / name)
    (tmp_path / "all" / "README.md").write_text("All of ours.\n")
    git(tmp_path / "all", "init", "-q")
    commit(git, tmp_path / "all")
    git(tmp_path / "all", "rm", "-q", "plugins/acme-ocr/CHANGELOG.md")
    commit(git, tmp_path / "all")
    other = content(tmp_path / "all" / "plugins" / "acme-scans")
    release("0.2.0", {**replaced(CI, "3.13", "3.14"), **replaced("every/CHANGELOG.md", "# Changelog", "# What changed")})
    done = update(tmp_path / "all" / "plugins" / "acme-ocr")
    assert "plugins/acme-ocr/.github/workflows/test.yml" in done.changed
    assert all(path.startswith("plugins/acme-ocr/") for path in done.changed)
    assert done.conflicts == ("plugins/acme-ocr/CHANGELOG.md",)  # deleted here, changed there: the author decides
    assert content(tmp_path / "all" / "plugins" / "acme-scans") == other
    assert (tmp_path / "all" / "README.md").read_text() == "All of ours.\n"


def test_a_project_of_the_newest_template_is_up_to_date_without_git(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["plugin", "update", str(project)]) == 0
    assert "up to date" in capsys.readouterr().out


def test_a_new_minor_version_of_the_sdk_moves_the_range_in_project_and_manifest(
    project: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aios_sdk.scaffold._update.until_next_major", lambda: ">=0.2,<1")
    assert update(project).conflicts == ()
    assert '"aios-sdk>=0.2,<1"' in (project / "pyproject.toml").read_text()
    assert 'sdk = ">=0.2,<1"' in (project / "src/acme_ocr/aios_plugin.toml").read_text()


def test_without_git_or_a_repository_or_a_commit_it_says_what_to_do(
    tmp_path: Path, release: Release, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "acme-ocr"
    create(Skeleton.of("acme-ocr", "extract", "image"), folder)
    release("0.2.0", replaced(CI, "3.13", "3.14"))
    with pytest.raises(UsageError, match=r"is in no git repository.*git init"):
        update(folder)
    git(folder, "init", "-q")
    with pytest.raises(UsageError, match=r"has no commit yet.*git commit"):
        update(folder)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="git is not installed"):
        update(folder)


def test_a_folder_without_a_skeleton_and_a_skeleton_that_cannot_be_read_are_told(project: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no \.aios-scaffold.toml"):
        update(tmp_path)
    for text in ("stage = ", 'stage = "extract"\n', "\udcff"):
        (project / SKELETON_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
        with pytest.raises(UsageError, match="cannot be read"):
            update(project)


def test_a_skeleton_of_a_newer_sdk_asks_for_that_sdk(project: Path) -> None:
    edit(project / SKELETON_FILE, 'template = "0.1.0"', 'template = "0.10.0"')
    with pytest.raises(UsageError, match=r"made by a newer aios-sdk.*pip install --upgrade aios-sdk"):
        update(project)


def test_names_in_a_skeleton_file_never_lead_out_of_the_project(project: Path) -> None:
    edit(project / SKELETON_FILE, 'distribution = "acme-ocr"', 'distribution = "../../acme"')
    with pytest.raises(UsageError, match="cannot be the name of a distribution"):
        update(project)
