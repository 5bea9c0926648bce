"""Tiny real distributions, written into a folder that is put on the path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from aios_sdk.plugins._guard import GUARD

from ._wheels import build, install

SOURCE = Path(__file__).resolve().parents[2] / "src"

MANIFEST = """\
manifest = 1
namespace = "acme"
sdk = ">=0.1"

[contract]
extract = 1

[[components]]
id = "{id}"
object = "{package}:Finder"
summary = "Finds nothing."
stages = ["extract"]
requires = ["text"]
"""

CODE = '''\
from aios_sdk.plugins import component
from aios_sdk.records import Document, Extraction
from aios_sdk.stages import implements

@component("{id}", requires=["text"])
class Finder:
    """Finds nothing."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()
'''


@dataclass
class Site:
    """A folder like ``site-packages``."""

    path: Path

    def install(
        self,
        package: str,
        *,
        id: str = "",
        name: str = "",
        version: str = "1.0",
        manifest: str | None = None,
        code: str | None = None,
        where: Path | None = None,
        record: bool = True,
    ) -> str:
        """Write a distribution of one package and its metadata; ``where`` puts the package elsewhere. Returns the distribution's name."""
        name = name or package.replace("_", "-").replace(".", "-")
        id = id or f"acme.{name}"
        folder = (where or self.path).joinpath(*package.split("."))
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(CODE.format(id=id) if code is None else dedent(code))
        (folder / "aios_plugin.toml").write_text(MANIFEST.format(id=id, package=package) if manifest is None else manifest)
        self.metadata(name, package, version, record=record and where is None)
        return name

    def metadata(self, name: str, package: str, version: str = "1.0", *, record: bool = True) -> Path:
        """Write the ``dist-info`` of a distribution."""
        info = self.path / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nAbout it: nothing.\n")
        (info / "entry_points.txt").write_text(f"[console_scripts]\nx = y:z\n\n[aios.plugins]\nmain = {package}:aios_plugin.toml\n")
        (info / "RECORD").write_text(f"{package.replace('.', '/')}/__init__.py,sha256=abc,1\n" if record else f"{info.name}/METADATA,,\n")
        return info

    def wheel(self, package: str) -> Path:
        """The whole folder as a zipped wheel; the folder is emptied."""
        path = self.path.with_suffix(".whl")
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(self.path.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(self.path).as_posix())
        return path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty folder on ``sys.path``; what tests import from it is forgotten afterwards, and no policy of this machine applies."""
    path = tmp_path / "site"
    path.mkdir()
    monkeypatch.setattr(sys, "path", [str(path), *sys.path])
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("AIOS_")]:
        monkeypatch.delenv(variable)
    yield Site(path)
    for name in [name for name, module in sys.modules.items() if str(getattr(module, "__file__", "")).startswith(str(path))]:
        del sys.modules[name]


@pytest.fixture
def aios(site: Site, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``aios`` in a fresh process with ``site`` on its path; its last line on standard error names the modules it has imported."""
    program = (
        "import sys, site; [site.addsitedir(p) for p in sys.argv[1].split(':')]; from aios_sdk.cli import main; code = main(sys.argv[2:]);"
        "sys.stdout.flush(); sys.stderr.write('\\n' + ' '.join(sys.modules)); sys.exit(code)"
    )

    def run(*arguments: str, path: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AIOS_")}
        return subprocess.run(
            [sys.executable, "-c", program, str(path or site.path), *arguments],
            env={**kept, "PYTHONPATH": str(SOURCE), **environment}, cwd=tmp_path, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return run


#: What acme-needy declares to need.
NEEDS = {
    "network": ("api.acme.com",),
    "secrets": ("ACME_TOKEN",),
    "programs": ("no-such-program",),
    "memory_mb": 2000,
    "gpu": True,
    "isolation": "process",
}


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real wheels, installed by pip: ``one`` holds acme-needy 1.0 and acme-plain 1.0, ``two`` holds acme-plain 1.1."""
    folder = tmp_path_factory.mktemp("shelf")
    wheels = folder / "wheels"
    install(folder / "one", build(wheels, "acme_needy", declared=NEEDS), build(wheels, "acme_plain"))
    install(folder / "two", build(wheels, "acme_plain", "1.1", declared={"network": ("new.acme.com",)}))
    return folder


@pytest.fixture
def shop(shelf: Path, site: Site) -> Path:
    """What ``one`` of the shelf holds, on the path."""
    shutil.copytree(shelf / "one", site.path, dirs_exist_ok=True)
    return site.path


@pytest.fixture(autouse=True)
def _unguarded() -> Iterator[None]:
    """What a test locks in this process is no longer guarded after it."""
    before = GUARD._hashes
    yield
    GUARD._hashes = before
