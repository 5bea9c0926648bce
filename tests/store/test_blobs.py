from __future__ import annotations

import hashlib
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.errors import InputError, StoreError, StoreFull
from aios_sdk.store._blobs import Blobs


def files_below(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=5000))
def test_bytes_come_back_under_their_sha256(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    blobs = Blobs(tmp_path_factory.mktemp("blobs"))
    digest = blobs.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert blobs.exists(digest)
    with blobs.open(digest) as file:
        assert file.read() == data


def test_a_blob_lies_where_the_layout_says_and_cannot_be_written_to(tmp_path: Path) -> None:
    digest = Blobs(tmp_path).put(b"claim")
    assert Blobs(tmp_path).path(digest) == tmp_path / digest[:2] / digest
    assert (tmp_path / digest[:2] / digest).stat().st_mode & 0o222 == 0


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"claim")
    before = blobs.path(digest).stat()
    assert blobs.put(b"claim") == digest
    assert blobs.path(digest).stat().st_ino == before.st_ino
    assert len(files_below(tmp_path)) == 1


def test_a_blob_that_was_cut_short_is_replaced(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    path = blobs.path(blobs.put(b"claim"))
    path.chmod(0o644)
    path.write_bytes(b"cl")
    blobs.put(b"claim")
    assert path.read_bytes() == b"claim"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file has a name")
def test_a_process_that_is_killed_while_it_stores_leaves_no_file(tmp_path: Path) -> None:
    program = """
import os, pathlib, signal, sys
from aios_sdk.store._blobs import Blobs
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
Blobs(pathlib.Path(sys.argv[1])).put(b"claim")
"""
    (tmp_path / hashlib.sha256(b"claim").hexdigest()[:2]).mkdir()
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)]).returncode == -signal.SIGKILL
    assert files_below(tmp_path) == []


def test_a_file_is_stored_and_stays_unless_it_is_to_be_moved(tmp_path: Path) -> None:
    blobs, file = Blobs(tmp_path / "blobs"), tmp_path / "scan.pdf"
    file.write_bytes(b"x" * 3_000_000)
    digest = blobs.put_file(file)
    assert digest == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert file.exists()
    assert blobs.put_file(file, digest, move=True) == digest
    assert not file.exists()
    assert blobs.path(digest).read_bytes() == b"x" * 3_000_000


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scan\.pdf cannot be read"):
        Blobs(tmp_path).put_file(tmp_path / "scan.pdf")


def test_a_missing_blob_is_named_with_the_next_step(tmp_path: Path) -> None:
    digest = "ab" * 32
    assert not Blobs(tmp_path).exists(digest)
    with pytest.raises(StoreError, match=f"no blob {digest}") as raised:
        Blobs(tmp_path).open(digest)
    assert "run the pipeline" in str(raised.value)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "AB" * 32, "a" * 63])
def test_what_is_no_digest_never_becomes_a_path(tmp_path: Path, digest: str) -> None:
    with pytest.raises(StoreError, match="no digest"):
        Blobs(tmp_path).exists(digest)


def test_threads_that_store_the_same_bytes_at_once_all_succeed(tmp_path: Path) -> None:
    blobs, digests = Blobs(tmp_path), []
    threads = [threading.Thread(target=lambda: digests.append(blobs.put(b"y" * 200_000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 8
    assert len(files_below(tmp_path)) == 1


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    (tmp_path / "big").write_bytes(b"z" * 50_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(StoreFull):
            blobs.put(b"z" * 50_000)
        with pytest.raises(StoreFull):
            blobs.put_file(tmp_path / "big", move=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "big").exists()
    assert files_below(tmp_path / "blobs") == []


def test_a_damaged_blob_is_refused_and_stored_again_by_who_has_its_bytes(tmp_path: Path) -> None:
    blobs, data = Blobs(tmp_path / "blobs"), b"as it was" * 10_000
    file = tmp_path / "file"
    file.write_bytes(data)
    digest = blobs.put(data)
    for put in (lambda: blobs.put(data), lambda: blobs.put_file(file), lambda: blobs.put_file(file, digest)):
        path = blobs.path(digest)
        path.chmod(0o644)
        path.write_bytes(b"no" + data[2:])
        with pytest.raises(StoreError, match=f"{digest} is damaged"):
            blobs.read(digest)
        assert put() == digest
        assert blobs.read(digest) == data
