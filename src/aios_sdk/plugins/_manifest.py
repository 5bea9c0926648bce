"""The manifest: what a distribution declares about its components, as data that is read without importing any of its code."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, final

import msgspec
import msgspec.structs

from aios_sdk.errors import ManifestError
from aios_sdk.records import Layer, ValueType
from aios_sdk.stages import Stage

from ._names import near

#: The version of the manifest's own form.
MANIFEST_VERSION: Final = 1
#: The name of the file inside the package.
MANIFEST_FILE: Final = "aios_plugin.toml"

Unit: TypeAlias = Literal["document", "page", "rows"]
Isolation: TypeAlias = Literal["inline", "async", "process"]

_NAME = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_ID: Final = re.compile(rf"{_NAME}\.{_NAME}")
_MEDIA_TYPE: Final = re.compile(r"\*/\*|[a-z0-9][a-z0-9.+-]*/(?:\*|[a-z0-9][a-z0-9.+_-]*)")


@final
class ComponentInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything declared about one component; the same in the manifest, in the code and in the registry.

    Made by `component` or read from a manifest; ``declaration_of(cls)`` gives that of a class.

    Attributes:
        id: ``namespace.name``; object: where the code is, ``package.module:Name``; summary: one sentence.
        stages: the stages it implements; media_types: what it accepts, ``type/subtype``, ``type/*`` or ``*/*``, in lower case.
        priority: the higher wins among equally specific components.
        unit: what it works on at a time; rows: how many rows a view has when the unit is ``rows``.
        isolation: ``inline`` (in the host), ``async`` (on the host's loop) or ``process`` (in a worker).
        batch: how many units a batch companion is handed at most.
        requires, provides: layers; uses: layers that are handed over when present and never demanded.
        fields: paths and types of fields that it always provides.
        deterministic: True, False or ``"seeded"``.
        reads: ``name`` and ``key``, when the document's name or place enters its results, and so its memo key.
        programs: external programs; model: reference of its model; network: hosts.
        secrets: names of environment variables; one that need not be set ends in ``?``, such as ``ACME_KEY?``.
        memory_mb: what it needs, in MiB; gpu: whether it needs one; renders: whether it draws pages; trains: whether it learns
            models.
        config: JSON schema of its configuration as text, empty without one; version: its own, where it has no distribution.
    """

    id: str
    object: str
    summary: str = ""
    stages: tuple[Stage, ...]
    media_types: tuple[str, ...] = ("*/*",)
    priority: int = 0
    unit: Unit = "document"
    rows: int = 1000
    isolation: Isolation = "inline"
    batch: int = 32
    requires: tuple[Layer, ...] = ()
    provides: tuple[Layer, ...] = ()
    uses: tuple[Layer, ...] = ()
    fields: dict[str, ValueType] = {}
    deterministic: bool | Literal["seeded"] = True
    reads: tuple[Literal["name", "key"], ...] = ()
    programs: tuple[str, ...] = ()
    model: str = ""
    network: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    memory_mb: int = 0
    gpu: bool = False
    renders: bool = False
    trains: bool = False
    version: str = ""
    config: str = ""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(
                f"the id {self.id!r} is not of the form namespace.name, such as 'acme.invoice-ocr' (lower case, digits, hyphens)"
            )
        if not self.stages:
            raise ValueError(f"{self.id} implements no stage")
        if self.rows < 1 or self.batch < 1 or self.memory_mb < 0:
            raise ValueError(f"{self.id}: rows must be at least 1, batch too, and memory_mb at least 0")
        for media_type in self.media_types:
            if not _MEDIA_TYPE.fullmatch(media_type):
                raise ValueError(f"{self.id}: {media_type!r} is no media type; write 'image/png', 'image/*' or '*/*' in lower case")

    @property
    def namespace(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]

    @property
    def config_schema(self) -> dict[str, Any]:
        """The JSON schema of the configuration; empty when the component takes none."""
        return dict(json.loads(self.config)) if self.config else {}

    def specificity(self, media_type: str) -> int:
        """How closely the component names ``media_type``: 3 exactly, 2 as ``type/*``, 1 as ``*/*``, 0 not at all."""
        wildcard = media_type.partition("/")[0] + "/*"
        return 3 if media_type in self.media_types else 2 if wildcard in self.media_types else 1 if "*/*" in self.media_types else 0

    def accepts(self, media_type: str) -> bool:
        """Whether the component says that it works on ``media_type``."""
        return self.specificity(media_type) > 0


@final
class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``aios_plugin.toml`` holds: the ``namespace`` of all ids, the range of SDK versions, the contract version of each stage used,
    and the components."""

    manifest: int = MANIFEST_VERSION
    namespace: str
    sdk: str
    contract: dict[Stage, int]
    components: tuple[ComponentInfo, ...]

    def __post_init__(self) -> None:
        if not re.fullmatch(_NAME, self.namespace):
            raise ValueError(f"the namespace {self.namespace!r} must be lower case letters, digits and hyphens")
        if not self.components:
            raise ValueError("it declares no component")
        seen: set[str] = set()
        for info in self.components:
            if info.namespace != self.namespace:
                raise ValueError(f"the id {info.id!r} lies outside of the namespace {self.namespace!r}")
            if info.id in seen:
                raise ValueError(f"the id {info.id!r} is declared twice")
            seen.add(info.id)
            for stage in info.stages:
                if stage not in self.contract:
                    raise ValueError(f"{info.id} implements {stage}, but [contract] gives no version of {stage}; add '{stage} = 1'")


def parse_manifest(text: str, origin: str = MANIFEST_FILE) -> Manifest:
    """The manifest in ``text``; ``origin`` names it in errors.

    Raises `ManifestError` naming the key that is unknown, missing or wrong, with near names.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(
            f"{origin} is no valid TOML: {error}", fix="Correct that line, or write it anew with `aios plugin build`"
        ) from error
    version = data.get("manifest")
    if type(version) is int and version > MANIFEST_VERSION:
        raise ManifestError(
            f"{origin} has manifest version {version}; this SDK reads {MANIFEST_VERSION}",
            cause="The plugin was built for a newer aios-sdk",
            fix="Upgrade aios-sdk, or install an older release of the plugin",
        )
    if version is None:
        raise ManifestError(f"{origin} has no key 'manifest'", fix=f"Begin it with 'manifest = {MANIFEST_VERSION}'")
    try:
        manifest = msgspec.convert(data, Manifest)
    except msgspec.ValidationError as error:
        raise ManifestError(f"{origin}: {_readable(str(error))}", fix=_hint(str(error))) from error
    _check_schemas(manifest, origin)
    return manifest


def _check_schemas(manifest: Manifest, origin: str) -> None:
    for info in manifest.components:
        try:
            correct = not info.config or isinstance(json.loads(info.config), dict)
        except ValueError:
            correct = False
        if not correct:
            raise ManifestError(f"{origin}: config of {info.id} is no JSON object", fix="Write the manifest anew with `aios plugin build`")


def _readable(problem: str) -> str:
    text, _, place = problem.partition(" - at ")
    return text.replace("`", "'") + (f" (at {place.strip('`').removeprefix('$.')})" if place else "")


def _hint(problem: str) -> str:
    unknown = re.search(r"unknown field `([^`]+)`(.*)", problem)
    if not unknown:
        return "Correct it, or write the manifest anew with `aios plugin build`"
    known = (ComponentInfo if "components" in unknown[2] else Manifest).__struct_fields__
    return near(unknown[1], known) or f"Known keys are {', '.join(known)}"


def manifest_text(manifest: Manifest) -> str:
    """The manifest as TOML, in a fixed order, without keys that equal their default; ``parse_manifest`` gives it back equal.

    Example::

        Path("aios_plugin.toml").write_text(manifest_text(manifest), encoding="utf-8")
    """
    contract = "\n".join(f"{stage} = {version}" for stage, version in sorted(manifest.contract.items()))
    first = {"manifest": manifest.manifest, "namespace": manifest.namespace, "sdk": manifest.sdk}
    head = "".join(f"{name} = {toml_value(value)}\n" for name, value in first.items()) + f"\n[contract]\n{contract}\n"
    return head + "".join(f"\n[[components]]\n{_component_text(info)}" for info in manifest.components)


def _component_text(info: ComponentInfo) -> str:
    values = {
        field.name: getattr(info, field.name) for field in msgspec.structs.fields(info) if getattr(info, field.name) != _default(field)
    }
    return "".join(f"{name} = {_schema_text(value) if name == 'config' else toml_value(value)}\n" for name, value in values.items())


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _schema_text(schema: str) -> str:
    # A literal string keeps the backslashes of patterns readable; it can hold neither its delimiter nor control characters.
    literal = schema.isprintable() and "'''" not in schema and not schema.endswith("'")
    return f"'''{schema}'''" if literal else toml_value(schema)


def toml_value(value: Any) -> str:
    """A plain value as TOML writes it."""
    if isinstance(value, str):
        # JSON's escapes are TOML's, except that JSON leaves DEL as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_value(key)} = {toml_value(item)}" for key, item in sorted(value.items())) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return str(value)
