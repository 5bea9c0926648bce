"""The section `memory` of `engine.py`: a run holds as much for a hundred thousand documents as for a thousand."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from _peers import Options
from _programs import command_of, last_words, surroundings
from _table import Row, fail, number
from _work import STEPS, result_hash, texts

#: Seconds between looks at the processes.
_EVERY = 0.05


def memory(options: Options) -> list[Row]:
    """The peak of the resident memory, of the process and its children together, for more and more documents out of a generator."""
    counts = (1_000, 3_000) if options.quick else (1_000, 10_000, 100_000)
    peaks: dict[int, float] = {}
    alone: dict[int, float] = {}
    rows = []
    for count in counts:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            peaks[count], answer = watched(command_of("memory", "--documents", count, "--store", Path(folder, "bench.aios")))
        alone[count] = answer["megabytes"]
        if answer["hash"] != result_hash({name: step(text) for name, step in STEPS.items()} for text in texts(count)):
            fail(f"of {count} documents something else came out")
        rows.append(
            Row(
                case=f"peak memory of a run, {count:,} documents streamed",
                figure=peaks[count],
                unit="MB",
                beside=f"in {time.perf_counter() - began:.0f} s; {alone[count]:.0f} MB of the process alone",
            )
        )
    few, many = counts[0], counts[-1]
    beside = f"{number(alone[many] / alone[few])} times of the process alone"
    rows.append(
        Row(case=f"its growth from {few:,} to {many:,} documents", figure=peaks[many] / peaks[few], unit="times", bar=1.2, beside=beside)
    )
    return rows


def watched(command: list[object]) -> tuple[float, dict[str, Any]]:
    """The peak of the memory (MB) of what ``command`` starts with all its children, and the JSON that it prints."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        process = subprocess.Popen([*map(str, command)], env=surroundings(), stdout=said, stderr=complained)
        top = psutil.Process(process.pid)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(top))
            time.sleep(_EVERY)
        said.seek(0)
        complained.seek(0)
        if process.returncode:
            fail(f"{command[2]} ended with {process.returncode}: {last_words(complained.read())}")
        answer: dict[str, Any] = json.loads(said.read().strip().splitlines()[-1])
    # A look every now and then misses short peaks of the process itself; the system does not.
    return max(peak / 2**20, answer["megabytes"]), answer


def _resident(top: psutil.Process) -> int:
    total = 0
    with contextlib.suppress(psutil.Error):
        for each in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                total += each.memory_info().rss
    return total
