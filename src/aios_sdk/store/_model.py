"""What the store tells of trained models: versions, what stands for them, and what they were measured to do."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

#: How models and their aliases may be called; an alias begins with a letter, so that it is no version.
NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
ALIAS: Final = re.compile(r"[a-z][\w-]*", re.ASCII)

#: The folder of a store in which models lie whose files were asked for, each under its digest; it can be deleted at any time.
MODELS: Final = "models"

#: The aliases that mean something to the SDK: what runs work with, and what is to take its place.
CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"


class ModelFile(NamedTuple):
    """A file of a model: its ``path`` in the folder, its size in bytes, and the blob with its bytes (SHA-256)."""

    path: str
    bytes: int
    blob: str


class AliasChange(msgspec.Struct, frozen=True, kw_only=True):
    """That an alias stands for ``version`` from ``set_at`` on, in the place of ``replaced`` (None: it is new).

    ``number`` counts the changes of that alias from 1; ``event`` is ``set`` or ``rolled_back``.
    """

    name: str
    alias: str
    number: int
    version: int
    replaced: int | None
    event: str
    reason: str
    set_at: dt.datetime
    set_by: str


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What a version was measured to do on ``examples`` (their digest says which), none of which it was trained on.

    ``measure`` is the figure by which models are compared, ``value`` with its 95% interval ``low`` to ``high``; ``metrics`` are all
    figures, each a mapping of value, low and high. ``left_out`` examples were given and not taken, since it was trained on them.
    """

    name: str
    version: int
    evaluated_at: dt.datetime
    component: str
    component_version: str
    examples: int
    examples_digest: str
    left_out: int
    measure: str
    value: float
    low: float
    high: float
    metrics: Mapping[str, Mapping[str, float]]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a trained model; see the table ``models`` of the store for each attribute."""

    name: str
    version: int
    digest: str
    task: str
    format: str
    component: str
    component_version: str
    code_digest: str
    config: Mapping[str, Any]
    classes: tuple[str, ...]
    metrics: Mapping[str, float]
    examples: int
    examples_digest: str
    card: str
    created_at: dt.datetime
    created_by: str
    aliases: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """``name@version#sha256``: what lineage names."""
        return f"{self.name}@{self.version}#{self.digest}"

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded of a model with its files: what it is, and which component made it from what.

    ``content_ids`` are those of the documents that it was trained on, so that `forget` can say which models hold something of a document.
    """

    task: str
    format: str
    component: str = ""
    component_version: str = ""
    code_digest: str = ""
    config: Mapping[str, Any] = {}
    classes: tuple[str, ...] = ()
    metrics: Mapping[str, float] = {}
    examples: int = 0
    examples_digest: str = ""
    content_ids: tuple[str, ...] = ()
    card: str = ""


def shortened(content_id: str) -> str:
    """What is kept of the content_id of a document that a model was trained on."""
    return content_id[:16]
