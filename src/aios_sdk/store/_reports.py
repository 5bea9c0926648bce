"""What the engine reports: a run about to begin, a component that works for a step, an attempt of a step at a document."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from ..errors import Category
from ..records import ID_LENGTH, StepStatus, UnitFailure
from ..stages import Stage

#: How a run finished.
RunStatus = Literal["completed", "interrupted", "failed"]


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is about to do: the pipeline's name, version (SHA-256 of its canonical form), that form as JSON, and the inputs."""

    pipeline: str
    pipeline_version: str = ""
    definition: str = ""
    sdk: str = ""
    resolve: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


class ModelUse(NamedTuple):
    """A model that a component works with: as the configuration names it (``reference``), what that stands for, ``name@version`` or a
    path, and the SHA-256 of its files."""

    reference: str
    model: str
    digest: str

    def __str__(self) -> str:
        return f"{self.model}#{self.digest}"


def models_told(declared: str, models: Iterable[ModelUse]) -> str:
    """What a component works with, as lineage names it: what it declares, and ``name@version#sha256`` for each model of its settings."""
    return ", ".join([*([declared] if declared else []), *map(str, models)])


def readable(models: str) -> str:
    """The same with the first 12 digits of each digest."""
    return re.sub("(#[0-9a-f]{12})[0-9a-f]{52}", r"\1", models)


class ComponentUse(msgspec.Struct, frozen=True, kw_only=True):
    """Which component does a step's work, exactly, and what it declares to need; ``config`` and ``rejected`` are JSON.

    ``model`` is what the component declares of a model that it has with it, ``models`` are those that its configuration names.
    ``secrets`` are names, never values.
    """

    step: str
    stage: str
    component: str
    version: str = ""
    distribution: str = ""
    code_digest: str = ""
    config_digest: str = ""
    config: str = ""
    model: str = ""
    models: tuple[ModelUse, ...] = ()
    deterministic: bool | str = True
    rejected: str = ""
    files_digest: str = ""
    isolation: str = ""
    network: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    memory_mb: int = 0
    gpu: bool = False

    @property
    def worked_with(self) -> str:
        """All models, as lineage names them."""
        return models_told(self.model, self.models)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of a step at a document; times in seconds, ``peak_rss`` in bytes.

    Without an ``id`` it gets `attempt_id` of run, document, step and component, so two attempts of one component at one step of
    one document need ids of their own.
    """

    step: str
    stage: Stage | Literal["split"]
    component: str = ""
    version: str = ""
    status: StepStatus = "ok"
    category: Category | Literal[""] = ""
    message: str = ""
    failures: tuple[UnitFailure, ...] = ()
    cache: Literal["miss", "hit", "none"] = "none"
    memo_key: str = ""
    started_at: dt.datetime
    wall: float = 0.0
    cpu: float = 0.0
    queue: float = 0.0
    peak_rss: int | None = None
    tokens: int | None = None
    cost: Decimal | None = None
    units: int = 1
    id: str = ""


def attempt_id(run: str, document: str, step: str, component: str, number: int = 0) -> str:
    """The id of attempt ``number`` of ``component`` at ``step`` of ``document`` in ``run``."""
    text = f"attempt\x1f{run}\x1f{document}\x1f{len(step)}:{step}\x1f{component}\x1f{number}"
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]
