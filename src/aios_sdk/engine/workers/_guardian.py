"""The guardian as its parent sees it: a small process that outlives it for as long as it takes to tidy up."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from . import _guardian_program

_log = logging.getLogger("aios.engine")

#: Seconds that it is given at the end.
_PATIENCE: Final = 10.0


class Guardian:
    """Kills the process groups it was told of, and removes ``directory``, as soon as this process ends or `close` is called."""

    def __init__(self, mark: str, directory: Path) -> None:
        self._command = [sys.executable, "-I", "-S", _guardian_program.__file__, str(os.getpid()), mark, str(directory)]
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Guard the directory, which may be made from now on; process groups can be added."""
        self._tell("")

    def watch(self, group: int) -> None:
        """Guard a process group."""
        self._groups.add(group)
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """A process group has ended."""
        self._groups.discard(group)
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Have it tidy up now, and wait for it."""
        if self._process is None:
            return
        try:
            self._process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            _log.error("the guardian of the workers did not end; it is left as it is")
        self._process = None

    def _tell(self, line: str) -> None:
        with self._lock:
            self._write(line)

    def _write(self, line: str) -> None:
        process = self._process
        if process is not None:
            assert process.stdin is not None  # it is a pipe
            try:
                process.stdin.write(line.encode())
                return
            except BrokenPipeError:  # somebody killed it; another takes its place
                with contextlib.suppress(BrokenPipeError):
                    process.communicate()
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self._command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        assert process.stdin is not None  # it is a pipe
        process.stdin.write("".join(f"+{group}\n" for group in self._groups).encode())
        return process
