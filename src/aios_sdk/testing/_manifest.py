"""The manifest says what the code says."""

from __future__ import annotations

import difflib
import json
from functools import reduce
from importlib import import_module

import msgspec

from aios_sdk.plugins import MANIFEST_FILE, ComponentInfo, Manifest, build_manifest, manifest_text, parse_manifest
from aios_sdk.plugins._discovery import read_manifest


def check_manifest(package: str) -> None:
    """Compare the manifest in ``package`` with the components declared in its code, which is imported and checked.

    Raises ``AssertionError`` with the difference as a diff, `ManifestError` when the manifest cannot be read, and `ContractError` when a
    component breaks the contract. Example::

        def test_the_manifest_says_what_the_code_says():
            check_manifest("acme_ocr")
    """
    text, place = read_manifest(f"{package}:{MANIFEST_FILE}")
    written = parse_manifest(text, f"{package}:{MANIFEST_FILE}")
    built = build_manifest(package, sdk=written.sdk)
    objects = {info.id: info.object for info in built.components}
    if (have := manifest_text(_comparable(written, objects))) == (want := manifest_text(_comparable(built, objects))):
        return
    lines = difflib.unified_diff(have.splitlines(), want.splitlines(), "the manifest", "the code", lineterm="")
    raise AssertionError(
        f"{place / MANIFEST_FILE} differs from the code of {package}; `aios plugin build {package}` writes it anew\n" + "\n".join(lines)
    )


def _comparable(manifest: Manifest, objects: dict[str, str]) -> Manifest:
    infos = sorted((_normalised(info, objects) for info in manifest.components), key=lambda info: info.id)
    return msgspec.structs.replace(manifest, components=tuple(infos))


def _normalised(info: ComponentInfo, objects: dict[str, str]) -> ComponentInfo:
    config = json.dumps(json.loads(info.config), sort_keys=True) if info.config else ""
    other = objects.get(info.id)
    path = other if other is not None and _resolve(info.object) is _resolve(other) else info.object
    return msgspec.structs.replace(info, config=config, object=path)


def _resolve(path: str) -> object:
    module, _, name = path.partition(":")
    try:
        return reduce(getattr, name.split("."), import_module(module))
    except (ImportError, AttributeError):
        return path
