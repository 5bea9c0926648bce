"""RECORD, the list of a distribution's installed files with their hashes: the part of it that the wheel brought, and its digest."""

from __future__ import annotations

import base64
import csv
import hashlib
from collections.abc import Mapping
from importlib.machinery import all_suffixes
from typing import Final

#: What lies in a ``dist-info`` folder and comes from the wheel; the rest is written by installers, each in its own way.
_FROM_THE_WHEEL: Final = ("METADATA", "entry_points.txt")
#: Where scripts go, whose first line names the interpreter of the installation.
_SCRIPTS: Final = ("bin", "Scripts")


#: The csv module's own limit on a field may have been raised by others.
_LONGEST_LINE: Final = 100_000


def wheel_rows(record: str) -> dict[str, str]:
    """The files that the wheel put beside its metadata, as RECORD's text lists them: ``algorithm=hash`` by path, empty where it has none.

    What installers add or change is left out (INSTALLER, direct_url.json, scripts, byte code), so that the same wheel has the same rows
    wherever and by whatever it is installed.
    """
    rows = {}
    if any(len(line) > _LONGEST_LINE for line in record.splitlines()):
        return {}  # no path is as long; what cannot be read vouches for nothing
    try:
        listed = list(csv.reader(record.splitlines()))
    except csv.Error:
        return {}
    for row in listed:
        parts = row[0].split("/") if row else []
        if not parts or parts[0] in ("", "..", *_SCRIPTS) or ".." in parts or "__pycache__" in parts:
            continue
        if parts[0].endswith((".dist-info", ".egg-info")) and parts[1:] not in [[name] for name in _FROM_THE_WHEEL]:
            continue
        rows[row[0]] = row[1] if len(row) > 1 else ""
    return rows


def digest_of(rows: Mapping[str, str]) -> str:
    """SHA-256 over the paths and hashes of files, in the order of their paths; empty without any."""
    return hashlib.sha256("".join(f"{path},{rows[path]}\n" for path in sorted(rows)).encode()).hexdigest() if rows else ""


def hash_of(data: bytes, algorithm: str = "sha256") -> str:
    """The hash of a file's bytes as RECORD writes it. Raises ``ValueError`` for an algorithm that is not known."""
    found = hashlib.new(algorithm, data).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(found).decode().rstrip('=')}"


def matches(data: bytes, expected: str) -> bool:
    """Whether ``data`` has the hash that RECORD gives; one that is missing or weak matches nothing."""
    algorithm = expected.partition("=")[0]
    return algorithm in ("sha256", "sha384", "sha512") and hash_of(data, algorithm) == expected


def is_code(path: str) -> bool:
    """Whether Python imports a file of that name."""
    return path.endswith(tuple(all_suffixes()))
