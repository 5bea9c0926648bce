"""A program that runs a pool and ends badly: ``python -m tests.faults._parent FOLDER MARK ENDING``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from aios_sdk.engine.workers import Pool, Unit
from tests.engine.workers._parts import document
from tests.engine.workers._pools import MARK, left_of, planned, registry, until

#: By the text of the documents: a worker that forks and hangs has four processes beside it.
RUNNING = {"fork and hang": 5, "sleep": 1}


async def _main(folder: Path, mark: str, ending: str) -> None:
    texts = ("sleep", "sleep") if ending == "unguarded" else ("fork and hang", "sleep")
    running = sum(RUNNING[text] for text in texts)
    asleep = folder / "asleep"
    asleep.mkdir()
    environment = {MARK: mark, "AIOS_TEST_FOLDER": str(asleep)}
    pool = Pool(registry(), count=2, scratch=folder / "scratch", blobs=folder / "blobs", environment=environment)
    try:
        async with asyncio.TaskGroup() as tasks:
            for text in texts:
                tasks.create_task(_call(pool, text))
            if not await asyncio.to_thread(until, lambda: len(list(asleep.iterdir())) == 2 and len(left_of(mark)) == running, 60.0):
                raise TimeoutError("the workers do not get on")
            if ending == "inherited" and os.fork() == 0:
                signal.pause()  # holds whatever the parent held
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            if ending == "error":
                raise RuntimeError("the program is wrong")
            if ending == "exit":
                os._exit(1)
    finally:
        await pool.close()


async def _call(pool: Pool, text: str) -> None:
    async for _ in pool.call(planned("bad"), "extract", "s", [Unit(document(text))], run="r", timeout=None):
        pass


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), *sys.argv[2:]))
