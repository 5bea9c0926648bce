"""The program that folds beside a run: ``python -m aios_sdk.store._follower STORE PARENT``.

It begins with a byte on standard output, ends after what is journaled when it reads a byte from standard input, and at once, whatever it
does, when that is closed or the process PARENT is gone: a fold that is cut off is repeated without loss or doubles.
"""

from __future__ import annotations

import logging
import os
import select
import sys
import threading
from typing import Final

from ._follow import follow

#: Seconds between two looks at who the parent is; a child of the parent may keep the pipe open after its death.
_LOOK: Final = 0.5

#: How far it steps back for the run, which it would keep from the processors with several threads; the run's documents are on disk before
#: they come here, and nobody waits for them but at the end, when there is nobody to step back for.
_NICE: Final = 5


def main(store: str, parent: int) -> None:
    """Follow the store's journals for the process ``parent``."""
    os.nice(_NICE)
    import duckdb  # noqa: F401 - most of what starting takes, and it is done before the byte says so

    # The parent meets what is wrong when the store is closed, and says so.
    logging.getLogger("aios.store").addHandler(logging.NullHandler())
    stopping = threading.Event()
    threading.Thread(target=_watch, args=(parent, stopping), daemon=True).start()
    os.write(1, b".")
    follow(store, stopping)


def _watch(parent: int, stopping: threading.Event) -> None:
    while os.getppid() == parent:
        if select.select([0], [], [], _LOOK)[0]:
            if not os.read(0, 1):
                break
            stopping.set()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
