"""The program of the guardian: when the process that it guards has ended, it kills what is left of its workers and their files.

It runs without the SDK, so that it starts quickly and takes little memory: ``python -I -S _guardian_program.py PARENT MARK DIRECTORY``.
Its standard input brings lines ``+GROUP`` and ``-GROUP``; the end of it, or of the parent, is the sign.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path

#: The variable by which whatever a worker started is known, also after it has left the worker's process group.
MARK = "AIOS_WORKER"


def kill_group(group: int) -> None:
    """Kill every process of a group."""
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGKILL)


def kill_marked(mark: str, seconds: float = 2.0) -> int:
    """Kill every process whose environment holds a `MARK` that begins with ``mark``, until there is none; how many were left after
    ``seconds``. Only on Linux, where one can see the environment of others."""
    end = time.monotonic() + seconds
    while (found := _marked(f"{MARK}={mark}".encode())) and time.monotonic() < end:
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
    return len(found)


def _marked(wanted: bytes) -> list[int]:
    if sys.platform != "linux":
        return []
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            environment = (process / "environ").read_bytes()
            if any(entry.startswith(wanted) for entry in environment.split(b"\0")):
                found.append(int(process.name))
    return [pid for pid in found if pid != os.getpid()]


def _wait(parent: int, groups: set[int]) -> None:
    """Take lines until standard input or the parent has ended."""
    watched = [0]
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):
            watched.append(os.pidfd_open(parent))
    held = b""
    while os.getppid() == parent:
        # A child that the parent forked may hold the other end open, so that its own end has to be looked for.
        ready, _, _ = select.select(watched, [], [], None if len(watched) > 1 else 1.0)
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, held = (held + data).split(b"\n")
            for line in lines:
                (groups.add if line.startswith(b"+") else groups.discard)(int(line[1:]))
        elif ready:
            return


def main(parent: int, mark: str, directory: str) -> None:
    """Wait for the end, then tidy up."""
    import shutil

    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    _wait(parent, groups)
    for group in groups:
        kill_group(group)
    kill_marked(mark)
    for _ in range(50):  # what was killed a moment ago may still be writing
        shutil.rmtree(directory, ignore_errors=True)
        if not Path(directory).exists():
            return
        time.sleep(0.02)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
