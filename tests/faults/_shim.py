"""A layer between the store and the system, in which every operation on files is counted and the n-th one goes wrong.

It stands in the place of the functions of ``os`` that the store calls, of the files that it opens for writing, and of DuckDB's connections.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import shutil
import signal
import stat
import subprocess
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import duckdb

from aios_sdk.store import _segment

#: What happens at an operation: the process is killed before or after it; or also loses what it did not sync; or the operation fails.
Ending: TypeAlias = Literal["killed before", "killed after", "power lost before", "power lost after", "no space", "input/output", "short"]

#: The variable that names a folder beside the store, for what a lost power is to bring back.
KEPT: Final = "AIOS_TEST_KEPT"

ERRORS: Final = {"no space": errno.ENOSPC, "input/output": errno.EIO, "short": errno.ENOSPC}


class Fault(NamedTuple):
    """What goes wrong, and at which operation, from 0."""

    number: int
    ending: Ending


class Shim:
    """Stands between the store below ``root`` and the system, from `install` on; ``names`` are the operations so far."""

    def __init__(self, root: Path, fault: Fault | None = None) -> None:
        self.names: list[str] = []
        self._root = str(root)
        self._fault = fault
        self._lock = threading.RLock()
        self._real = {name: getattr(os, name) for name in ("open", "write", "fsync", "fdatasync", "rename", "link", "unlink", "mkdir")}
        self._real_fdopen, self._real_open, self._real_connect, self._real_run = os.fdopen, io.open, duckdb.connect, subprocess.run
        self._disk = Disk(self._real)
        self._is_full = False

    def install(self) -> None:
        """Take the places."""
        os.open, os.write, os.fsync, os.fdatasync = self._open, self._write, self._fsync, self._fdatasync  # type: ignore[assignment]
        os.rename, os.link, os.unlink, os.mkdir = self._rename, self._link, self._unlink, self._mkdir  # type: ignore[assignment]
        os.fdopen, io.open = self._fdopen, self._io_open  # type: ignore[assignment]
        duckdb.connect = self._connect  # type: ignore[assignment]
        subprocess.run = self._run  # type: ignore[assignment]
        _segment._sync = self._fdatasync  # type: ignore[misc]  # bound when it was imported

    def finish(self) -> None:
        """The deed is done; killed before the operation that would be the next, it is killed now."""
        with self._lock:
            if self._fault is not None and self._fault.number == len(self.names) and self._fault.ending not in ERRORS:
                self._end(self._fault.ending)

    def mend(self) -> None:
        """Nothing goes wrong any more: space was made."""
        self._fault, self._is_full = None, False

    def _do(self, what: str, path: str, action: Callable[[], Any], done: Callable[[], object] = lambda: None) -> Any:
        """Count an operation on ``path``, and let it happen or go wrong; what it did to the disk is noted by ``done``."""
        if not path.startswith(self._root):
            return action()
        with self._lock:
            number = len(self.names)
            self.names.append(f"{what} {_kind(path[len(self._root) :])}")
            ending = self._fault.ending if self._fault is not None and self._fault.number == number else None
            if ending in ERRORS and ending != "short":
                raise OSError(ERRORS[ending], os.strerror(ERRORS[ending]), path)
            if ending in ("killed before", "power lost before"):
                self._end(ending)
            result = action()
            done()
            if ending in ("killed after", "power lost after"):
                self._end(ending)
            return result

    def _end(self, ending: str) -> None:
        if ending.startswith("power"):
            self._disk.lose()
        os.kill(os.getpid(), signal.SIGKILL)

    # -- what the store calls ------------------------------------------------------------------------------------------

    def _open(self, path: Any, flags: int, *arguments: Any, **more: Any) -> int:
        made = bool(flags & os.O_CREAT) and not os.path.exists(path)
        name = _absolute(path)
        if not made and flags & os.O_TMPFILE != os.O_TMPFILE:
            return int(self._real["open"](path, flags, *arguments, **more))
        action = lambda: self._real["open"](path, flags, *arguments, **more)  # noqa: E731
        return int(self._do("open", name, action, lambda: self._disk.named(name) if made else None))

    def _write(self, file: int, data: Any) -> int:
        path = _of(file)
        if self._is_full and path.startswith(self._root):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        with self._lock:
            if path.startswith(self._root) and self._fault == (len(self.names), "short"):
                data, self._is_full = memoryview(data)[: len(data) // 2], True
            return int(self._do("write", path, lambda: self._real["write"](file, data), lambda: self._disk.written(file)))

    def _fsync(self, file: int) -> None:
        self._do("sync", _of(file), lambda: self._real["fsync"](file), lambda: self._disk.synced(file))

    def _fdatasync(self, file: int) -> None:
        self._do("sync", _of(file), lambda: self._real["fdatasync"](file), lambda: self._disk.synced(file))

    def _rename(self, source: Any, target: Any, **more: Any) -> None:
        one, other = _absolute(source), _absolute(target)
        kept = self._disk.keep(other)
        self._do("rename", other, lambda: self._real["rename"](source, target, **more), lambda: self._disk.renamed(one, other, kept))

    def _link(self, source: Any, target: Any, **more: Any) -> None:
        name = _absolute(target)
        self._do("link", name, lambda: self._real["link"](source, target, **more), lambda: self._disk.named(name))

    def _unlink(self, path: Any, **more: Any) -> None:
        name = _absolute(path)
        if os.path.exists(name):
            kept = self._disk.keep(name)
            self._do("unlink", name, lambda: self._real["unlink"](path, **more), lambda: self._disk.unlinked(name, kept))
        else:
            self._real["unlink"](path, **more)

    def _mkdir(self, path: Any, *arguments: Any, **more: Any) -> None:
        name = _absolute(path)
        if os.path.exists(name):
            self._real["mkdir"](path, *arguments, **more)
        self._do("mkdir", name, lambda: self._real["mkdir"](path, *arguments, **more), lambda: self._disk.named(name))

    def _fdopen(self, file: int, mode: str = "r", *arguments: Any, **more: Any) -> Any:
        if mode == "w+b" and _of(file).startswith(self._root):
            return io.BufferedRandom(_Raw(self, file, mode))
        return self._real_fdopen(file, mode, *arguments, **more)

    def _io_open(self, file: Any, mode: str = "r", *arguments: Any, **more: Any) -> Any:
        if mode == "wb" and isinstance(file, str | Path) and _absolute(file).startswith(self._root):
            return io.BufferedWriter(_Raw(self, self._open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), mode))
        return self._real_open(file, mode, *arguments, **more)

    def _run(self, command: Any, **more: Any) -> Any:
        if str(command[-1]).startswith(self._root):
            return self._do("copy", str(command[-1]), lambda: self._real_run(command, **more))
        return self._real_run(command, **more)

    def _connect(self, database: str = ":memory:", **more: Any) -> Any:
        path = _absolute(database)
        if not path.startswith(self._root) or more.get("read_only"):
            return self._real_connect(database, **more)
        return self._do("connect", path, lambda: _Connection(self, self._real_connect(database, **more), path))


class _Raw(io.FileIO):
    """A file of the store whose writes are counted."""

    def __init__(self, shim: Shim, file: int, mode: str) -> None:
        super().__init__(file, mode)
        self._shim = shim

    def write(self, data: Any) -> int:  # type: ignore[override]
        return self._shim._write(self.fileno(), data)


class _Connection:
    """A connection of DuckDB that may write; its commits and its closing are counted."""

    def __init__(self, shim: Shim, connection: duckdb.DuckDBPyConnection, path: str) -> None:
        self._shim, self._inner, self._path = shim, connection, path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def commit(self) -> None:
        self._shim._do("commit", self._path, self._inner.commit)

    def close(self) -> None:
        # The connection is let go of, whatever goes wrong.
        with contextlib.ExitStack() as stack:
            stack.callback(self._inner.close)
            self._shim._do("close", self._path, self._inner.close)


class Disk:
    """What of the files is on disk, and what only in memory: the bytes of a file since its last sync, and names since that of their folder.

    Losing power takes all of the latter, which no disk must keep. DuckDB's files are left alone: they are its own concern.
    """

    def __init__(self, real: dict[str, Callable[..., Any]]) -> None:
        self._real = real
        self._synced: dict[int, int] = {}
        self._written: dict[int, str] = {}
        self._names: list[tuple[str, Callable[[], object]]] = []

    def written(self, file: int) -> None:
        """Bytes were written, which a sync is to make durable."""
        found = os.fstat(file)
        self._written[found.st_ino] = _of(file)
        self._synced.setdefault(found.st_ino, 0)

    def synced(self, file: int) -> None:
        """A file or folder is on disk."""
        found, path = os.fstat(file), _of(file)
        if stat.S_ISDIR(found.st_mode):
            self._names = [(name, undo) for name, undo in self._names if os.path.dirname(name) != path]
        else:
            self._synced[found.st_ino] = found.st_size

    def named(self, path: str) -> None:
        """A name was given."""
        inode = os.stat(path).st_ino
        if inode in self._written:
            self._written[inode] = path
        self._names.append((path, lambda: self._remove(path)))

    def renamed(self, source: str, target: str, kept: str | None) -> None:
        """A name was changed; what had the new one before has the name ``kept`` now."""

        def undo() -> None:
            self._real["rename"](target, source)
            if kept is not None:
                self._real["rename"](kept, target)

        self._names.append((target, undo))
        inode = os.stat(target).st_ino
        if inode in self._written:
            self._written[inode] = target

    def unlinked(self, path: str, kept: str | None) -> None:
        """A name was taken away."""
        if kept is not None:
            self._names.append((path, lambda: self._real["rename"](kept, path)))

    def keep(self, path: str) -> str | None:
        """Another name for what is at ``path``, outside of the store; None when nothing is."""
        if not os.path.isfile(path):
            return None
        kept = f"{os.environ[KEPT]}/{uuid.uuid4().hex}"
        self._real["link"](path, kept)
        return kept

    def lose(self) -> None:
        """Take away what is not on disk."""
        for inode, path in self._written.items():
            if os.path.exists(path) and os.stat(path).st_ino == inode:
                os.truncate(path, self._synced[inode])
        for _, undo in reversed(self._names):
            undo()

    def _remove(self, path: str) -> None:
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            self._real["unlink"](path)


def _absolute(path: Any) -> str:
    return os.path.abspath(os.fspath(path))


def _of(file: int) -> str:
    return os.readlink(f"/proc/self/fd/{file}")


def _kind(path: str) -> str:
    """What a path within a store is, whatever its random parts."""
    return re.sub("[0-9a-f]{32,}|[0-9]{8}T[0-9.]+Z", "*", path)
