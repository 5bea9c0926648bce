"""Folders: every file below one, in the order of their names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from aios_sdk import ComponentConfig, Context, Document, Source, Unavailable, Unsupported, component, implements


class _Name(NamedTuple):
    """One entry of a folder."""

    name: str
    is_folder: bool
    is_link: bool


@component("aios.folder", media_types=["inode/directory"], isolation="inline", deterministic=False, reads=["key"])
class Folder:
    """Every file of a folder and its sub-folders, sorted by relative path.

    A file is yielded as it is found, and only the names of the folders on the way down are held. Files that cannot be read are yielded
    too, so that each fails on its own; a sub-folder that cannot be listed is yielded as a folder for the same reason. Pipes, sockets and
    devices are no documents and are passed over. A name that is no UTF-8 has its odd bytes written as ``\\xe9``.
    """

    class Config(ComponentConfig):
        """``hidden``: also files and folders whose names begin with a dot. ``follow_links``: also what symbolic links point at."""

        hidden: bool = False
        follow_links: bool = True

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A `Source` for each file, with its path and, as name, the path relative to the folder."""
        root = Path(source.path)
        if not source.path or not root.is_dir():
            raise Unsupported(f"{source.name!r} is no folder")
        try:
            names = _listing(root)
        except OSError as error:
            raise Unavailable(
                f"The folder {source.name!r} cannot be listed: {error.strerror}",
                cause="This user may not read it, or it went away",
                fix="Check its permissions, then run again",
            ) from error
        yield from self._walk(root, "", names, [root.resolve()], context)

    def _walk(self, folder: Path, prefix: str, names: list[_Name], roots: list[Path], context: Context) -> Iterator[Source]:
        place = os.fspath(folder)
        for name, is_folder, is_link in names:
            if (name.startswith(".") and not self.config.hidden) or (is_folder and name.endswith(".aios")):
                continue  # what is hidden, and stores, which hold copies of documents
            relative = prefix + _readable(name)
            if is_link and not self._follows(folder / name, roots):
                context.log.info("passed over the link %s", relative)
            elif is_folder:
                yield from self._enter(folder / name, relative, roots, context)
            else:
                yield Source(name=relative, path=f"{place}/{name}")

    def _enter(self, folder: Path, relative: str, roots: list[Path], context: Context) -> Iterator[Source]:
        try:
            names = _listing(folder)
        except OSError:
            yield Source(name=relative, path=str(folder), media_type="inode/directory")
        else:
            yield from self._walk(folder, relative + "/", names, roots, context)

    def _follows(self, link: Path, roots: list[Path]) -> bool:
        """Whether to go where ``link`` points: once to each folder outside of those known, never in a circle."""
        if not self.config.follow_links:
            return False
        if not link.is_dir():
            return True
        target = link.resolve()
        if any(target.is_relative_to(root) or root.is_relative_to(target) for root in roots):
            return False
        roots.append(target)
        return True


def _listing(folder: Path) -> list[_Name]:
    with os.scandir(folder) as entries:
        names = [_Name(entry.name, _is_folder(entry), entry.is_symlink()) for entry in entries if not _is_device(entry)]
    # A folder sorts as its name with a slash, so that walking gives the order of the full relative paths.
    return sorted(names, key=lambda found: found.name + "/" if found.is_folder else found.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_device(entry: os.DirEntry[str]) -> bool:
    """A pipe, socket or device, whose opening may never return; what cannot be looked at is taken for a file, and fails when it is read."""
    try:
        return not entry.is_file() and not entry.is_dir() and entry.stat() is not None
    except OSError:
        return False


def _readable(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
