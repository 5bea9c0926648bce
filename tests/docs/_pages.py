"""Pages of the documentation as blocks of code with what follows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conftest import REPOSITORY

_FENCE = re.compile(r"```(?P<language>[a-z]*)(?P<options>[^\n`]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# ([\w./-]+\.(?:py|yaml|toml|txt|md))\n")


class Block(NamedTuple):
    """A block of code: its language, the words behind it, its text, its line on the page, and the output shown right after it (or None)."""

    language: str
    options: str
    text: str
    line: int
    output: str | None

    @property
    def file(self) -> str:
        """The path in the comment that begins the block, where it is the content of a file; else empty."""
        found = _FILE.match(self.text)
        return found[1] if found else ""


def pages() -> list[Path]:
    """Every page whose code has to run."""
    return sorted(
        [
            REPOSITORY / "README.md",
            REPOSITORY / "CONTRIBUTING.md",
            *(REPOSITORY / "docs").rglob("*.md"),
            *(page for place in ("plugins", "contrib", "examples") for page in REPOSITORY.glob(f"{place}/*/README.md")),
        ]
    )


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of ``page`` in order; a ``text`` block that directly follows another is that one's output."""
    text = page.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    for number, match in enumerate(found):
        after = found[number + 1] if number + 1 < len(found) else None
        if match["language"] == "text":
            continue
        follows = after is not None and after["language"] == "text" and not text[match.end() : after.start()].strip()
        yield Block(
            match["language"],
            match["options"].strip(),
            match["text"],
            text.count("\n", 0, match.start()) + 1,
            after["text"] if follows and after is not None else None,
        )


def name_of(page: Path) -> str:
    """How a page is called in test ids."""
    return page.relative_to(REPOSITORY).as_posix()
