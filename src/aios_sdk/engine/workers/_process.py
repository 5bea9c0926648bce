"""One worker as its parent sees it: how it is started, watched and ended."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from ...plugins import Policy
from ._board import Board
from ._guardian_program import MARK, kill_group
from ._memory import tree
from ._options import PROGRAM, Options
from ._wire import KEY_SIZE

#: Why a worker was killed: late with a piece or with opening a component, too large, for having broken the line, or because it is not
#: needed any more.
Verdict: TypeAlias = Literal["late", "late to open", "late to begin", "too large", "broke the line", "not needed"]

#: What is kept of the end of a worker's standard error, in bytes.
_TAIL: Final = 4096
_WORDS: Final = 1000
_BLOCK: Final = 1 << 16

#: Libraries that start threads take the number from these variables.
_THREADS: Final = (
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
)


class Watch(NamedTuple):
    """What is asked of a worker now: the number of its work, since when, seconds for a piece, and bytes beyond what it holds."""

    task: int
    begun: float
    timeout: float | None
    allowance: int


class End(NamedTuple):
    """How a worker ended: the ``status`` of its process (below 0 a signal), why it was killed if it was, and its last words on standard
    error."""

    status: int
    verdict: Verdict | None
    words: str

    def __str__(self) -> str:
        if self.status < 0:
            said = f"signal {-self.status}"
            if -self.status in signal.valid_signals():
                said += f" ({signal.Signals(-self.status).name})"
            if self.status == -signal.SIGKILL and self.verdict is None:
                said += ", perhaps because the system ran out of memory"
        else:
            said = f"exit status {self.status}"
        return said + (f"; the end of its standard error: {self.words}" if self.words else "")


class Launch(NamedTuple):
    """How workers are started: see `Pool` for what each means."""

    policy: Policy
    scratch: Path
    blobs: Path
    threads: int
    environment: Mapping[str, str]
    mark: str
    logging: int


class Process:
    """A running worker, in a session of its own. Only the attendant starts, watches and ends it."""

    def __init__(self, launch: Launch, number: int) -> None:
        self.key: Final = secrets.token_bytes(KEY_SIZE)
        self.mark: Final = f"{launch.mark}-{number}."
        self.scratch: Final = launch.scratch / f"worker-{number}"
        (self.scratch / "tmp").mkdir(parents=True)
        #: Held while work is handed over, and while it is decided to kill for what was asked before.
        self.lock: Final = threading.Lock()
        self.watch: Watch | None = None
        self.verdict: Verdict | None = None
        self.ended: End | None = None
        #: Bytes of memory when it was last looked at, and the greatest number since the work was begun.
        self.memory = self.peak = 0
        self._allowance = 0
        #: How many tasks it was given, and the components that it was told of.
        self.tasks = 0
        self.told: set[int] = set()
        self._tail = b""
        self.board: Final = Board.create(launch.scratch)
        self.connection, theirs = socket.socketpair()
        self.errors, errors = os.pipe()
        try:
            self._popen: Final = self._start(launch, theirs.fileno(), errors)
        except BaseException:
            self.connection.close()
            os.close(self.errors)
            raise
        finally:
            theirs.close()
            os.close(errors)
            self.board.forget()
        os.set_blocking(self.errors, False)
        self.pid: Final = self._popen.pid

    def _start(self, launch: Launch, connection: int, errors: int) -> subprocess.Popen[bytes]:
        options = Options(
            path=tuple(str(Path(place).absolute()) if Path(place).exists() else place for place in sys.path),  # "" is the current folder
            parent=os.getpid(),
            policy=launch.policy,
            connection=connection,
            board=self.board.descriptor,
            key=self.key,
            scratch=str(self.scratch),
            blobs=str(launch.blobs),
            threads=launch.threads,
            logging=launch.logging,
        )
        file = self.scratch / "start.json"
        file.write_bytes(msgspec.json.encode(options))
        return subprocess.Popen(
            # -P: the current folder must not stand in for the standard library; faulthandler says where a crash was.
            [sys.executable, "-P", "-X", "faulthandler", "-c", PROGRAM, str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=(connection, self.board.descriptor),
            start_new_session=True,
            env={
                **os.environ,
                **dict.fromkeys(_THREADS, str(launch.threads)),
                **launch.environment,
                "TMPDIR": str(self.scratch / "tmp"),
                MARK: self.mark,
            },
        )

    @property
    def status(self) -> int | None:
        """Its exit status, None while it runs."""
        return self._popen.poll()

    def ask(self, watch: Watch) -> bool:
        """Say what is asked of it from now on; False when it has been killed meanwhile."""
        with self.lock:
            if self.verdict is None:
                self.watch = watch
                self.peak = 0
                self._allowance = max(self._allowance, watch.allowance)
            return self.verdict is None

    @property
    def is_bloated(self) -> bool:
        """Whether it keeps so much memory of what it did that another should take its place."""
        return self.memory - self.board.read().held > self._allowance // 2 > 0

    def rest(self) -> None:
        """Nothing is asked of it any more."""
        with self.lock:
            self.watch = None

    def kill(self, verdict: Verdict) -> None:
        """Kill it with everything that it started."""
        self.verdict = self.verdict or verdict
        others = tree(self.pid)[1:]
        kill_group(self.pid)
        for pid in others:  # those that have left the group
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue

    def hang_up(self) -> None:
        """Let whoever listens on the line find its end, once what was sent before has been read."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def listen(self) -> bool:
        """Take what has come on its standard error, and keep the end of it; False when nothing can come any more."""
        try:
            data = os.read(self.errors, _BLOCK)
        except BlockingIOError:
            return True
        self._tail = (self._tail + data)[-_TAIL:]
        return bool(data)

    def end(self) -> End:
        """How it ended, or is about to end; its standard error is closed."""
        self.listen()
        os.close(self.errors)
        status = self.status
        words = " ".join(self._tail.decode("utf-8", "replace").split())
        self.ended = End(-signal.SIGKILL if status is None else status, self.verdict, words[-_WORDS:])
        return self.ended
