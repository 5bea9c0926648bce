"""The component for mailboxes: one file with many mails, read as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import Field as Setting

from aios_sdk import ComponentConfig, Context, Document, LimitExceeded, Malformed, Source, component, implements

#: The line before each mail (RFC 4155): who sent it, and a date that ends in a year, or in a zone behind it.
_SEPARATOR: Final = re.compile(rb"From (?:\S.*)?(?:\d{1,2}:\d{2}|\d{4})")
_DATED: Final = re.compile(rb"From .*\b[A-Z][a-z]{2} +[A-Z][a-z]{2} +\d{1,2} +\d{1,2}:\d{2}.* \d{4}")
_HEADER: Final = re.compile(rb">?From |[!-9;-~]+[ \t]*:")
_QUOTED: Final = re.compile(rb">+From ")
_IN_MEMORY: Final = 8 << 20
_LONGEST: Final = 500
_LINE: Final = 1 << 20


@component("aios.mbox", media_types=["application/mbox"], isolation="process")
class Mbox:
    """The mails of a mailbox (``mbox``), each a part to be ingested in turn.

    The file is read as a stream, one mail at a time. ``>From`` at the start of a line becomes ``From`` again. A line that only looks as if
    a mail began there, because no header follows it, is text.
    """

    class Config(ComponentConfig):
        """``max_mail_size``: of one mail, in bytes."""

        max_mail_size: int = Setting(200_000_000, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A `Source` for each mail, in the order of the file: in memory up to 8 MB, else in a scratch file.

        Raises `Malformed` for a file without any, and `LimitExceeded` after the mails before one that is too large.
        """
        count = 0
        with source.open() as file:
            mail: _Mail | None = None
            for line, begins in _lines(file):
                if begins:
                    if mail is not None:
                        yield mail.source()
                    count += 1
                    mail = _Mail(count, context.scratch)
                elif mail is not None:
                    mail.add(line)
                    if mail.size > self.config.max_mail_size:
                        raise LimitExceeded(
                            f"Mail {count} of {source.name!r} has more than {self.config.max_mail_size:,} bytes",
                            fix="Raise max_mail_size of aios.mbox",
                        )
            if mail is None:
                raise Malformed(f"{source.name!r} is no mailbox", cause="No line in it begins with 'From ' and is followed by headers")
            yield mail.source()


class _Mail:
    """A mail while it is read: its blocks in memory, or in a file once there are many."""

    def __init__(self, number: int, scratch: Path) -> None:
        self._number = number
        self._path = scratch / f"mail-{number}.eml"
        self._file: BinaryIO | None = None
        self._blocks: list[bytes] = []
        self._head = b""
        self.size = 0

    def add(self, line: bytes) -> None:
        if _QUOTED.match(line):
            line = line[1:]
        self._head = self._head or line.strip()[:100]
        self.size += len(line)
        self._blocks.append(line)
        if self.size > _IN_MEMORY:
            if self._file is None:
                self._file = self._path.open("wb")
            self._file.writelines(self._blocks)
            self._blocks = []

    def source(self) -> Source:
        """The mail, without the blank line that stands before the next one."""
        is_mail = bool(_HEADER.match(self._head))
        name = f"mail-{self._number}.{'eml' if is_mail else 'txt'}"
        media_type = "message/rfc822" if is_mail else "text/plain"
        if self._file is not None:
            self._file.close()
            return Source(name=name, path=str(self._path), media_type=media_type)
        data = b"".join(self._blocks)
        data = data[: -2 if data.endswith(b"\r\n\r\n") else -1] if data.endswith((b"\n\n", b"\r\n\r\n")) else data
        return Source(name=name, data=data, media_type=media_type)


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The lines of a mailbox, each with whether a mail begins behind it. Very long ones come in pieces."""
    blank, whole = True, True  # whether the line before was blank, and whether it has ended
    line = file.readline(_LINE)
    if line.startswith(b"\xef\xbb\xbf"):
        line = line[3:]
    while line:
        following = file.readline(_LINE)
        begins = whole and blank and _separates(line, following)
        yield line, begins
        blank, whole = not line.strip(), line.endswith(b"\n")
        line = following


def _separates(line: bytes, following: bytes) -> bool:
    """Whether ``line`` stands before a mail: it says a full date, or any, and a header follows."""
    line, following = line[:_LONGEST], following[:_LONGEST]
    return bool(_DATED.match(line) or (_SEPARATOR.match(line) and _HEADER.match(following)))
