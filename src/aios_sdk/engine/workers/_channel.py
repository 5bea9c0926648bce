"""The parent's end of the connection to a worker, on an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

from ._process import Process
from ._wire import Frames, Order, Report, Said, frame, read_report

#: Bytes of reports that may wait; while there are more, the worker waits too.
_WAITING: Final = 8 << 20


class Channel(asyncio.Protocol):
    """Sends orders to ``process`` and receives its reports; lines that it logged go to the loggers here."""

    def __init__(self, process: Process) -> None:
        self.process: Final = process
        self._frames = Frames(process.key)
        self._reports: deque[bytes] = deque()
        self._size = 0
        self._is_paused = False
        self._transport: asyncio.Transport | None = None
        self._reader: asyncio.Future[None] | None = None
        #: Whether nothing more can come.
        self.is_closed = False

    @classmethod
    async def connect(cls, process: Process) -> Channel:
        """The channel to a worker that was started."""
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_unix_connection(lambda: cls(process), sock=process.connection)
        return channel

    def send(self, order: Order) -> None:
        """Send an order; what cannot be sent at once is kept until it can."""
        assert self._transport is not None  # it is connected
        self._transport.write(frame(order, self.process.key))

    async def receive(self) -> Report | None:
        """The next report; None when the worker has ended or sent something else than reports."""
        while True:
            while not self._reports:
                if self.is_closed:
                    return None
                self._reader = asyncio.get_running_loop().create_future()
                await self._reader
            data = self._reports.popleft()
            self._size -= len(data)
            if self._is_paused and self._size < _WAITING // 2 and self._transport is not None:
                self._is_paused = False
                self._transport.resume_reading()
            try:
                report = read_report(data)
            except Exception:  # noqa: BLE001 - whatever it is, it is no report
                self.close()
                return None
            if not isinstance(report, Said):
                return report
            log(report)

    def close(self) -> None:
        """Take nothing more."""
        self.is_closed = True
        if self._transport is not None:
            self._transport.abort()

    # -- what the event loop calls ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for report in self._frames.feed(data):
                self._reports.append(report)
                self._size += len(report)
        except ValueError:
            self.close()
        if self._size > _WAITING and not self.is_closed and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._tell_reader()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        self._tell_reader()

    def _tell_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


def log(said: Said) -> None:
    """Hand a line that a worker logged to the logger of that name here."""
    logger = logging.getLogger(said.logger)
    if logger.isEnabledFor(said.level):
        logger.log(said.level, "%s", said.message)
