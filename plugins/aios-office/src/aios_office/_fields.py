"""Instructions of fields, as Word and RTF have them (ECMA-376, part 1, 17.16.5)."""

from __future__ import annotations

import re
from typing import Final

_HYPERLINK: Final = re.compile(r"""\s*HYPERLINK\s+(?:"([^"]*)"|([^\s\\"]+))?(?:[^"]*?\\l\s+(?:"([^"]*)"|(\S+)))?""", re.IGNORECASE)
_SYMBOL: Final = re.compile(r"""\s*SYMBOL\s+(0x[0-9a-f]{1,6}|\d{1,7})(?:[^"]*?\\f\s+(?:"([^"]*)"|(\S+)))?""", re.IGNORECASE)


def address(instruction: str) -> str:
    """Where a HYPERLINK field leads; empty for other fields."""
    found = _HYPERLINK.match(instruction)
    if not found:
        return ""
    anchor = found[3] or found[4] or ""
    return (found[1] or found[2] or "") + (f"#{anchor}" if anchor else "")


def shown_symbol(instruction: str) -> tuple[int, str] | None:
    """The code and the font of a SYMBOL field; None for other fields."""
    found = _SYMBOL.match(instruction)
    return (int(found[1], 0) if found[1][:2].lower() == "0x" else int(found[1]), found[2] or found[3] or "") if found else None
