"""The files of an installed plugin: whether they are those that were installed, and the one digest that stands for all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, TypeAlias, final

from ._discovery import Distribution, read_bytes
from ._record import digest_of, hash_of, is_code, matches

#: Where the hashes of a plugin's files come from: RECORD lists them, or they are those of its package's folder as it is.
Files: TypeAlias = Literal["record", "folder"]


@final
class Installed:
    """The files of one distribution. ``packages`` are those of its entry points, dotted, each with the folder it is imported from.

    Where RECORD vouches for every file of code, its hashes count. An editable installation, or one without RECORD, has none for the
    package; then those of the package's folder as it is now are taken, and only that folder is looked at.
    """

    def __init__(self, distribution: Distribution, packages: Mapping[str, Path]) -> None:
        self._distribution = distribution
        self._packages: Final = packages

    @cached_property
    def by(self) -> Files:
        """Where the hashes come from."""
        rows = self._distribution.rows
        listed = all(self._is_listed(package, place) for package, place in self._packages.items())
        return "record" if listed and all(rows[path] for path in rows if is_code(path)) else "folder"

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the paths and hashes of all files; the same for the same wheel wherever it is installed."""
        return digest_of(self._hashes)

    @cached_property
    def is_zipped(self) -> bool:
        """Whether it is imported out of a zip file."""
        return not self._distribution.metadata.is_dir()

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The hash of every file, in RECORD's form, by its absolute path."""
        root = self._root
        return {str((root / path).absolute()): value for path, value in self._hashes.items()}

    @cached_property
    def modules(self) -> frozenset[str]:
        """The names of the outermost packages, and of single modules, that are its own: they and all below come from `hashes`."""
        code = [path for path in self._hashes if is_code(path)]
        regular = {path.rpartition("/")[0] for path in code if path.rpartition("/")[2].startswith("__init__.")}
        owned = {_outermost(path, regular) for path in code}
        return frozenset({*owned, *(self._packages if self.by == "folder" else ())})

    def alterations(self) -> Iterator[str]:
        """What differs between the files on disk and RECORD, a clause a file; nothing for a folder, which is what it is."""
        if self.by == "folder":
            return
        root = self._root
        for path, expected in self._hashes.items():
            data = read_bytes(root / path) if expected else b""
            if data is None:
                yield f"{path} is missing"
            elif expected and not matches(data, expected):
                yield f"{path} was changed after it was installed"
        for module in sorted(self.modules):
            folder = root.joinpath(*module.split("."))
            for file in _files_below(folder):
                relative = file.relative_to(root).as_posix()
                if relative not in self._hashes:
                    yield f"{relative} was added after it was installed"

    @cached_property
    def _hashes(self) -> dict[str, str]:
        if self.by == "record":
            return self._distribution.rows
        found = {}
        for package, place in self._packages.items():
            for path in _files_below(place):
                name = f"{package.replace('.', '/')}/{path.relative_to(place).as_posix()}"
                found[name] = hash_of(path.read_bytes())
        return found

    @cached_property
    def _root(self) -> Path:
        """The folder that paths start at: where the packages are imported from."""
        for package, place in self._packages.items():
            return place.parents[package.count(".")]
        return self._distribution.metadata.parent

    def _is_listed(self, package: str, place: Path) -> bool:
        home = self._distribution.metadata.parent.joinpath(*package.split("."))
        same = home.absolute() == place.absolute() or (home.exists() and home.samefile(place))
        prefix = f"{package.replace('.', '/')}/"
        return same and any(path.startswith(prefix) for path in self._distribution.rows)


def _outermost(path: str, regular: set[str]) -> str:
    """The dotted name of the outermost regular package that a file of code lies in, or of its own module."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        if "/".join(parts[:depth]) in regular:
            return ".".join(parts[:depth])
    return ".".join([*parts[:-1], parts[-1].partition(".")[0]])


def _files_below(folder: Path) -> Iterator[Path]:
    """The files below a folder, sorted; without byte code, which imports of what is verified do not use."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from (Path(place, name) for name in sorted(names))
