"""What the models that a plan names stand for in a run: looked up once, at its start, so that a promotion meanwhile changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from msgspec.structs import replace

from ..calibration import Calibrator
from ..errors import AiosError, InputError, UsageError
from ..plugins import Registry
from ..records import digest_folder
from ..store import ModelUse
from ._plan import Plan, PlannedCalibration, PlannedComponent, PlannedModel, PlannedStep

if TYPE_CHECKING:
    from ..plugins import ModelReference
    from ..store import Store


@final
class RunModels:
    """The models of one run, out of those of ``store``; ``pins`` say which identity (``name@version#sha256``) a reference stands for."""

    def __init__(self, store: Store, pins: Mapping[str, str] = {}) -> None:
        self._store: Final = store
        self._pins: Final = pins
        self._known: dict[str, PlannedModel] = {}
        self._calibrations: dict[str, PlannedCalibration] = {}

    def of_plan(self, plan: Plan) -> Plan:
        """The plan with the models of all components that it names. Raises `UsageError` naming one that is not there."""

        def with_models(step: PlannedStep) -> PlannedStep:
            def known(component: PlannedComponent) -> PlannedComponent:
                return self.of_component(component, plan.registry, step.calibration)

            if step.calibration:  # also where nobody is chosen yet: a run says at once that there is none
                self._calibration(step.calibration)
            named = step.component and known(step.component)
            fallback = step.fallback and replace(step.fallback, component=known(step.fallback.component))
            return replace(step, component=named, fallback=fallback)

        return replace(
            plan,
            ingest=with_models(plan.ingest),
            steps=tuple(map(with_models, plan.steps)),
            case_steps=tuple(map(with_models, plan.case_steps)),
        )

    def of_component(self, component: PlannedComponent, registry: Registry, calibration: str = "") -> PlannedComponent:
        """The component with the models that its settings name, and the ``calibration`` that its step names."""
        if calibration:
            component = replace(component, calibration=self._calibration(calibration))
        try:
            settings = registry.create(component.id, component.config).settings
        except AiosError:  # one that cannot be made fails the documents that it is chosen for
            settings = None
        if settings is None:
            return component
        from ..plugins import model_references  # and pydantic, which takes longer than all else that most runs need

        references = model_references(settings)
        return replace(component, models=tuple(self._of(each, component.id) for each in references)) if references else component

    def _of(self, reference: ModelReference, component: str) -> PlannedModel:
        found = self._known.get(reference)
        if found is None:
            found = self._known[reference] = self._in_folder(reference) if reference.folder else self._in_store(reference, component)
        return found

    def _calibration(self, name: str) -> PlannedCalibration:
        found = self._calibrations.get(name)
        if found is None:
            from ..plugins import ModelReference

            try:
                use, folder = self._of(ModelReference(name), f"calibration={name!r}")
                found = self._calibrations[name] = PlannedCalibration(use, Calibrator.read(Path(folder)))
            except (InputError, UsageError) as error:
                error.fix = f"aios calibrate STORE --truth FILE --name NAME makes one. {error.fix}"
                raise
        return found

    def _in_folder(self, reference: ModelReference) -> PlannedModel:
        folder = Path(reference).absolute()
        return PlannedModel(ModelUse(str(reference), str(reference), digest_folder(folder)), str(folder))

    def _in_store(self, reference: ModelReference, component: str) -> PlannedModel:
        try:
            model = self._store.models.get(self._pins.get(reference, reference))
        except UsageError as error:
            raise UsageError(f"{error.what}; {component} is to work with it", fix=error.fix, component=component) from error
        return PlannedModel(ModelUse(str(reference), str(model), model.digest), str(self._store.models.folder(model)))
