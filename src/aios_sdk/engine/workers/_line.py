"""The worker's end of the connection to its parent."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from typing import Final

from ._wire import Close, Frames, Order, Report, Said, frame, read_order

#: Seconds that answers may wait for others to go with them, so that tiny ones do not each wake the parent.
_HELD: Final = 0.0005
_BLOCK: Final = 1 << 18
#: Lines that may be logged about one order, and the code points of each that are kept.
_LINES: Final = 200
_LENGTH: Final = 2000


class Line:
    """Receives orders and sends reports."""

    def __init__(self, descriptor: int, key: bytes) -> None:
        os.set_inheritable(descriptor, False)
        self._socket = socket.socket(fileno=descriptor)
        self._key = key
        self._process = os.getpid()
        self._frames = Frames(key)
        self._orders: list[bytes] = []
        self._held = bytearray()
        self._sent = 0.0
        self._lock = threading.Lock()  # components may log from threads of their own

    def receive(self) -> Order:
        """The next order; `Close` when the parent is gone."""
        self.flush()
        while not self._orders:
            data = self._socket.recv(_BLOCK)
            if not data:
                return Close()
            self._orders.extend(self._frames.feed(data))
        return read_order(self._orders.pop(0))

    def send(self, report: Report) -> None:
        """Send a report, now or with those that follow at once. Raises ``ValueError`` when it is too large."""
        if os.getpid() != self._process:
            os._exit(70)  # a component forked, and the child came back out of it
        data = frame(report, self._key)
        with self._lock:
            self._held += data
        now = time.monotonic()
        if now - self._sent > _HELD or len(self._held) > _BLOCK or isinstance(report, Said):
            self.flush()
            self._sent = now

    def flush(self) -> None:
        """Send what is held."""
        with self._lock:
            data, self._held = self._held, bytearray()
            if data:
                self._socket.sendall(data)


class Forward(logging.Handler):
    """Hands what is logged in a worker to its parent, up to a number of lines for each order."""

    def __init__(self, line: Line, level: int) -> None:
        super().__init__(level)
        self._line = line
        self._process = os.getpid()
        self._left = _LINES

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line; children that were forked say nothing."""
        if os.getpid() != self._process or self._left < 0:
            return
        self._left -= 1
        try:
            text = "more lines were logged; they are left out" if self._left < 0 else self.format(record)[:_LENGTH]
            self._line.send(Said(record.name, record.levelno, text.encode("utf-8", "backslashreplace").decode()))
        except Exception:  # noqa: BLE001 - a line in the log is never worth a document
            self.handleError(record)

    def renew(self) -> None:
        """Another order begins."""
        self._left = _LINES
