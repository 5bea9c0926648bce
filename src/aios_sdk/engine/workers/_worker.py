"""The program of a worker: takes orders from its parent, one after the other, until it is told to close or is killed."""

from __future__ import annotations

import atexit
import ctypes
import gc
import logging
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

import msgspec

from ...store import Blobs
from ._board import Board
from ._components import Components
from ._faults import fault_of
from ._line import Forward, Line
from ._memory import data_size, memory
from ._options import Options
from ._wire import Call, Close, Done, Ingest, Learn, Render
from ._work import Work

_PR_SET_PDEATHSIG: Final = 1


def main(file: str) -> None:
    """Be a worker, as told in ``file``."""
    options = msgspec.json.decode(Path(file).read_bytes(), type=Options)
    _end_with(options.parent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # no core files
    _Worker(options).serve()
    atexit._run_exitfuncs()  # what libraries asked for
    # Taking the interpreter apart takes as long as starting it, and the system does the same at once.
    os._exit(0)


class _Worker:
    def __init__(self, options: Options) -> None:
        scratch = Path(options.scratch)
        self._board = Board(options.board)
        self._board.forget()
        self._line = Line(options.connection, options.key)
        self._log = Forward(self._line, options.logging)
        logging.basicConfig(handlers=[self._log], level=options.logging, format="%(message)s")
        self._components = Components(options.policy, self._board, scratch, options.threads)
        self._work = Work(self._components, self._board, self._line, Blobs(Path(options.blobs)), scratch)
        self._backstop = (0, 0)
        self._board.hold(memory(os.getpid()))

    def serve(self) -> None:
        """Carry out orders until the parent says `Close` or is gone."""
        gc.freeze()
        gc.enable()
        self._board.rest()
        while not isinstance(order := self._line.receive(), Close):
            if isinstance(order, Call | Ingest | Render):  # Next is for something that has ended meanwhile
                self._log.renew()
                self._carry_out(order)
            elif isinstance(order, Learn):
                self._components.prepare(order.parcels)
        self._components.close()
        self._line.flush()

    def _carry_out(self, order: Call | Ingest | Render) -> None:
        task = order.task
        fault, apart = None, False
        self._board.begin(task.number)
        try:
            self._components.learn(task.parcels)
            self._set_backstop(task.data)
            if isinstance(order, Call):
                apart = self._work.call(order)
            elif isinstance(order, Ingest):
                self._work.ingest(order)
            else:
                self._work.render(order)
        except BaseException as error:  # noqa: BLE001 - extensions raise panics that are no Exception, and parsers call sys.exit
            fault = fault_of(error, self._components.id(task.component))
        self._board.rest()
        self._line.send(Done(task.number, fault, apart))

    def _set_backstop(self, size: int) -> None:
        """Have the system refuse data beyond ``size`` bytes more than now, for what grows faster than the parent looks."""
        wanted = (size, len(self._components))
        if sys.platform == "linux" and wanted != self._backstop:
            self._backstop = wanted
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            limit = data_size(os.getpid()) + size if size else hard
            if hard == resource.RLIM_INFINITY or limit <= hard:
                resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def _end_with(parent: int) -> None:
    """Be killed when the parent ends: on Linux by the system, elsewhere by the guardian."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent has ended")
