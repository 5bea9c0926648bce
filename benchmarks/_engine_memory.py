"""The section `memory` of `engine.py`: a run holds as much for a hundred thousand documents as for a thousand."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from _peers import Options
from _programs import command_of, last_words, surroundings
from _table import Row, fail, number
from _work import STEPS, result_hash, texts

#: Seconds between looks at the processes.
_EVERY = 0.05


def memory(options: Options) -> list[Row]:
    """The peak of the resident memory, of the process and its children together, for more and more documents out of a generator.

    Pages of files that are mapped are in it: programs, libraries, and the index of the store, which grows with the documents. The system
    takes these back when it needs them; beside stands what it cannot take back, which is the memory that is no page of a file.
    """
    counts = (1_000, 3_000) if options.quick else (1_000, 10_000, 100_000)
    peaks: dict[int, Peak] = {}
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
                figure=peaks[count].resident,
                unit="MB",
                beside=f"in {time.perf_counter() - began:.0f} s; {_told(peaks[count].own)}{alone[count]:.0f} MB of the process alone",
            )
        )
    few, many = counts[0], counts[-1]
    own = peaks[few].own
    growth = "" if own is None else f"{number((peaks[many].own or 0.0) / own)} times of what is no page of a file, "
    rows.append(
        Row(
            case=f"its growth from {few:,} to {many:,} documents",
            figure=peaks[many].resident / peaks[few].resident,
            unit="times",
            bar=1.2,
            beside=f"{growth}{number(alone[many] / alone[few])} times of the process alone",
        )
    )
    return rows


class Peak(NamedTuple):
    """The greatest memory of a process and its children together (MB): all that is ``resident``, and their ``own``, which is no page of a
    file; None where the system does not tell (not Linux)."""

    resident: float
    own: float | None


def _told(own: float | None) -> str:
    return "" if own is None else f"{own:.0f} MB no pages of files, "


def watched(command: list[object]) -> tuple[Peak, dict[str, Any]]:
    """The peak of the memory of what ``command`` starts with all its children, and the JSON that it prints."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        process = subprocess.Popen([*map(str, command)], env=surroundings(), stdout=said, stderr=complained)
        top = psutil.Process(process.pid)
        resident = own = 0
        while process.poll() is None:
            seen = _memory(top)
            resident, own = max(resident, seen[0]), max(own, seen[1])
            time.sleep(_EVERY)
        said.seek(0)
        complained.seek(0)
        if process.returncode:
            fail(f"{command[2]} ended with {process.returncode}: {last_words(complained.read())}")
        answer: dict[str, Any] = json.loads(said.read().strip().splitlines()[-1])
    # A look every now and then misses short peaks of the process itself; the system does not.
    return Peak(max(resident / 2**20, answer["megabytes"]), own / 2**20 or None), answer


def _memory(top: psutil.Process) -> tuple[int, int]:
    """The bytes that are resident, and those of them that are no pages of files (0 where the system does not tell)."""
    resident = own = 0
    with contextlib.suppress(psutil.Error):
        for each in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.Error, OSError):  # it has ended meanwhile
                resident += each.memory_info().rss
                if sys.platform == "linux":
                    said = Path(f"/proc/{each.pid}/status").read_text()
                    own += sum(1024 * int(line.split()[1]) for line in said.splitlines() if line.startswith("RssAnon:"))
    return resident, own
