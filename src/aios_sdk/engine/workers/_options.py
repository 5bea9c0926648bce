"""What a worker is told at its start, in a file."""

from __future__ import annotations

import msgspec

from ...plugins import Policy

#: The program of a worker. Its modules come from where the parent's do, and it needs no ``__main__`` guard. Python's collector, which
#: finds nothing meanwhile and takes an eighth of the time, is off until it asks for work.
PROGRAM = (
    "import gc, json, sys; gc.disable(); sys.path[:] = json.load(open(sys.argv[1]))['path']; "
    "from aios_sdk.engine.workers._worker import main; main(sys.argv[1])"
)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told at its start.

    Attributes:
        path: the parent's ``sys.path``; parent: its process id; policy: which plugins may be imported.
        connection, board: descriptors that are inherited; key: the start of each frame.
        scratch: the worker's own directory; blobs: the directory of the store's blobs.
        threads: how many a component may use; logging: the level from which lines are handed to the parent.
    """

    path: tuple[str, ...]
    parent: int
    policy: Policy
    connection: int
    board: int
    key: bytes
    scratch: str
    blobs: str
    threads: int
    logging: int
