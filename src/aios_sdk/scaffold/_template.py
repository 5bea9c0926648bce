"""The templates, one zip a release of the SDK that changed them, and writing one out with the names of a plugin.

The source is the folder ``template/`` beside this file, and ``python -m tests.scaffold.freeze`` packs it into ``releases/``. In a template
``every/`` holds what all plugins have, and ``STAGE-MODALITY/`` the component, its tests and an example. A word in double braces, such
as ``{{package}}``, stands for a value of `values`, in paths too; the suffix ``.in`` keeps templates from being taken for code or settings
of this repository. Older templates are rendered too, when a skeleton made from one is updated: values may be added, and never taken away.
"""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from aios_sdk.errors import UsageError

from ._skeleton import Skeleton

#: Where the zips of the released templates are.
RELEASES: Final = Path(__file__).parent / "releases"

_PLACE: Final = re.compile(r"\{\{(\w+)\}\}")
_VARIETY_FILE: Final = "variety.toml"
_BINARY: Final = (".png",)


def released() -> list[str]:
    """The versions of the SDK that came with a template of their own, the oldest first."""
    return sorted((path.stem for path in RELEASES.glob("*.zip")), key=_numbers)


def latest() -> str:
    """The version of the newest template."""
    return released()[-1]


def load(version: str) -> dict[str, bytes]:
    """The files of the template of ``version`` by path. Raises `UsageError` when this SDK does not have it."""
    path = RELEASES / f"{version}.zip"
    if version not in released():
        newer = _numbers(version) > _numbers(latest())
        raise UsageError(
            f"There is no template of the version {version!r}",
            cause="The skeleton was made by a newer aios-sdk than this one" if newer else "",
            fix="pip install --upgrade aios-sdk" if newer else f"Templates are {', '.join(released())}",
        )
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in sorted(archive.namelist())}


def render(skeleton: Skeleton, template: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """The files of ``skeleton`` by path, from the template that it names, or from ``template``. Raises `UsageError`."""
    files = load(skeleton.template) if template is None else template
    layers = {
        path.removeprefix(prefix): content
        for prefix in ("every/", f"{skeleton.variety}/")
        for path, content in files.items()
        if path.startswith(prefix)
    }
    known = values(skeleton, tomllib.loads(layers.pop(_VARIETY_FILE).decode()))
    return {
        _filled(path, known).removesuffix(".in"): content
        if PurePosixPath(path).suffix in _BINARY
        else _filled(content.decode(), known).encode()
        for path, content in sorted(layers.items())
    }


def values(skeleton: Skeleton, variety: Mapping[str, str | list[str]]) -> dict[str, str]:
    """What each word in double braces stands for."""
    dependencies = [f"aios-sdk{skeleton.sdk}", *variety["dependencies"]]
    tools = ["aios-sdk[testing]", *variety["readers"], "mypy>=2", "pytest>=9", "ruff>=0.15"]
    return {
        "distribution": skeleton.distribution,
        "namespace": skeleton.namespace,
        "package": skeleton.package,
        "id": skeleton.id,
        "class": skeleton.class_name,
        "stage": skeleton.stage,
        "modality": skeleton.modality,
        "template": skeleton.template,
        "sdk": skeleton.sdk,
        "description": str(variety["description"]),
        "example": str(variety["example"]),
        "dependencies": ", ".join(f'"{each}"' for each in dependencies),
        "test_dependencies": ", ".join(f'"{each}"' for each in tools),
    }


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: known[place[1]], text)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
