"""Real wheels: built here, and installed by pip into a folder that is put on the path."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aios_sdk.plugins._manifest import toml_value
from aios_sdk.plugins._record import hash_of

MANIFEST = """\
manifest = 1
namespace = "acme"
sdk = "{sdk}"

[contract]
extract = 1

[[components]]
id = "acme.{component}"
object = "{package}:Finder"
summary = "Finds the word that it is made for."
stages = ["extract"]
requires = ["text"]
provides = ["fields"]
{declared}
"""

CODE = """\
from aios_sdk import Document, Extraction, Field, component, implements

from ._words import WORD


@component("acme.{component}", requires=["text"], provides=["fields"]{declared})
class Finder:
    \"\"\"Finds the word that it is made for.\"\"\"

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=(Field(path="word", value=WORD, status="ungrounded"),))
"""


def texts(package: str, declared: Mapping[str, Any] | None = None, sdk: str = ">=0.1") -> dict[str, str]:
    """The files of a plugin with one component, called like the package without ``acme_``, that declares what is given."""
    given, component = declared or {}, package.removeprefix("acme_").replace("_", "-")
    lines = "".join(f"{key} = {toml_value(value)}\n" for key, value in given.items())
    arguments = "".join(f", {key}={value!r}" for key, value in given.items())
    return {
        f"{package}/__init__.py": CODE.format(component=component, declared=arguments),
        f"{package}/aios_plugin.toml": MANIFEST.format(component=component, package=package, declared=lines, sdk=sdk),
    }


def build(
    folder: Path,
    package: str,
    version: str = "1.0",
    *,
    declared: Mapping[str, Any] | None = None,
    sdk: str = ">=0.1",
    files: Mapping[str, str] | None = None,
    more: str = "",
) -> Path:
    """A wheel of one plugin; ``files`` lie in its package besides, and ``more`` is added to its METADATA."""
    name, info = package.replace("_", "-"), f"{package}-{version}.dist-info"
    members = {
        **texts(package, declared, sdk),
        f"{package}/_words.py": f"WORD = {version!r}\n",
        **{f"{package}/{path}": text for path, text in (files or {}).items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[aios.plugins]\nmain = {package}:aios_plugin.toml\n\n[console_scripts]\n{name} = {package}:Finder\n",
    }
    rows = [f"{path},{hash_of(text.encode())},{len(text.encode())}" for path, text in members.items()]
    members[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    folder.mkdir(exist_ok=True)
    wheel = folder / f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in members.items():
            archive.writestr(path, text)
    return wheel


def install(site: Path, *wheels: Path) -> None:
    """Install wheels into a folder, as pip does it: with byte code, scripts and files of its own."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--ignore-requires-python", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, *map(str, wheels)], check=True)
