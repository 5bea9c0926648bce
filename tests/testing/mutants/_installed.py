"""Mutants that are wrong as distributions: installed into folders that no other test sees."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from aios_sdk.plugins import Policy, Registry
from aios_sdk.plugins._build import until_next_major
from aios_sdk.testing._scratch import new_folder

CODE = '''\
"""Numbers in texts."""

import re

from aios_sdk import ComponentConfig, Document, Extraction, Field, Span, component, implements
{line}


@component("{id}", requires=["text"], provides=["fields"])
class Numbers:
    """Finds the numbers in a text."""

    class Config(ComponentConfig):
        """``most``: at most so many on a page."""

        most: int = 100

    def __init__(self, config: Config) -> None:
        self.most = config.most

    @implements
    def extract(self, document: Document) -> Extraction:
        """Every number, with its place."""
        return Extraction(fields=tuple(
            Field(path="number", value=found[0], spans=(Span(
                artifact=page.reading.artifact, page=page.index, start=found.start(), end=found.end(), quote=found[0],
            ),))
            for page in document.pages if page.reading
            for found in list(re.finditer("[0-9]+", page.text))[:self.most]
        ))
'''

MANIFEST = """\
manifest = 1
namespace = "mutant"
sdk = "{sdk}"

[contract]
extract = 1

[[components]]
id = "{id}"
object = "{package}:Numbers"
summary = "Finds the numbers in a text."
stages = ["extract"]
requires = ["text"]
provides = ["fields"]
config = '''{config}'''
"""

CONFIG = (
    '{"additionalProperties":false,"description":"``most``: at most so many on a page.","properties":{"most":'
    '{"default":100,"title":"Most","type":"integer"}},"title":"Config","type":"object"}'
)

METADATA = """\
Metadata-Version: 2.4
Name: aios-{name}
Version: 1.0
Summary: A deliberately wrong plugin
License-Expression: Apache-2.0
Requires-Python: >=3.11
Requires-Dist: aios-sdk{sdk}
"""


class Installed(Mapping[str, Any]):
    """Options for `certify` that bring the distribution ``aios-mutant-NAME`` with one component ``mutant.NAME``; it is written when they
    are first looked at.

    Its package can be imported from everywhere, but only the registry in these options knows of it. ``line`` is added to its code;
    ``config`` is what the manifest says of its settings; of the metadata, ``without`` is left out and ``sdk`` is the range that pip
    goes by; with ``start``, a ``.pth`` file imports it whenever Python starts; ``readme`` is its description.
    """

    def __init__(
        self,
        name: str,
        *,
        line: str = "",
        config: str = CONFIG,
        without: str = "",
        sdk: str | None = None,
        typed: bool = True,
        start: bool = False,
        readme: str = "`{id}` finds the numbers in a text.\n",
    ) -> None:
        self.id = f"mutant.{name}"
        self._name = f"mutant-{name}"
        self._line = line
        self._config = config
        self._without = without
        self._sdk = until_next_major() if sdk is None else sdk
        self._typed = typed
        self._start = start
        self._readme = readme

    def __getitem__(self, name: str) -> Any:
        return self._options[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._options)

    def __len__(self) -> int:
        return len(self._options)

    @cached_property
    def _options(self) -> Mapping[str, Any]:
        code, about = new_folder("mutant-code-"), new_folder("mutant-about-")
        self._write(code, about)
        sys.path.append(str(code))
        return {"registry": Registry.discover(Policy(), [str(about), str(code)])}

    def _write(self, code: Path, about: Path) -> None:
        package = self._name.replace("-", "_")
        names = {"id": self.id, "name": self._name, "package": package}
        (code / package).mkdir()
        (code / package / "__init__.py").write_text(CODE.format(line=self._line, **names))
        (code / package / "aios_plugin.toml").write_text(MANIFEST.format(config=self._config, sdk=until_next_major(), **names))
        if self._typed:
            (code / package / "py.typed").touch()
        info = about / f"aios_{package}-1.0.dist-info"
        info.mkdir()
        lines = METADATA.format(sdk=self._sdk, **names).splitlines(keepends=True)
        kept = [line for line in lines if not self._without or not line.startswith(self._without)]
        (info / "METADATA").write_text("".join(kept) + "\n" + self._readme.format(**names))
        (info / "entry_points.txt").write_text(f"[aios.plugins]\nmain = {package}:aios_plugin.toml\n")
        (info / "RECORD").write_text(f"{package}/__init__.py,sha256=abc,1\n")
        if self._start:
            (about / f"{package}.pth").write_text(f"import {package}\n")
