"""The digest of a component's code, by which a memo key notices that it changed."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from ._discovery import Distribution, read_bytes
from ._names import normalised_distribution


def code_digest(code: Any, distribution: Distribution | None = None) -> str | None:
    """SHA-256 of the code of a component class or function; None when it cannot be known, as for lambdas.

    The RECORD of its distribution where that lists the package; else all files of its outermost regular package, or its module alone.
    The installed versions of everything that its distribution requires enter too, since an upgrade of them changes results as well.
    """
    own = _own_digest(code, distribution)
    needed = dependencies(distribution.name) if distribution is not None else ()
    return hashlib.sha256("\n".join([own, *needed]).encode()).hexdigest() if own is not None and needed else own


def _own_digest(code: Any, distribution: Distribution | None) -> str | None:
    top = code.__module__.partition(".")[0]
    if distribution is not None and distribution.record_digest and distribution.holds(top):
        return distribution.record_digest
    if getattr(code, "__name__", "") == "<lambda>":
        return None
    file = _file(code)
    if file is not None:
        return _file_digest(file)
    try:
        return hashlib.sha256(inspect.getsource(code).encode()).hexdigest()
    except (OSError, TypeError):
        return None


def in_package(code: Any) -> bool:
    """Whether the code lies in a regular package, so that its digest covers the helpers that it imports from there."""
    file = _file(code)
    return file is not None and (Path(file).parent / "__init__.py").is_file()


def _file(code: Any) -> str | None:
    # A notebook's cells share a module without a file, or one whose file is not theirs.
    module = sys.modules.get(code.__module__)
    return None if code.__module__.startswith("ipykernel") else getattr(module, "__file__", None)


@cache
def _file_digest(file: str) -> str | None:
    package = Path(file).parent
    if not (package / "__init__.py").is_file():
        data = read_bytes(Path(file))
        return hashlib.sha256(data).hexdigest() if data is not None else None
    while (package.parent / "__init__.py").is_file():
        package = package.parent
    hasher = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        data = path.read_bytes()
        hasher.update(f"{path.relative_to(package).as_posix()}\x1f{len(data)}\x1f".encode() + data)
    return hasher.hexdigest()


@cache
def dependencies(name: str) -> tuple[str, ...]:
    """``name==version`` of every installed distribution that ``name`` requires, directly or not, sorted; without the SDK itself,
    whose contract versions enter memo keys on their own."""
    from importlib import metadata  # takes longer than to make most components

    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        for required in _required(waiting.pop()):
            if required in found or required == "aios-sdk":
                continue
            try:
                found[required] = metadata.version(required)
            except metadata.PackageNotFoundError:
                continue  # for another platform or Python, or optional
            waiting.append(required)
    return tuple(f"{required}=={version}" for required, version in sorted(found.items()))


def _required(name: str) -> list[str]:
    from importlib import metadata

    try:
        requirements = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    plain = [line for line in requirements if not re.search(r";.*\bextra\b", line)]
    return [normalised_distribution(match[0]) for line in plain if (match := re.match(r"[A-Za-z0-9._-]+", line))]
