"""Which component does a step for a document, and the record of that choice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Final, NamedTuple

from ..errors import UnknownComponent
from ..plugins import ComponentInfo, Registry
from ..records import StepOutcome, canonical
from ..store import ComponentUse, Run
from ._models import RunModels
from ._plan import PlannedComponent, PlannedStep


class Candidate(NamedTuple):
    """A component that may do a step for a document, and those that were rejected for it, with the reasons."""

    component: PlannedComponent
    info: ComponentInfo
    rejected: tuple[tuple[str, str], ...]


class Chooser:
    """Which components do a step for a media type; asked once for each pair and remembered."""

    def __init__(self, registry: Registry, models: RunModels) -> None:
        self._registry = registry
        self._models = models
        self._known: dict[tuple[int, str], tuple[Candidate, ...]] = {}
        self._planned: dict[tuple[int, str], PlannedComponent] = {}

    def candidates(self, step: PlannedStep, media_type: str) -> tuple[Candidate, ...]:
        """The component that was named, or those that fit the media type, the best first; empty when nobody handles it.

        Raises `AmbiguousComponent` when two fit equally well, and what keeps the only fitting one from being used.
        """
        key = (id(step), media_type)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = tuple(self._find(step, media_type))
        return found

    def _find(self, step: PlannedStep, media_type: str) -> Iterator[Candidate]:
        if step.component is not None:
            info = self._registry.components[step.component.id]
            if not media_type or info.accepts(media_type):
                yield Candidate(step.component, info, ())
                return
            if media_type != "inode/directory":
                return
            # Folders are unfolded by whoever does that; the component that was named reads what lies in them.
        try:
            choice = self._registry.choose(step.stage, media_type)
        except UnknownComponent:
            return
        others = tuple(info for info in self._registry.candidates(step.stage, media_type) if info.id != choice.component.id)
        yield Candidate(self._component(step, choice.component), choice.component, choice.rejected)
        for info in others:  # asked in turn when the one before says that the document is not its own
            yield Candidate(self._component(step, info), info, ((choice.component.id, "does not support the document"),))

    def _component(self, step: PlannedStep, info: ComponentInfo) -> PlannedComponent:
        key = (id(step), info.id)
        if key not in self._planned:
            chosen = PlannedComponent(id=info.id, stage=step.stage, config=step.config.get(info.id, {}), scope=step.scope)
            self._planned[key] = self._models.of_component(chosen, self._registry, step.calibration)
        return self._planned[key]


def record_use(run: Run, registry: Registry, step: PlannedStep, candidate: Candidate) -> None:
    """Tell the store exactly which component does a step: version, code, configuration, and who was rejected."""
    instance = registry.create(candidate.component.id, candidate.component.config)
    plugin, info = registry.plugin(candidate.info.id), candidate.info
    run.use(
        ComponentUse(
            step=step.id,
            stage=step.stage,
            component=info.id,
            version=instance.version,
            distribution=plugin.name if plugin else "",
            code_digest=instance.code_digest or "",
            config_digest=instance.config_digest,
            config=instance.config_json,
            model=info.model,
            models=candidate.component.uses,
            deterministic=info.deterministic,
            rejected=canonical(dict(candidate.rejected)).decode() if candidate.rejected else "",
            files_digest=plugin.installed.digest if plugin else "",
            isolation=info.isolation,
            network=info.network,
            secrets=info.secrets,
            programs=info.programs,
            memory_mb=info.memory_mb,
            gpu=info.gpu,
        )
    )


#: Categories of failure at ingest with which a document is refused rather than failed: nothing is wrong with us or with it.
_REFUSALS: Final = frozenset({"unsupported", "encrypted", "limit"})


def is_refusal(ended: StepOutcome, registry: Registry) -> bool:
    """Whether a document whose ingest ended without it was refused: for what it is, or because who reads it lacks a program."""
    return bool(ended.failures) and all(
        failure.category in _REFUSALS or (failure.category == "unavailable" and _lacks_program(ended.component, registry))
        for failure in ended.failures
    )


def _lacks_program(component: str, registry: Registry) -> bool:
    info = registry.components.get(component)
    return info is not None and any(shutil.which(program) is None for program in info.programs)
