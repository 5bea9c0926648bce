"""Finding installed plugins and their manifests without importing any of their code."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, final

from aios_sdk.errors import ManifestError

from ._names import normalised_distribution
from ._record import digest_of, wheel_rows

#: The entry point group of plugins; a value is ``package:aios_plugin.toml``.
GROUP: Final = "aios.plugins"


@final
class Distribution:
    """An installed distribution that offers plugins: its metadata folder, and what is read from it when asked for."""

    def __init__(self, metadata: Path, entries: tuple[tuple[str, str], ...]) -> None:
        self.metadata: Final = metadata
        self.entries: Final = entries

    @cached_property
    def _header(self) -> list[tuple[str, str]]:
        for name in ("METADATA", "PKG-INFO"):
            data = read_bytes(self.metadata / name)
            if data is not None:
                lines = data.decode("utf-8", "replace").partition("\n\n")[0].splitlines()
                return [(key.lower(), value.strip()) for key, found, value in (line.partition(":") for line in lines) if found]
        return []

    def header(self, key: str) -> list[str]:
        """What its metadata says under ``key``, in lower case."""
        return [value for name, value in self._header if name == key]

    @property
    def name(self) -> str:
        """Its name, as its metadata spells it."""
        return next(iter(self.header("name")), "") or self.metadata.name.partition("-")[0]

    @property
    def version(self) -> str:
        """Its version; empty when its metadata gives none."""
        return next(iter(self.header("version")), "")

    @cached_property
    def rows(self) -> dict[str, str]:
        """The files that its wheel brought, with their hashes, as RECORD lists them; none without RECORD."""
        return wheel_rows((read_bytes(self.metadata / "RECORD") or b"").decode("utf-8", "replace"))

    @cached_property
    def record_digest(self) -> str:
        """SHA-256 over `rows`; empty without RECORD."""
        return digest_of(self.rows)

    def holds(self, package: str) -> bool:
        """Whether RECORD lists files of the top-level ``package``; an editable install does not."""
        return any(path.startswith(f"{package}/") or path == f"{package}.py" for path in self.rows)


def distributions(path: Sequence[str] | None = None) -> Iterator[Distribution]:
    """The distributions on ``path`` (default ``sys.path``) that offer plugins, sorted by name; the first of equal names counts.

    Reads ``entry_points.txt`` of every ``*.dist-info`` and ``*.egg-info``, also inside zipped wheels, and nothing else.
    """
    seen: dict[str, Distribution] = {}
    for place in dict.fromkeys(sys.path if path is None else path):
        for metadata in _metadata_folders(place or "."):
            data = read_bytes(metadata / "entry_points.txt")
            if data is None or GROUP.encode() not in data:
                continue
            found = Distribution(metadata, tuple(_entries(data.decode("utf-8", "replace"))))
            if found.entries:
                seen.setdefault(normalised_distribution(found.name), found)
    yield from (seen[name] for name in sorted(seen))


def installed_versions(path: Sequence[str] | None = None) -> dict[str, str]:
    """The versions of all distributions on ``path`` by their normalised names, as the names of their metadata folders give them."""
    found: dict[str, str] = {}
    for place in dict.fromkeys(sys.path if path is None else path):
        for metadata in _metadata_folders(place or "."):
            name, _, version = metadata.name.rpartition(".")[0].partition("-")
            found.setdefault(normalised_distribution(name), version.partition("-")[0])
    return found


def _metadata_folders(place: str) -> Iterator[Path]:
    try:
        names = [entry.name for entry in os.scandir(place)]
    except NotADirectoryError:
        names = _zipped_folders(place)
    except OSError:
        return  # sys.path may name folders that do not exist or may not be read; the import system skips them too
    yield from (Path(place, name) for name in sorted(names) if name.endswith((".dist-info", ".egg-info")))


def _zipped_folders(place: str) -> list[str]:
    import zipfile

    if not zipfile.is_zipfile(place):
        return []
    with zipfile.ZipFile(place) as archive:
        return sorted({name.partition("/")[0] for name in archive.namelist()})


def _entries(text: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{GROUP}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()


def read_manifest(value: str, path: Sequence[str] | None = None) -> tuple[str, Path]:
    """The text of the manifest that the entry point ``value`` (``package:file``) names, and where its package lies.

    Looks only for the top-level package, since finding a dotted one would import its parents. Raises `ManifestError`.
    """
    package, _, name = (part.strip() for part in value.partition(":"))
    if not package or not name or name.startswith(("/", "..")):
        raise ManifestError(
            f"The entry point has the value {value!r}",
            cause="It must name a package and a file in it",
            fix="Write 'your_package:aios_plugin.toml'",
        )
    top, *rest = package.split(".")
    try:
        spec = importlib.util.find_spec(top) if path is None else importlib.machinery.PathFinder.find_spec(top, list(path))
    except (ImportError, ValueError) as error:
        raise ManifestError(f"The package {top!r} cannot be looked for: {error}", fix="Install the distribution again") from error
    if spec is None:
        raise ManifestError(
            f"There is no package {top!r}",
            cause="Its entry point names a package that is not installed",
            fix="Install the distribution again",
        )
    places = [Path(place, *rest) for place in spec.submodule_search_locations or ()]
    for place in places:
        data = read_bytes(place / name)
        if data is not None:
            return _decoded(data, value), place
    raise ManifestError(
        f"There is no file {name!r} in the package {package!r}",
        cause="The wheel was built without it" if places else f"{top!r} is a single module, which cannot hold files",
        fix="Put the file next to the package's __init__.py and build it into the wheel",
    )


def _decoded(data: bytes, value: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ManifestError(f"{value} is not UTF-8: {error}", fix="Save it as UTF-8") from error


def read_bytes(path: Path) -> bytes | None:
    """The bytes of a file, also of a member of a zip on the way to it; None when there is none."""
    try:
        return path.read_bytes()
    except NotADirectoryError:
        return _zipped_bytes(path)
    except (FileNotFoundError, IsADirectoryError):
        return None


def _zipped_bytes(path: Path) -> bytes | None:
    import zipfile

    archive = next((parent for parent in path.parents if parent.is_file()), None)
    if archive is None or not zipfile.is_zipfile(archive):
        return None
    with zipfile.ZipFile(archive) as opened:
        try:
            return opened.read(path.relative_to(archive).as_posix())
        except KeyError:
            return None
