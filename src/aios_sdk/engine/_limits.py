"""How much one delivery may unfold into, and how many calls a component may have at a time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final, final

import msgspec

from ..errors import LimitExceeded


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on what is found inside a source, against archives and mails made to exhaust the machine; and on calls at a time.

    Attributes:
        depth: how deep parts may lie within parts.
        children: how many parts one source may yield.
        parts: how many parts one delivery may have together, on all levels.
        size: bytes that all the parts of one delivery may have together.
        timeout: seconds that the steps of one document may take together, not counting what they wait for; None for any number. Steps
            that run inline cannot be interrupted, but none is begun afterwards.
        memory_mb: MiB that one call in a worker process may take, unless its component declares that it needs more than half of it, when
            it may take twice what it declares.
        calls: how many calls may be under way at a time, by id of a component or by network host that components declare, such as
            ``{"acme.ocr": 2, "api.example.com": 8}``.
    """

    depth: int = 8
    children: int = 10_000
    parts: int = 20_000
    size: int = 4 << 30
    timeout: float | None = None
    memory_mb: int = 2048
    calls: Mapping[str, int] = {}


@final
class Budget:
    """What is left of ``Limits.size`` and ``Limits.parts`` for one delivery; shared by all that is found in it, on any thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits: Final = limits
        self._left = limits.size
        self._parts = limits.parts
        self._lock = threading.Lock()

    def take(self, size: int, name: str) -> None:
        """Count a part of ``size`` bytes found in ``name``. Raises `LimitExceeded` when it is one, or they are, too many."""
        with self._lock:
            self._left -= size
            self._parts -= 1
            if self._parts < 0:
                raise LimitExceeded(
                    f"{name} and all that came with it hold more than {self._limits.parts:,} parts",
                    cause="It may be archives in archives, made to exhaust the reader",
                    fix="Raise limits.parts if this is wanted",
                )
            if self._left < 0:
                raise LimitExceeded(
                    f"The parts of {name}, with all that came with it, take more than {self._limits.size:,} bytes",
                    fix="Raise limits.size if this is wanted",
                )
