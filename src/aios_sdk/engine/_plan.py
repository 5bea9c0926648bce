"""A Plan: what the pipeline was compiled into, and all that the engine knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from ..calibration import Calibrator
from ..expressions import Compiled, Scope
from ..plugins import Registry
from ..records import LAYERS, Layer
from ..stages import Stage
from ..store import ModelUse


class PlannedModel(NamedTuple):
    """A model that a component works with in this run: which one, and the folder that its files lie in."""

    use: ModelUse
    folder: str


class PlannedCalibration(NamedTuple):
    """What makes confidences of raw ones in this run: the calibrator, and which model of the store it is."""

    use: ModelUse
    calibrator: Calibrator


class PlannedComponent(msgspec.Struct, frozen=True, kw_only=True):
    """A component to be called, with its settings (checked, or as given), and the stage and scope in which its expressions were
    compiled; ``models`` are those that its settings name, and ``calibration`` the one that its step names, which a run knows at its
    start."""

    id: str
    stage: Stage
    config: Any = {}
    scope: Scope
    models: tuple[PlannedModel, ...] = ()
    calibration: PlannedCalibration | None = None

    @property
    def uses(self) -> tuple[ModelUse, ...]:
        """All that was learned and enters its results, for lineage."""
        return (*(model.use for model in self.models), *([self.calibration.use] if self.calibration else []))


class PlannedFallback(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers when the condition ``on`` holds for what the first component gave."""

    component: PlannedComponent
    on: Compiled


class PlannedStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step: who does it, and under which condition.

    Without a ``component`` the choice is made for each document by its media type, with ``config`` for whoever is chosen. ``requires`` are
    the layers that must not all be empty; ``calibration`` names what its confidences are made with.
    """

    id: str
    stage: Stage
    component: PlannedComponent | None
    scope: Scope
    config: Mapping[str, Any] = {}
    when: Compiled | None = None
    fallback: PlannedFallback | None = None
    required: bool = True
    timeout: float | None = None
    memo: bool = True
    calibration: str = ""
    requires: tuple[str, ...] = ()


class PlannedCollect(msgspec.Struct, frozen=True, kw_only=True):
    """How documents become cases: by ``parent``, by ``thread``, or by the text of ``key``; ``keep`` are the layers that cases need
    of their members."""

    by: str
    key: Compiled | None = None
    keep: frozenset[Layer] = frozenset(LAYERS)


class PlannedSplit(msgspec.Struct, frozen=True, kw_only=True):
    """How packets become documents: after the first ``after`` steps, by the labels that their pages have in a ``taxonomy``."""

    after: int
    taxonomy: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled pipeline: ingest, the steps for each document, and those for each case; ``split`` says which steps packets pass whole."""

    name: str
    version: str
    definition: str
    registry: Registry
    ingest: PlannedStep
    steps: tuple[PlannedStep, ...] = ()
    split: PlannedSplit | None = None
    collect: PlannedCollect | None = None
    case_steps: tuple[PlannedStep, ...] = ()
    resolve: tuple[str, ...] = ()

    @property
    def whole_steps(self) -> tuple[PlannedStep, ...]:
        """The steps that packets pass whole: all, where nothing is split."""
        return self.steps if self.split is None else self.steps[: self.split.after]

    @property
    def part_steps(self) -> tuple[PlannedStep, ...]:
        """The steps after that, for what was split off and for documents that are no packets."""
        return () if self.split is None else self.steps[self.split.after :]
