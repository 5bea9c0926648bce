"""What a skeleton is made from: the names, the stage and the modality."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, final

import msgspec

import aios_sdk
from aios_sdk.errors import UsageError
from aios_sdk.plugins._build import until_next_major
from aios_sdk.plugins._names import FIRST_PARTY, near
from aios_sdk.stages import STAGES, Stage

Modality: TypeAlias = Literal["text", "image", "table"]

#: The modalities for which a stage has a template, the usual one first.
MODALITIES: Final[Mapping[Stage, tuple[Modality, ...]]] = {
    "ingest": ("text", "image", "table"),
    "extract": ("text", "image", "table"),
    "classify": ("text", "image", "table"),
    "summarize": ("text",),
    "check": ("text", "image", "table"),
    "redact": ("text", "table"),
    "route": ("text",),
}

#: The file of a project that keeps what its skeleton was made from.
SKELETON_FILE: Final = ".aios-scaffold.toml"

_WORD = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_DISTRIBUTION: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PREFIX: Final = "aios-"
_EXAMPLE: Final = "Take a name such as acme-ocr"


@final
class Skeleton(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a skeleton is made from; kept in its ``.aios-scaffold.toml``, and made with `Skeleton.of`.

    Attributes:
        distribution: its name, such as ``acme-ocr``; namespace: of its ids; stage, modality: what the component does, and on what.
        template: the version of aios-sdk that the template came with; sdk: the range of versions that it depends on.
    """

    distribution: str
    namespace: str
    stage: Stage
    modality: Modality
    template: str
    sdk: str

    @classmethod
    def of(cls, name: str, stage: str, modality: str = "", *, namespace: str = "") -> Skeleton:
        """The skeleton of the distribution ``name``, of the newest template.

        ``modality`` is by default the stage's usual one, and ``namespace`` the first word of the name, after ``aios-``.
        Raises `UsageError` for what cannot be a name, a stage or a modality. Example::

            Skeleton.of("acme-ocr", "extract", "image").id  # 'acme.ocr'
        """
        from ._template import latest

        if stage not in STAGES:
            raise UsageError(f"There is no stage {stage!r}", fix=near(stage, STAGES) or f"Stages are {', '.join(STAGES)}")
        offered = MODALITIES[stage]
        if (modality or offered[0]) not in offered:
            raise UsageError(f"There is no template for {stage} on {modality!r}", fix=f"For {stage} there is {', '.join(offered)}")
        values = {
            "distribution": name,
            "namespace": namespace or name.removeprefix(_PREFIX).partition("-")[0],
            "stage": stage,
            "modality": modality or offered[0],
            "template": latest(),
            "sdk": until_next_major(),
        }
        made = msgspec.convert(values, cls)
        check_names(made)
        return made

    @property
    def package(self) -> str:
        """The importable package: the distribution's name with underscores."""
        return self.distribution.replace("-", "_")

    @property
    def id(self) -> str:
        """The component's id: the namespace and the rest of the name; the stage where there is no rest."""
        words = self.distribution.removeprefix(_PREFIX)
        rest = words.removeprefix(self.namespace).removeprefix("-") if f"{words}-".startswith(f"{self.namespace}-") else words
        return f"{self.namespace}.{rest or self.stage}"

    @property
    def class_name(self) -> str:
        """The component's class: the words of its id, without a name that the SDK has too."""
        words = "".join(word.capitalize() for word in re.split(r"[.-]", self.id))
        return f"{words}Component" if words in aios_sdk.__all__ else words

    @property
    def variety(self) -> str:
        """The stage and the modality in one word, such as ``extract-image``."""
        return f"{self.stage}-{self.modality}"


def check_names(made: Skeleton) -> None:
    """Refuse names that pip, Python or the registry of plugins would not take. Raises `UsageError`."""
    name = made.distribution
    if not _DISTRIBUTION.fullmatch(name):
        likely = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        raise UsageError(
            f"{name!r} cannot be the name of a distribution here",
            cause="It takes small letters, digits, and single hyphens between them",
            fix=f"Did you mean {likely!r}?" if likely else _EXAMPLE,
        )
    if made.namespace == "aios":
        raise UsageError("The namespace 'aios' is for what comes with aios-sdk", fix="Give --namespace a word of your own")
    if name in {"aios-sdk", *FIRST_PARTY.values()}:
        raise UsageError(f"{name!r} is for what comes with aios-sdk", fix=_EXAMPLE)
    if not re.fullmatch(rf"{_WORD}\.{_WORD}", made.id):
        raise UsageError(
            f"The component of {name!r} would have the id {made.id!r}",
            cause="Both parts of an id begin with a small letter, and have small letters, digits and single hyphens",
            fix=f"{_EXAMPLE}, or another --namespace",
        )
    if not made.package.isidentifier() or keyword.iskeyword(made.package) or made.package in {*sys.stdlib_module_names, "test", "tests"}:
        raise UsageError(
            f"The package of {name!r} would be {made.package!r}",
            cause="That cannot be imported, or is a module of Python's own",
            fix=_EXAMPLE,
        )
