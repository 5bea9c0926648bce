"""The section `files` of `reading.py`: how files of many kinds end, the broken ones among them, and which of them others can read."""

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from _corpora import folder
from _peers import PROGRAMS, QUIET, Peers
from _programs import Absent, command_of, surroundings
from _table import Row, fail

KINDS = ("ingest", "hostile")
PEERS = ("markitdown", "kreuzberg", "unstructured")
DEADLINE, MEGABYTES = 60, 4096
#: Files that say what is in others, and are not given to anybody.
_OTHER = (".license", ".LICENSE")


#: What a peer says of a file, and what it comes to when it says nothing.
_ENDS = ("text", "empty", "error")
_TROUBLES = {"late": "hung", "full": "too much memory"}


class End(NamedTuple):
    """How a file ended with a reader: ``text``, ``empty``, or what went wrong; and what it took."""

    how: str
    seconds: float
    megabytes: float


def files(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    found = {kind: [file for file in sorted(folder(kind).rglob("*")) if file.is_file() and file.suffix not in _OTHER] for kind in KINDS}
    if quick:
        found = {kind: paths[::10] for kind, paths in found.items()}
    every = [path for paths in found.values() for path in paths]
    outcomes, about = ours(every)
    rows = []
    for kind, paths in found.items():
        ends = Counter(_ended(outcomes.get(str(path))) for path in paths)
        worst = max((about["took"].get(str(path), 0.0) for path in paths), default=0.0)
        told = ", ".join(f"{count} {how}" for how, count in ends.most_common())
        untyped = sum(count for how, count in ends.items() if how in ("no outcome", "failed: internal"))
        rows.append(Row(case=f"{kind}: files without a typed outcome, of {len(paths)}", figure=untyped, unit="files", bar=0, beside=told))
        rows.append(Row(case=f"{kind}: the file that took longest, all its steps", figure=worst, unit="s", bar=DEADLINE))
    rows.append(Row(case=f"peak memory of the process, {len(every)} files", figure=about["megabytes"], unit="MB", bar=1000))
    peers = {name: one_by_one(given.peers, name, every) for name in PEERS} if given.peers else {}
    readable: set[Path] = set()
    for name, ends_of in peers.items():
        if isinstance(ends_of, str):
            rows.append(Row(case=f"peer: {name}", figure=None, unit="files", beside=f"not measured: {ends_of}"))
            continue
        for kind, paths in found.items():
            told = ", ".join(f"{count} {how}" for how, count in Counter(ends_of[path].how for path in paths).most_common())
            worst, most = max(ends_of[path].seconds for path in paths), max(ends_of[path].megabytes for path in paths)
            beside = f"{told}; longest {worst:.0f} s, {most:.0f} MB"
            texts = sum(ends_of[path].how == "text" for path in paths)
            rows.append(Row(case=f"peer: {name}, {kind}: files with text, of {len(paths)}", figure=texts, unit="files", beside=beside))
        readable |= {path for path in found["ingest"] if ends_of[path].how == "text"}
    if readable:
        complete = [path for path in sorted(readable) if _has_text(outcomes.get(str(path)))]
        missed = [str(path.relative_to(folder("ingest"))) for path in sorted(readable) if path not in complete]
        share = len(complete) / len(readable)
        case = f"ingest: of the {len(readable)} files that a peer gives text for, complete here with text"
        rows.append(Row(case=case, figure=share, unit="of them", bar=0.97, at_least=True, beside="; ".join(missed[:12])))
    return rows


def _ended(outcome: Mapping[str, Any] | None) -> str:
    if outcome is None:
        return "no outcome"
    return f"{outcome['status']}: {outcome['category']}" if outcome["category"] else str(outcome["status"])


def _has_text(outcome: Mapping[str, Any] | None) -> bool:
    return outcome is not None and outcome["status"] == "completed" and outcome["letters"] + outcome["within"] > 0


def ours(paths: Sequence[Path]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """How each file ended with us, and about the process: the lines that the program prints. A container counts by what is in it."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listed:
        json.dump([*map(str, paths)], listed)
        listed.flush()
        command = [*map(str, command_of("reading", listed.name))]
        done = subprocess.run(command, capture_output=True, text=True, env=surroundings(), check=False)
    if done.returncode:
        fail(f"our own reading ended with {done.returncode}: {done.stderr[-2000:]}")
    *lines, about = [json.loads(line) for line in done.stdout.splitlines()]
    whole = {line["path"]: {**line, "within": 0} for line in lines if not line["part"]}
    by_id = {line["id"]: line for line in lines}
    named = {str(path): whole.get(str(path)) or whole.get(path.name) for path in paths}
    for line in lines:
        root = line
        while root["part"] and root["parent"] in by_id:
            root = by_id[root["parent"]]
        if root is not line and root["path"] in whole:
            whole[root["path"]]["within"] += line["letters"]
    return {path: outcome for path, outcome in named.items() if outcome}, {**about, "lines": lines}


def one_by_one(peers: Peers, name: str, paths: Sequence[Path]) -> dict[Path, End] | str:
    """How each file ended with a peer, one after the other in one process, which is begun again when it dies or is killed."""
    try:
        python = peers.python(name)
    except Absent as reason:
        return str(reason)
    found: dict[Path, End] = {}
    process: subprocess.Popen[str] | None = None
    for number, path in enumerate(paths):
        if process is None or process.poll() is not None:
            process = _begun([str(python), "-P", str(PROGRAMS / f"{name}.py"), "each"])
            if _line(process, 120)[0] != "ready":
                return "it does not begin"
        print(f"\r{name}: {number + 1} of {len(paths)}", end="", file=sys.stderr, flush=True)
        assert process.stdin is not None
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        began = time.perf_counter()
        answer, most = _line(process, DEADLINE)
        how = answer if answer in _ENDS else _TROUBLES.get(answer, "crashed")
        found[path] = End(how, time.perf_counter() - began, most)
        if how not in _ENDS:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process is not None and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    print(file=sys.stderr)
    return found


def _begun(command: list[str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=surroundings(QUIET), start_new_session=True
    )


def _line(process: subprocess.Popen[str], seconds: float) -> tuple[str, float]:
    """The next line that a process prints (``late``, ``full`` or empty if it does not come), and its greatest memory meanwhile, MB."""
    assert process.stdout is not None
    most, end = 0.0, time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < end:
            if selector.select(0.2):
                return process.stdout.readline().strip(), most
            most = max(most, _megabytes(process.pid))
            if most > MEGABYTES:
                return "full", most
            if process.poll() is not None:
                return "", most
    return "late", most


def _megabytes(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)]) / 1e6
    except psutil.Error:
        return 0.0
