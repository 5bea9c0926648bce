"""Programs that `engine.py` measures, each in a fresh process, so that nothing is warm by accident."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _table import fail

HERE = Path(__file__).resolve().parent


class Absent(Exception):  # it is no fault of ours
    """What could not be measured, and why."""


def said(command: list[object], *, seconds: float = 3600, environment: Mapping[str, str] = {}) -> dict[str, Any]:
    """The JSON in the last line that ``command`` prints. Raises `Absent` when it fails or takes longer."""
    status, out, errors = ended([*map(str, command)], seconds, surroundings(environment))
    if status is None:
        raise Absent(f"it was stopped after {seconds:g} s")
    if status:
        raise Absent(f"it ended with {status}: {last_words(errors)}")
    try:
        answer: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        raise Absent(f"it prints no JSON: {last_words(out)}") from None
    return answer


def ended(command: list[str], seconds: float, environment: Mapping[str, str] | None = None) -> tuple[int | None, str, str]:
    """The status of ``command`` (None when it was stopped for taking longer), and what it wrote. Nothing that it started outlives it."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        try:
            out, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None, "", ""
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out, errors


def ours(program: str, *arguments: object) -> dict[str, Any]:
    """What the program of our own says, which is told when it was asked for.

    That it fails is a fault of the benchmark, or of what it measures.
    """
    try:
        return said(command_of(program, *arguments), environment={"BENCH_BEGAN": repr(time.time())})
    except Absent as error:
        fail(f"{program} cannot be measured: {error}")


def command_of(program: str, *arguments: object) -> list[object]:
    """The command of a program of our own."""
    return [sys.executable, "-P", HERE / "ours" / f"{program}.py", *arguments]


def surroundings(more: Mapping[str, str] = {}) -> dict[str, str]:
    """This environment without what concerns Python or the SDK, and with the modules beside this one."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AIOS_", "PYTHON"))}
    return {**kept, "PYTHONPATH": str(HERE), **more}


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def last_words(text: str) -> str:
    """The end of what a program said, on one line."""
    return " ".join(text.split())[-200:] or "it said nothing"
