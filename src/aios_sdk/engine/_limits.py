"""How much one delivery may unfold into."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on what is found inside a source, against archives and mails made to exhaust the machine.

    Attributes:
        depth: how deep parts may lie within parts.
        children: how many parts one source may yield.
        size: bytes that all the parts of one delivery may have together.
    """

    depth: int = 8
    children: int = 10_000
    size: int = 4 << 30
