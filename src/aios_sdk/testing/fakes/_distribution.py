"""A plugin as pip would install it, written into a folder."""

from __future__ import annotations

import base64
import hashlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import aios_sdk
from aios_sdk.errors import UsageError
from aios_sdk.plugins import MANIFEST_FILE, normalised_distribution
from aios_sdk.plugins._build import until_next_major

from . import _echo

_IDS: Final = re.compile(r'^id = "(.+)"$', re.MULTILINE)
_BUILD: Final = (
    "import sys; sys.path[:0] = sys.argv[2:]; from aios_sdk.plugins import build_manifest, manifest_text;"
    "sys.stdout.write(manifest_text(build_manifest(sys.argv[1])))"
)


class Distribution(NamedTuple):
    """An installed distribution: its name and version, the package that it brought, and the folder that is to be on the path."""

    name: str
    version: str
    package: str
    folder: Path

    @property
    def manifest(self) -> Path:
        """Its manifest."""
        return self.folder / self.package / MANIFEST_FILE

    @property
    def record(self) -> Path:
        """The list of its files with their hashes."""
        return self.folder / f"{self.package}-{self.version}.dist-info" / "RECORD"


def distribution(
    folder: Path, *, name: str = "aios-echo", version: str = "1.0", code: str | None = None, manifest: str | None = None
) -> Distribution:
    """Write a distribution of one package into ``folder``, as an installer would: code, manifest, and metadata with hashes.

    ``code`` is that of the package, by default the echo components; ``manifest`` is by default built from the code, in a process
    of its own. With ``folder`` on ``sys.path``, a registry finds it. Raises `UsageError` when the manifest cannot be built. Example::

        fakes.distribution(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        assert "echo.numbers" in Registry.discover(Policy()).components
    """
    package = normalised_distribution(name).replace("-", "_")
    made = Distribution(name, version, package, folder)
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").write_text(code if code is not None else inspect.getsource(_echo), encoding="utf-8")
    (folder / package / "py.typed").touch()
    made.manifest.write_text(manifest if manifest is not None else _built(made), encoding="utf-8")
    about = made.record.parent
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nSummary: Made by aios_sdk.testing.\nLicense-Expression: Apache-2.0\n"
        f"Requires-Python: >=3.11\nRequires-Dist: aios-sdk{until_next_major()}\n\n"
        f"Components: {', '.join(_IDS.findall(made.manifest.read_text(encoding='utf-8')))}\n",
        encoding="utf-8",
    )
    (about / "INSTALLER").write_text("aios-sdk\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[aios.plugins]\nmain = {package}:{MANIFEST_FILE}\n", encoding="utf-8")
    files = sorted(path for place in (folder / package, about) for path in place.iterdir() if path.is_file())
    lines = [f"{path.relative_to(folder).as_posix()},sha256={_hash(path)},{path.stat().st_size}\n" for path in files]
    made.record.write_text("".join([*lines, f"{made.record.relative_to(folder).as_posix()},,\n"]), encoding="utf-8")
    return made


def _built(made: Distribution) -> str:
    sdk = Path(aios_sdk.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-B", "-c", _BUILD, made.package, str(made.folder), str(sdk)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UsageError(
            f"The manifest of {made.package} cannot be built:\n{done.stderr.strip()}", fix="Correct the code, or give a manifest"
        )
    return done.stdout


def _hash(path: Path) -> str:
    """As RECORD has it: URL-safe base64 without padding (PEP 376)."""
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
