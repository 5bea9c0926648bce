"""What code does beside returning a result: files it writes, programs it starts, hosts it asks, lines it prints, threads it leaves."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, final

#: Events of Python's audit hooks that change the file system: which of their arguments are paths, and which the open folder that
#: a path is relative to, if any.
_CHANGES: Final[dict[str, tuple[tuple[int, int | None], ...]]] = {
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
    "shutil.move": ((0, None), (1, None)),
}
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_HOSTS: Final = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


@final
class Deeds:
    """What was done while it was watched: absolute paths written to, programs started, hosts asked."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.programs: list[str] = []
        self.hosts: list[str] = []

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Keep what an audit event tells."""
        if event == "open":
            path, mode, flags = arguments
            writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool((flags or 0) & _WRITES)
            if writes and not _is_folder(path):
                self._write(path)
        elif event in _CHANGES:
            for index, below in _CHANGES[event]:
                self._write(arguments[index], -1 if below is None else arguments[below])
        elif event in ("subprocess.Popen", "os.posix_spawn", "os.exec"):
            self.programs.append(os.path.basename(os.fsdecode(arguments[0])))  # noqa: PTH119  bytes too
        elif event == "os.system":
            self.programs.append(os.fsdecode(arguments[0]).split()[0])
        elif event in _HOSTS:
            host = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
            self.hosts.append(_host(host))

    def _write(self, path: Any, below: int = -1) -> None:
        if isinstance(path, int) or path is None:
            return  # an open file, whose path was told when it was opened
        try:
            place = os.readlink(f"/proc/self/fd/{below}") if below >= 0 else ""  # noqa: PTH115
            self.written.append(os.path.abspath(os.path.join(place, os.fsdecode(path))))  # noqa: PTH100, PTH118  it need not exist
        except (TypeError, ValueError, OSError):
            return  # no path at all, and the call fails by itself; or one in a folder that the system does not name


def _is_folder(path: Any) -> bool:
    # A folder is opened for writing where a file in it is to have no name, and to go when it is closed; `tempfile` does so.
    return isinstance(path, str | bytes | os.PathLike) and os.path.isdir(path)  # noqa: PTH112  bytes too


def counts(path: str) -> bool:
    """Whether writing to ``path`` leaves something behind: devices do not, and compiled modules are Python's own affair."""
    return not path.startswith(("/dev/", "/proc/")) and "__pycache__" not in path


def _host(address: Any) -> str:
    given = address[0] if isinstance(address, tuple) else address
    return os.fsdecode(given) if isinstance(given, str | bytes) else str(given)


_watching: Final[list[Deeds]] = []
_lock: Final = threading.Lock()
_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    for deeds in _watching:
        deeds.note(event, arguments)


@contextmanager
def deeds() -> Iterator[Deeds]:
    """Watch what this process does within the block, in any thread. What programs do that it starts is not seen."""
    global _hooked  # noqa: PLW0603  audit hooks can never be taken away, so there is one
    with _lock:
        if not _hooked:
            sys.addaudithook(_hook)
            _hooked = True
        seen = Deeds()
        _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)


@contextmanager
def printed() -> Iterator[list[str]]:
    """Catch what is written to standard output and standard error, also by C code; the list holds it at the end of the block."""
    caught: list[str] = []
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with tempfile.TemporaryFile() as file:
        saved = [os.dup(number) for number in (1, 2)]
        before = sys.stdout, sys.stderr
        try:
            for number in (1, 2):
                os.dup2(file.fileno(), number)
            # Whoever captures the streams of this process, such as pytest, has put others into their place.
            sys.stdout = sys.stderr = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
            try:
                yield caught
            finally:
                sys.stdout.close()
        finally:
            sys.stdout, sys.stderr = before
            for number, copy in zip((1, 2), saved, strict=True):
                os.dup2(copy, number)
                os.close(copy)
            file.seek(0)
            if said := file.read().decode("utf-8", "replace"):
                caught.append(said)


def threads() -> set[int]:
    """The identities of the threads that are alive."""
    return {thread.ident for thread in threading.enumerate() if thread.ident is not None}


def open_files() -> set[Any]:
    """The files, pipes and sockets that this process holds open, each by its number and by what it is; none where the system does not
    tell."""
    found = set()
    for name in next((os.listdir(place) for place in ("/proc/self/fd", "/dev/fd") if Path(place).is_dir()), []):  # noqa: PTH208
        with contextlib.suppress(OSError):  # the one with which the folder was listed is closed again
            about = os.fstat(int(name))
            found.add((int(name), about.st_dev, about.st_ino))
    return found


@contextmanager
def only_new_garbage() -> Iterator[None]:
    """Within the block, collecting garbage looks only at what was made within it: all else that a process holds takes far longer."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def holdings() -> tuple[set[Any], set[Any], set[Any]]:
    """The threads, programs that it started, and open files of this process, each by what tells it from one that takes its place."""
    gc.collect()
    programs: set[Any] = {process.pid for process in multiprocessing.active_children()}  # which also takes note of those that have ended
    for file in Path("/proc/self/task").glob("*/children"):
        programs.update(map(int, file.read_text().split()))
    return set(threading.enumerate()), programs, open_files()


def held() -> tuple[int, ...]:
    """How many threads, programs that it started, and open files this process has."""
    return tuple(map(len, holdings()))
