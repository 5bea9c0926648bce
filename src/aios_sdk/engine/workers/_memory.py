"""How much memory a worker takes together with every process that it started."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
#: What only this process has in memory or swap. Mapped files are left out, since the system takes their memory back when it needs it.
_OWN: Final = (b"RssAnon:", b"RssShmem:", b"VmSwap:")
#: The same, where what several processes share is divided among them.
_SHARED_OUT: Final = (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:")


def tree(pid: int) -> list[int]:
    """``pid`` and its descendants, as far as they can be found."""
    if sys.platform != "linux":
        import psutil

        with contextlib.suppress(psutil.Error):
            return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        return [pid]
    found = [pid]
    for each in found:  # grows on the way
        found.extend(_children(each))
    return found


def memory(pid: int) -> int:
    """Bytes that ``pid`` and its descendants take; 0 when they have ended. What forked processes share counts for each."""
    return _sum(tree(pid), "status", _OWN)


def exact_memory(pid: int) -> int:
    """The same with shared memory counted once; takes some milliseconds for a large process."""
    return _sum(tree(pid), "smaps_rollup", _SHARED_OUT)


def data_size(pid: int) -> int:
    """Bytes that ``pid`` has reserved for data, used or not: what ``RLIMIT_DATA`` counts. 0 where that is not known."""
    return _sum([pid], "status", (b"VmData:",)) if sys.platform == "linux" else 0


def _children(pid: int) -> Iterable[int]:
    with contextlib.suppress(OSError):
        for thread in os.listdir(_PROC / str(pid) / "task"):  # noqa: PTH208 - only the names
            with contextlib.suppress(OSError):
                yield from map(int, (_PROC / str(pid) / "task" / thread / "children").read_bytes().split())


def _sum(pids: Iterable[int], file: str, keys: tuple[bytes, ...]) -> int:
    return sum(_read(pid, file, keys) for pid in pids)


def _read(pid: int, file: str, keys: tuple[bytes, ...]) -> int:
    if sys.platform != "linux":
        import psutil

        with contextlib.suppress(psutil.Error):
            return int(psutil.Process(pid).memory_info().rss)
        return 0
    try:
        lines = (_PROC / str(pid) / file).read_bytes().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(keys)) << 10
