"""What a folder gives."""

from __future__ import annotations

import os
import socket
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from aios_files import Folder
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Context, Document, Source, Unavailable, Unsupported
from aios_sdk.testing import check_manifest


def names(found: list[Document | Source]) -> list[str]:
    return [part.name for part in found]


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_files")


def test_every_file_is_yielded_with_its_path_in_the_order_of_relative_paths(tmp_path, ingest):
    for name in ("b.txt", "a/z.txt", "a.txt", "a-b/c.txt", "a/deep/er/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    found = ingest(Folder, Source(name="in", path=str(tmp_path), media_type="inode/directory"))
    assert names(found) == sorted(["b.txt", "a/z.txt", "a.txt", "a-b/c.txt", "a/deep/er/x"])
    assert all(Path(part.path).read_text() == part.name for part in found)


def test_hidden_files_and_folders_are_passed_over_unless_asked_for(tmp_path, ingest):
    (tmp_path / ".git").mkdir()
    for name in (".git/config", ".hidden", "seen"):
        (tmp_path / name).write_text("x")
    source = Source(name="in", path=str(tmp_path))
    assert names(ingest(Folder, source)) == ["seen"]
    assert names(ingest(Folder, source, hidden=True)) == [".git/config", ".hidden", "seen"]


def test_circles_of_links_end_and_no_file_comes_twice(tmp_path, ingest):
    inside = tmp_path / "in"
    (inside / "a" / "b").mkdir(parents=True)
    (inside / "a" / "b" / "file").write_text("x")
    (inside / "a" / "b" / "up").symlink_to(inside)
    (inside / "a" / "parent").symlink_to(tmp_path)
    (inside / "again").symlink_to(inside / "a")
    (inside / "self").symlink_to(inside / "self")
    assert names(ingest(Folder, Source(name="in", path=str(inside)))) == ["a/b/file", "self"]


def test_a_linked_folder_outside_is_read_once_and_not_at_all_when_links_are_off(tmp_path, ingest):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "file").write_text("x")
    (inside / "one").symlink_to(outside)
    (inside / "two").symlink_to(outside)
    (inside / "link").symlink_to(outside / "file")
    source = Source(name="in", path=str(inside))
    assert names(ingest(Folder, source)) == ["link", "one/file"]
    assert ingest(Folder, source, follow_links=False) == []


def test_what_cannot_be_read_is_yielded_to_fail_on_its_own(tmp_path, ingest):
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    found = ingest(Folder, Source(name="in", path=str(tmp_path)))
    assert names(found) == ["dangling"]


def test_a_folder_that_vanishes_while_it_is_walked_is_yielded_and_then_fails(tmp_path, monkeypatch, ingest):
    (tmp_path / "gone").mkdir()
    real = os.scandir

    def scandir(path):
        if Path(path).name == "gone":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (found,) = ingest(Folder, Source(name="in", path=str(tmp_path)))
    assert (found.name, found.media_type) == ("gone", "inode/directory")
    with pytest.raises(Unavailable, match="cannot be listed: Permission denied"):
        ingest(Folder, found)


def test_pipes_and_sockets_are_no_documents(tmp_path, ingest):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server, tempfile.TemporaryDirectory(dir="/tmp") as short:
        server.bind(f"{short}/s")
        (tmp_path / "socket").symlink_to(f"{short}/s")
        (tmp_path / "file").write_text("x")
        assert names(ingest(Folder, Source(name="in", path=str(tmp_path)))) == ["file"]


def test_a_name_that_is_no_utf_8_has_its_bytes_written_out_and_its_path_still_opens(tmp_path, ingest):
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9.txt"), "wb") as file:  # noqa: PTH118, PTH123  # bytes
        file.write(b"x")
    (found,) = ingest(Folder, Source(name="in", path=str(tmp_path)))
    assert found.name == "caf\\xe9.txt"
    assert found.read() == b"x"


def test_a_file_is_no_folder(tmp_path, ingest):
    (tmp_path / "f").write_text("x")
    for source in (Source(name="f", path=str(tmp_path / "f")), Source(name="d", data=b"x")):
        with pytest.raises(Unsupported):
            ingest(Folder, source)


def test_files_are_yielded_lazily_in_flat_memory(tmp_path):
    for folder in range(20):
        (tmp_path / f"{folder:02}").mkdir()
        for number in range(250):
            (tmp_path / f"{folder:02}" / f"{number:04}").touch()
    context = Context(run="run", step="ingest", scratch=tmp_path)
    tracemalloc.start()
    walk = iter(Folder(Folder.Config()).ingest(Source(name="in", path=str(tmp_path)), context))
    next(walk)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    count = 1 + sum(1 for _ in walk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 5000
    assert peak - before < 200_000


@settings(max_examples=30, deadline=None)
@given(st.sets(st.lists(st.text("ab.- é", max_size=4).map("x".__add__), min_size=1, max_size=3).map(tuple)))
def test_the_order_is_that_of_the_relative_paths(paths):
    with tempfile.TemporaryDirectory() as place:
        for path in paths:
            target = Path(place, *path)
            if not any(parent.is_file() for parent in target.parents) and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text("x")
        context = Context(run="run", step="ingest", scratch=Path(place))
        found = names(list(Folder(Folder.Config()).ingest(Source(name="in", path=place), context)))
        assert found == sorted(str(path.relative_to(place)) for path in Path(place).rglob("*") if path.is_file())
