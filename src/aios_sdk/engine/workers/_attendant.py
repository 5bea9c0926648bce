"""The thread that looks after the workers of a pool: starts them, kills those that are late or too large, and buries what has ended.

It does not need the event loop, so that a loop that is busy costs nobody a deadline. The system ends a worker when the thread that
started it ends, which is another reason for one thread that lasts as long as the pool.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, NamedTuple

from ...errors import Unavailable
from ._board import NOTHING
from ._guardian import Guardian
from ._guardian_program import kill_group, kill_marked
from ._memory import exact_memory, memory
from ._process import End, Launch, Process, Verdict, Watch

_log = logging.getLogger("aios.engine")

#: Seconds between two looks at workers that are at work, and at those that are about to end.
_LOOK: Final = 0.05
_LOOK_AT_END: Final = 0.005
#: Looks without any work after which the thread sleeps until it is woken.
_IDLE: Final = 20
#: Seconds beyond its deadline that a piece is given, so that a component can notice by itself.
_COURTESY: Final = 0.1
#: Seconds that a worker is given to end by itself when its line is closed, and to be gone after it was killed.
_TO_END: Final = 0.2
_TO_DIE: Final = 10.0


class _Burial(NamedTuple):
    promises: list[Future[End]]
    kill_at: float
    verdict: Verdict


class Attendant:
    """Starts and ends workers for one pool; its methods may be called from any thread.

    ``opening`` is the number of seconds that a worker has for starting, and for opening each component.
    """

    def __init__(self, launch: Launch, opening: float) -> None:
        self._launch = launch
        self._opening = opening
        self._guardian = Guardian(launch.mark, launch.scratch)
        self._processes: list[Process] = []
        self._burials: dict[Process, _Burial] = {}
        self._ended: set[Process] = set()
        self._started = 0
        self._commands: SimpleQueue[tuple[Callable[[], None], Future[Any]]] = SimpleQueue()
        self._selector = selectors.DefaultSelector()
        self._bell, self._ring = os.pipe()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._looks_left = 0
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._is_closed = self._is_gone = self._is_ending = self._has_directory = False

    # -- for other threads --------------------------------------------------------------------------------------------

    @property
    def directory(self) -> Path:
        """The directory of all files of the workers: it is there, and will not outlive this process."""
        self._prepare()
        return self._launch.scratch

    def start(self) -> Future[Process]:
        """A new worker. The future raises `Unavailable` when the system gives none."""
        future: Future[Process] = _promise()
        self._prepare()
        self._post(lambda: self._start(future), future)
        return future

    def ask(self, process: Process, watch: Watch) -> bool:
        """Have ``process`` watched while it does what is asked of it; False when it has been killed meanwhile."""
        willing = process.ask(watch)
        if willing and not self._looks_left:
            self._wake()
        return willing

    def bury(self, process: Process, *, grace: float = _TO_END, verdict: Verdict = "broke the line") -> Future[End]:
        """How ``process`` ended. If it has not after ``grace`` seconds, it is killed with ``verdict``."""
        promise: Future[End] = _promise()
        kill_at = time.monotonic() + grace
        self._post(lambda: self._expect_end(process, promise, kill_at, verdict), promise)
        return promise

    def close(self) -> None:
        """Kill all workers that are left and remove every file; nothing can be started afterwards. Blocks until all is done."""
        with self._lock:
            self._is_closed = True
            is_first, self._is_gone = not self._is_gone, True
        if not is_first:
            return
        if self._thread is not None:
            self._commands.put((self._kill_all, _promise()))
            self._wake()
            self._thread.join()
        self._guardian.close()
        shutil.rmtree(self._launch.scratch, ignore_errors=True)
        self._selector.close()
        os.close(self._bell)
        os.close(self._ring)

    def _prepare(self) -> None:
        with self._lock:
            if self._is_closed:
                raise closed("The workers are closed")
            if not self._has_directory:
                self._guardian.begin()  # before there is something to remove
                self._launch.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._has_directory = True

    def _post(self, command: Callable[[], None], promise: Future[Any]) -> None:
        with self._lock:
            if self._is_closed:
                raise closed("The workers are closed")
            self._commands.put((command, promise))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="aios-workers", daemon=True)
                self._thread.start()
        self._wake()

    def _wake(self) -> None:
        os.write(self._ring, b"!")

    # -- in its own thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not (self._is_ending and not self._processes):
                self._turn()
        except BaseException as error:
            # Nobody may wait for ever for a thread that has ended; the system ends its workers with it.
            with self._lock:
                self._is_closed = True
            promises = [promise for burial in self._burials.values() for promise in burial.promises]
            while not self._commands.empty():
                promises.append(self._commands.get_nowait()[1])
            for promise in promises:
                promise.set_exception(error)
            for process in self._processes:
                kill_group(process.pid)
            raise

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._seconds_to_sleep()):
            if key.fd == self._bell:
                os.read(self._bell, 4096)
            elif not key.data.listen():
                self._selector.unregister(key.fd)
        while not self._commands.empty():
            self._commands.get_nowait()[0]()
        now = time.monotonic()
        for process in tuple(self._processes):
            self._look_after(process, now)

    def _seconds_to_sleep(self) -> float | None:
        if self._burials:
            return _LOOK_AT_END
        self._looks_left = _IDLE if self._is_busy() else max(0, self._looks_left - 1)
        if not self._looks_left and self._is_busy():  # asked between the two lines above, when nobody thought of waking
            self._looks_left = _IDLE
        return _LOOK if self._looks_left else None

    def _is_busy(self) -> bool:
        return any(process.watch is not None for process in self._processes)

    def _start(self, future: Future[Process]) -> None:
        self._started += 1
        try:
            process = Process(self._launch, self._started)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            problem = Unavailable(
                f"No worker can be started: {error}", cause="The system gives no process, memory or file", fix="Use fewer workers"
            )
            problem.__cause__ = error
            future.set_exception(problem)
            return
        self._processes.append(process)
        self._selector.register(process.errors, selectors.EVENT_READ, process)
        self._guardian.watch(process.pid)
        future.set_result(process)

    def _look_after(self, process: Process, now: float) -> None:
        burial = self._burials.get(process)
        if process.status is not None:
            if burial is not None:
                self._bury(process, burial)
            elif process not in self._ended:
                self._ended.add(process)
                process.hang_up()  # a child may hold the line open, and nobody would notice the end
        elif burial is not None:
            if now >= burial.kill_at and process.verdict is None:
                process.kill(burial.verdict)
            elif now >= burial.kill_at + _TO_DIE:
                _log.error("worker %d was killed and has not ended; it waits for the system", process.pid)
                self._bury(process, burial)
        elif process.watch is not None:
            self._judge(process, process.watch, now)

    def _judge(self, process: Process, watch: Watch, now: float) -> None:
        process.memory = memory(process.pid)
        process.peak = max(process.peak, process.memory)
        with process.lock:
            if process.watch is watch and process.verdict is None:
                verdict = self._too_late(process, watch, now) or self._too_large(process, watch)
                if verdict is not None:
                    process.kill(verdict)

    def _too_late(self, process: Process, watch: Watch, now: float) -> Verdict | None:
        state = process.board.read()
        if state.task != watch.task:
            return "late to begin" if now - watch.begun > self._opening else None
        if not state.since or process.board.read() != state:  # read while it was written
            return None
        if state.opening != NOTHING:
            return "late to open" if now - state.since > self._opening else None
        return "late" if watch.timeout is not None and now - state.since > watch.timeout + _COURTESY else None

    def _too_large(self, process: Process, watch: Watch) -> Verdict | None:
        limit = process.board.read().held + watch.allowance
        # What is looked at first is cheap, and counts what forked processes share for each of them.
        return "too large" if process.memory > limit and exact_memory(process.pid) > limit else None

    def _bury(self, process: Process, burial: _Burial) -> None:
        kill_group(process.pid)
        if kill_marked(process.mark):
            _log.error("worker %d left processes that cannot be killed", process.pid)
        with contextlib.suppress(KeyError):  # it had closed its standard error
            self._selector.unregister(process.errors)
        self._processes.remove(process)
        self._ended.discard(process)
        del self._burials[process]
        self._guardian.forget(process.pid)
        end = process.end()
        for promise in burial.promises:
            promise.set_result(end)

    def _expect_end(self, process: Process, promise: Future[End], kill_at: float, verdict: Verdict) -> None:
        if process.ended is not None:
            promise.set_result(process.ended)
            return
        before = self._burials.get(process, _Burial([], kill_at, verdict))
        self._burials[process] = _Burial([*before.promises, promise], min(before.kill_at, kill_at), before.verdict)

    def _kill_all(self) -> None:
        self._is_ending = True
        for process in self._processes:
            self._expect_end(process, _promise(), time.monotonic(), "not needed")


def closed(what: str) -> Unavailable:
    """What is raised for somebody who wants a picture when the run has ended: by then nobody wants anything else."""
    return Unavailable(
        f"{what}, for the run has ended",
        cause="Pages are drawn by the component that ingested the document",
        fix="Draw pages in a component of the pipeline, or with aios explain --png",
    )


def _promise() -> Future[Any]:
    """A future that keeps its promise also when whoever waited for it has given up."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    return future
