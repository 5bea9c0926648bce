"""Writing a skeleton into a new folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aios_sdk.errors import UsageError

from ._skeleton import Skeleton
from ._template import render


def create(skeleton: Skeleton, folder: Path) -> list[Path]:
    """Write the files of ``skeleton`` into ``folder``, which must be new or empty (but for ``.git``); their paths within it.

    Raises `UsageError` when something is there. Example::

        create(Skeleton.of("acme-ocr", "extract", "image"), Path("acme-ocr"))
    """
    _check_free(folder)
    return write(render(skeleton), folder)


def write(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write ``files`` below ``folder``; their paths within it."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return [Path(path) for path in files]


def _check_free(folder: Path) -> None:
    try:
        there = sorted(path.name for path in folder.iterdir() if path.name != ".git")
    except FileNotFoundError:
        return
    except NotADirectoryError:
        there = [folder.name]
    if there:
        more = " and more" if len(there) > 1 else ""
        raise UsageError(
            f"{str(folder)!r} is there already, with {there[0]!r}{more}",
            fix="Take another name, give --into another folder, or `aios plugin update` to bring a skeleton forward",
        )
