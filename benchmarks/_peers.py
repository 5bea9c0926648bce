"""Peers of `engine.py`: an environment for each with its pinned versions, and its program, run in that."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from _programs import HERE, Absent, ended, last_words, said
from _table import Row

PROGRAMS = HERE / "peers"
MAKING_SECONDS = 900
READING_SECONDS = 900

#: No peer may report home or look for models; nothing of this environment's settings for Python applies to it.
QUIET = {
    "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HAMILTON_TELEMETRY_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "SCARF_NO_ANALYTICS": "true",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONWARNINGS": "ignore",
}


class Peers(NamedTuple):
    """Where the environments are kept; None to do without peers."""

    folder: Path | None

    def __bool__(self) -> bool:
        return self.folder is not None

    def run(self, peer: str, *arguments: object, environment: Mapping[str, str] = {}) -> dict[str, Any]:
        """What the program of ``peer`` says, in a fresh process. Raises `Absent`."""
        python = self.python(peer)
        return said([python, "-P", PROGRAMS / f"{peer}.py", *arguments], seconds=READING_SECONDS, environment={**QUIET, **environment})

    def python(self, peer: str) -> Path:
        """The interpreter of the environment of ``peer``, which is made if it is not there. Raises `Absent`."""
        assert self.folder is not None
        pinned = PROGRAMS / f"{peer}.txt"
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        digest = hashlib.sha256(pinned.read_bytes() + version.encode()).hexdigest()[:12]
        place = self.folder / f"{peer}-{digest}"
        python = place / "bin" / "python"
        if (place / "made").exists():
            return python
        shutil.rmtree(place, ignore_errors=True)
        print(f"making the environment of {peer} in {place}", file=sys.stderr, flush=True)
        _make(place, pinned)
        (place / "made").touch()
        return python


class Options(NamedTuple):
    """What the sections of `engine.py` are asked for."""

    quick: bool
    peers: Peers
    attempts: int


def reader_rows(
    options: Options,
    way: str,
    cases: Iterable[tuple[str, str, Path]],
    rate: Callable[[Mapping[str, Any]], float],
    told: Callable[[Mapping[str, Any]], str],
    environment: Mapping[str, str] = {},
) -> list[Row]:
    """A row for each peer that reads: its name, what it does, and the list of files; ``told`` is what is said of what it read."""
    rows = []
    for peer, what, files in cases if options.peers else ():
        try:
            read = options.peers.run(peer, way, files, environment=environment)
        except Absent as reason:
            rows.append(Row(case=f"peer: {what}", figure=None, unit="pages/s", beside=f"not measured: {reason}"))
        else:
            rows.append(Row(case=f"peer: {what}", figure=rate(read), unit="pages/s", beside=f"{read['version']}; {told(read)}"))
    return rows


def _make(place: Path, pinned: Path) -> None:
    install = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", pinned]
    commands: list[list[object]] = [[sys.executable, "-m", "venv", place], install]
    place.parent.mkdir(parents=True, exist_ok=True)
    for command in commands:
        status, _, errors = ended([*map(str, command)], MAKING_SECONDS)
        if status is None:
            raise Absent(f"its environment was not made within {MAKING_SECONDS} s")
        if status:
            raise Absent(f"its environment cannot be made: {last_words(errors)}")


def cache() -> Path:
    """Where the environments of the peers are kept, unless somebody says otherwise."""
    home = os.environ.get("XDG_CACHE_HOME") or ("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    return Path(home).expanduser() / "aios-sdk" / "peers"
