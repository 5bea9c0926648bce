"""What every archive needs: a budget, parts in memory or in scratch files, and what went wrong with members told at the end."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aios_sdk import LimitExceeded, Malformed, Source, StepError

#: How many bytes are unpacked at a time.
BLOCK: Final = 1 << 16

#: Below this size nothing is a bomb, however well it is packed.
RATIO_FROM: Final = 1 << 20

_IN_MEMORY: Final = 8 << 20
_OURS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # faults of this machine, not of the archive


class Budget:
    """How many bytes may still be unpacked; ``component`` says whose ``max_size`` that is."""

    def __init__(self, size: int, component: str) -> None:
        self.size: Final = size
        self.component: Final = component
        self.left = size

    def spend(self, count: int) -> None:
        """Raises `LimitExceeded` when it is more than is left."""
        self.left -= count
        if self.left < 0:
            raise LimitExceeded(
                f"The archive unpacks to more than {self.size:,} bytes",
                cause="It may be a bomb: it is larger than it says, or says nothing",
                fix=f"Raise max_size of {self.component} if you trust where it comes from",
            )


def part_of(name: str, size: int, blocks: Iterable[bytes], path: Path) -> Source:
    """A member as a part: in memory where its ``size`` is at most 8 MB, else in the file ``path``; negative where it is not known."""
    if 0 <= size <= _IN_MEMORY:
        return Source(name=name, data=b"".join(blocks))
    with path.open("wb") as unpacked:
        for block in blocks:
            unpacked.write(block)
    return Source(name=name, path=str(path))


def damaged(name: str, error: Exception) -> Malformed:
    """What a library raised for a damaged archive or member, as `Malformed`; a fault of this machine is raised as it is."""
    if isinstance(error, OSError) and error.errno in _OURS:
        raise error
    return Malformed(f"{name!r} is damaged: {error}", cause="It was cut off or changed on its way", fix="Get the file again")


def raise_failures(failures: list[tuple[str, StepError]], count: int) -> None:
    """Raise what went wrong with members, once the others were handed on; the first stands for all."""
    if not failures:
        return
    names = ", ".join(repr(name) for name, _ in failures[:5]) + (" ..." if len(failures) > 5 else "")
    first = failures[0][1]
    raise type(first)(
        f"{len(failures)} of {count} members could not be unpacked: {names}. {first.what}", cause=first.cause, fix=first.fix
    ) from first
