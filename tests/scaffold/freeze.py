"""Packs the template of plugins, with manifests written from its code: ``python -m tests.scaffold.freeze``; a test compares them.

The zip is named after the SDK's version, so that templates of released versions are never written again.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aios_sdk
from aios_sdk.plugins import MANIFEST_FILE, build_manifest, manifest_text
from aios_sdk.scaffold import MODALITIES, Skeleton, create
from aios_sdk.scaffold._template import RELEASES

TEMPLATE = RELEASES.parent / "template"
#: Names that occur nowhere by chance, so that they can be put back into braces.
_NAMES = ("vvnamespace", "wwname")


def source() -> dict[str, bytes]:
    """The files of the folder ``template/`` by path."""
    return {path.relative_to(TEMPLATE).as_posix(): path.read_bytes() for path in sorted(TEMPLATE.rglob("*")) if path.is_file()}


def varieties(namespace: str, name: str = "") -> Iterator[Skeleton]:
    """A skeleton of every stage and modality; each has a name of its own."""
    for stage, modalities in MODALITIES.items():
        for modality in modalities:
            yield Skeleton.of(f"{namespace}-{name or f'{stage}-{modality}'}", stage, modality)


@contextmanager
def importable(folder: Path, package: str) -> Iterator[None]:
    """``package`` in ``folder`` can be imported within the block, and is forgotten after it."""
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for module in [module for module in sys.modules if module == package or module.startswith(f"{package}.")]:
            del sys.modules[module]


def manifest_template(skeleton: Skeleton) -> str:
    """The manifest of the code of ``skeleton``, with its names in braces."""
    with tempfile.TemporaryDirectory() as scratch:
        create(skeleton, Path(scratch))
        with importable(Path(scratch, "src"), skeleton.package):
            text = manifest_text(build_manifest(skeleton.package))
    for value, place in (
        (skeleton.id, "id"),
        (skeleton.package, "package"),
        (skeleton.class_name, "class"),
        (skeleton.namespace, "namespace"),
        (skeleton.sdk, "sdk"),
    ):
        text = text.replace(value, f"{{{{{place}}}}}")
    return text


def pack() -> None:
    """Write the zip of this version."""
    RELEASES.mkdir(exist_ok=True)
    with zipfile.ZipFile(RELEASES / f"{aios_sdk.__version__}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in source().items():
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)


def main() -> None:
    """Write the zip with manifests that say what its code says."""
    pack()
    for skeleton in varieties(*_NAMES):
        path = TEMPLATE / skeleton.variety / "src" / "{{package}}" / MANIFEST_FILE
        path.write_text(manifest_template(skeleton), encoding="utf-8")
    pack()


if __name__ == "__main__":
    main()
