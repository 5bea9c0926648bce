"""Folding while a run is under way: on a thread as long as there is little, in a process of its own when there is much."""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..errors import StoreError
from ._follow import EVERY

_log: Final = logging.getLogger("aios.store")

# Bytes in the journal and not in the database from which on a process pays. Starting it takes a quarter of a second of a processor that is
# mostly free; folding 4 MiB here takes half of that where nothing else runs, and beside a run, which does not share the interpreter well,
# several times as long.
_WORTH_A_PROCESS: Final = 4 * 1024 * 1024

# The same, when so much comes in a second of a run that it is likely to go on.
_WORTH_IT_SOON: Final = 1024 * 1024

# Seconds between two looks at how much waits.
_LOOK: Final = 0.1

# What folding here may take of the time: after one that took long, because others are at work, the next waits longer than a second.
_SHARE: Final = 0.05


class Folding(threading.Thread):
    """Sees to it that a store is folded about once a second until `end`, less often where it would take more than a twentieth of the time.

    ``waiting`` gives the bytes that this process journaled and did not fold, and is asked ten times a second; ``fold`` folds here. From
    4 MiB on, or 1 MiB a second, a process of its own does it, which costs the run nothing; one that is killed loses nothing, and what it
    left is folded here.
    """

    def __init__(self, store: Path, waiting: Callable[[], int], fold: Callable[[], object]) -> None:
        super().__init__(name="aios-fold", daemon=True)
        self._store = store
        self._waiting = waiting
        self._fold = fold
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._was_started = False

    def run(self) -> None:
        folded, pause = time.monotonic(), EVERY
        while not self._stopping.wait(_LOOK):
            due = time.monotonic() - folded >= pause - _LOOK  # the next look would be late
            try:
                waiting = self._waiting()
                if self._process is not None and self._process.poll() is None:
                    continue
                if waiting >= (_WORTH_IT_SOON if due else _WORTH_A_PROCESS) and not self._was_started:
                    self._start()
                elif waiting and due:
                    folded = time.monotonic()
                    self._fold()
                    pause = max(EVERY, (time.monotonic() - folded) / _SHARE)
            except StoreError as error:  # the run meets what is wrong with the journal itself
                _log.info("folding %s is put off: %s", self._store, error)

    def end(self) -> None:
        """Return when nobody folds here any more; a process folds what is journaled by now before."""
        self._stopping.set()
        self.join()
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin, process.stdout:
            if select.select([process.stdout], [], [], 0)[0]:
                try:
                    process.stdin.write(b".")
                except BrokenPipeError:
                    _log.info("the process that folds %s has ended with %s", self._store, process.poll())
            else:
                process.kill()  # it has not begun yet
            process.wait()

    def _start(self) -> None:
        # One that ended by itself was killed, perhaps for its memory; then it is not tried again.
        self._was_started = True
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "aios_sdk.store._follower", str(self._store.absolute()), str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env={**os.environ, "PYTHONPATH": path},
                # An interrupt at the terminal is for the run, which then ends this.
                process_group=0,
            )
        except OSError as error:
            _log.info("%s is folded without a process of its own: %s", self._store, error)
