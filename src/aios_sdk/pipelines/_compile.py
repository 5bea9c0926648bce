"""From a Pipeline to a Plan: components chosen, settings validated, conditions typed, needs met; or an error that names the gap."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from ..engine import Plan, PlannedCollect, PlannedComponent, PlannedFallback, PlannedSplit, PlannedStep
from ..errors import PipelineError
from ..expressions import ANY, DOCUMENT_ATTRIBUTES, FALLBACK_ATTRIBUTES, MEMBER_ATTRIBUTES, TYPE_OF_VALUE, Scope, Type
from ..expressions import compile as compile_expression
from ..plugins import ComponentInfo, Instance, Provided, Registry, base_folder
from ..records import LAYERS, Layer, canonical
from ..stages import Stage
from ._pipeline import Pipeline
from ._step import BEGIN, Collect, Step
from ._yaml import definition

#: Layers that rules and readers of a case always need of its members; they are small.
_SMALL: Final[frozenset[Layer]] = frozenset({"pages", "regions", "tables", "fields", "labels", "summary", "checks", "redactions", "route"})


class _Known:
    """What the steps so far provide: layers with who gives them, fields and labels with their types, rules."""

    def __init__(self) -> None:
        self.layers: dict[str, list[str]] = {}
        self.fields: dict[str, Type] = {}
        self.labels: dict[str, frozenset[str] | None] = {}
        self.checks: set[str] = set()

    def add(self, step: str, layers: Iterable[str], provided: Provided) -> None:
        for layer in layers:
            self.layers.setdefault(layer, []).append(step)
        for path, kind in provided.fields.items():
            new = TYPE_OF_VALUE[kind]
            self.fields[path] = new if self.fields.get(path, new) == new else ANY
        for taxonomy, values in provided.labels.items():
            known = self.labels.get(taxonomy, frozenset())
            self.labels[taxonomy] = known | frozenset(values) if values and known is not None else None
        self.checks.update(provided.checks)

    def scope(self, attributes: Mapping[str, Type], members: Scope | None = None) -> Scope:
        return Scope(
            attributes=attributes, fields=dict(self.fields), labels=dict(self.labels), checks=frozenset(self.checks), members=members
        )


def compile_pipeline(pipeline: Pipeline, registry: Registry | None = None) -> Plan:
    """See `Pipeline.compile`."""
    # Classes and functions that stand in the pipeline itself are its own: they join a copy, and are no other pipeline's candidates.
    registry = (registry or Registry.default()).copy()
    registry.check_lock()
    if not pipeline.steps:
        raise PipelineError(f"Pipeline {pipeline.name!r} has no steps", fix=BEGIN)
    unknown = [step for step in pipeline.resolve if step not in {other.id for other in pipeline.steps}]
    if unknown:
        raise PipelineError(
            f"resolve= names {', '.join(map(repr, unknown))}, which is no step of pipeline {pipeline.name!r}",
            fix=f"The steps are {', '.join(step.id for step in pipeline.steps)}",
        )
    with base_folder(pipeline.base), _importable(pipeline.base):
        return _Compiler(pipeline, registry).plan()


@contextmanager
def _importable(folder: Path | None) -> Iterator[None]:
    """Within it, modules that lie beside a pipeline's YAML file can be imported by the settings that name them."""
    if folder is None or str(folder) in sys.path:
        yield
        return
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


class _Compiler:
    def __init__(self, pipeline: Pipeline, registry: Registry) -> None:
        self.pipeline = pipeline
        self.registry = registry
        self.known = _Known()
        self.members: Scope | None = None
        self.own: dict[str, Any] = {}

    def plan(self) -> Plan:
        pipeline = self.pipeline
        first, rest = pipeline.steps[0], pipeline.steps[1:]
        ingest = self._ingest(first)
        collected = pipeline.collected
        cut = len(rest) if collected is None else collected[0] - 1
        before = cut if pipeline.divided is None else pipeline.divided[0] - 1
        steps = tuple(self._step(step) for step in rest[:before])
        split = None if pipeline.divided is None else self._split(pipeline.divided[1].by, before)
        steps += tuple(self._step(step) for step in rest[before:cut])
        collect = None if collected is None else self._collect(collected[1])
        case_steps = tuple(self._step(step) for step in rest[cut:])
        if collect is not None:
            keep = _SMALL.union(*(self._layers_used(step) for step in case_steps))
            collect = PlannedCollect(by=collect.by, key=collect.key, keep=keep)
        return Plan(
            name=pipeline.name,
            version=pipeline.version,
            definition=canonical(definition(pipeline, portable=False)).decode(),
            registry=self.registry,
            ingest=ingest,
            steps=steps,
            split=split,
            collect=collect,
            case_steps=case_steps,
            resolve=pipeline.resolve,
        )

    # -- steps --------------------------------------------------------------------------------------------------------

    def _ingest(self, step: Step) -> PlannedStep:
        scope = Scope(attributes=DOCUMENT_ATTRIBUTES, fields={}, labels={}, checks=frozenset())
        if step.when is not None or step.fallback is not None:
            raise PipelineError(
                "The ingest step has no when and no fallback", cause="Nothing is known of a document before", stage="ingest"
            )
        if step.component is not None:
            component, instance = self._component(step.component, step, step.config, scope)
            self.known.add(step.id, instance.info.provides, instance.provided)
            return self._planned(step, component, scope)
        infos = [info for info in self.registry.components.values() if "ingest" in info.stages]
        if not infos:
            raise PipelineError(
                "No installed plugin ingests anything",
                fix="Install one, such as: pip install aios-files aios-pdf aios-email aios-tables",
                stage="ingest",
            )
        configs = self._configs(step, scope)
        for info in infos:
            self.known.add(step.id, info.provides, Provided(fields=info.fields))
        return self._planned(step, None, scope, config=configs)

    def _step(self, step: Step) -> PlannedStep:
        attributes = DOCUMENT_ATTRIBUTES
        scope = self.known.scope(attributes, self.members)
        when = None if step.when is None else self._condition(step, step.when, scope)
        if step.component is None:
            infos = [info for info in self.registry.components.values() if step.stage in info.stages]
            if not infos:
                raise PipelineError(
                    f"No installed plugin can {step.stage}", fix="Name a component, or install a plugin for it", stage=step.stage
                )
            configs = self._configs(step, scope)
            for info in infos:
                self.known.add(step.id, info.provides or _usual(step.stage), Provided(fields=info.fields))
            return self._planned(step, None, scope, config=configs, when=when)
        component, instance = self._component(step.component, step, step.config, scope)
        requires = self._requires(step, instance.info)
        provided = [(instance.info, instance.provided)]
        fallback = None
        if step.fallback is not None:
            other, other_instance = self._component(step.fallback.component, step, step.fallback.config, scope)
            self._requires(step, other_instance.info)
            on = self._condition(step, step.fallback.on, self.known.scope(FALLBACK_ATTRIBUTES, self.members))
            fallback = PlannedFallback(component=other, on=on)
            provided.append((other_instance.info, other_instance.provided))
        for info, what in provided:
            checks = what.checks if step.stage == "check" else ()
            self.known.add(step.id, info.provides or _usual(step.stage), replace(what, checks=checks))
        return self._planned(step, component, scope, when=when, fallback=fallback, requires=requires)

    def _configs(self, step: Step, scope: Scope) -> dict[str, Any]:
        """The settings of a step without a named component: checked, by component id."""
        found: dict[str, Any] = {}
        for name, settings in step.config.items():
            component, _ = self._component(name, step, settings, scope)
            found[component.id] = component.config
        return found

    def _planned(self, step: Step, component: PlannedComponent | None, scope: Scope, **more: Any) -> PlannedStep:
        return PlannedStep(
            id=step.id,
            stage=step.stage,
            component=component,
            scope=scope,
            required=step.required,
            timeout=step.timeout,
            memo=step.memo,
            calibration=self._calibration(step),
            **more,
        )

    def _component(self, name: Any, step: Step, config: Any, scope: Scope) -> tuple[PlannedComponent, Instance]:
        if not isinstance(name, str):
            name = self._own(name, step)
        info = self.registry.resolve(name, step.stage)
        instance = self.registry.create(info.id, config)
        instance.bind(scope, step.stage)
        # A component without settings is given none, since reading an empty configuration would import pydantic in each worker.
        settings: Any = {} if instance.settings is None else instance.settings
        return PlannedComponent(id=info.id, stage=step.stage, config=settings, scope=scope), instance

    def _calibration(self, step: Step) -> str:
        """What makes the confidences of a step; whether the store has it is known when a run begins."""
        if not step.calibration:
            return ""
        if step.stage not in ("extract", "classify"):
            raise PipelineError(
                f"Step {step.id!r} has a calibration",
                cause="Confidences of fields and labels are calibrated, which extract and classify give",
                fix="Name it there",
                stage=step.stage,
            )
        from ..plugins import ModelReference

        try:
            return str(ModelReference(step.calibration))
        except ValueError as error:
            raise PipelineError(f"In step {step.id!r}: {error}", fix="aios calibrate makes calibrators", stage=step.stage) from error

    def _own(self, code: Any, step: Step) -> str:
        """The id of code that stands in the pipeline itself; two pieces of code with one id would be taken for each other."""
        id = self.registry.add(code).id
        if self.own.setdefault(id, code) is not code:
            raise PipelineError(
                f"Two components of pipeline {self.pipeline.name!r} have the id {id!r}",
                cause="They are different code, or instances of one class, of one name",
                fix="Give each an id of its own with @component('namespace.name')",
                stage=step.stage,
            )
        return id

    def _condition(self, step: Step, condition: Any, scope: Scope) -> Any:
        try:
            return compile_expression(condition, scope)
        except PipelineError as error:
            error.what = f"In step {step.id!r}: {error.what}"
            error.stage = step.stage
            raise

    def _requires(self, step: Step, info: ComponentInfo) -> tuple[str, ...]:
        available = set(self.known.layers)
        missing = [layer for layer in info.requires if layer not in available]
        if missing:
            fillers = sorted(
                f"{other.stages[0]} {other.id.removeprefix('aios.')}"
                for other in self.registry.components.values()
                if other.id != info.id and set(missing) & set(other.provides)
            )
            raise PipelineError(
                f"Step {step.id!r} requires {', '.join(missing)}, which no step before it provides",
                cause=f"The steps before provide {', '.join(sorted(available)) or 'nothing'}",
                fix=f"Put one of these before it: {', '.join(fillers)}" if fillers else "Install a plugin that provides it",
                component=info.id,
                stage=step.stage,
            )
        return info.requires

    # -- splitting ----------------------------------------------------------------------------------------------------

    def _split(self, taxonomy: str, after: int) -> PlannedSplit:
        """Packets cannot be split where no step says which pages begin a document."""
        known = self.known.labels
        if taxonomy not in known:
            raise PipelineError(
                f"Pipeline {self.pipeline.name!r} splits by {taxonomy!r}, which no step before it says of pages",
                cause=f"The steps before give labels of {', '.join(sorted(known))}" if known else "The steps before give no labels",
                fix="Put a step before it that does, such as .classify('page-roles'), or name its taxonomy: .split(by=...)",
            )
        values = known.get(taxonomy)
        if values is not None and not {"first", "separator"} & values:
            raise PipelineError(
                f"Pipeline {self.pipeline.name!r} splits by {taxonomy!r}, whose labels are {', '.join(sorted(values))}",
                cause="None of them begins a document",
                fix="Split by a taxonomy with the value first, and separator for sheets that lie between documents",
            )
        return PlannedSplit(after=after, taxonomy=taxonomy)

    # -- collecting ---------------------------------------------------------------------------------------------------

    def _collect(self, collect: Collect) -> PlannedCollect:
        own = self.known.scope(DOCUMENT_ATTRIBUTES)
        key = None if isinstance(collect.by, str) else compile_expression(collect.by, own, ANY)
        # A case speaks for its first member's fields and labels, and its rules are its own.
        self.members = self.known.scope(MEMBER_ATTRIBUTES)
        self.known.checks = set()
        return PlannedCollect(by=collect.by if isinstance(collect.by, str) else "key", key=key)

    def _layers_used(self, step: PlannedStep) -> set[Layer]:
        if step.component is None:
            return set(LAYERS)
        components = [step.component] + ([step.fallback.component] if step.fallback else [])
        used: set[Layer] = set()
        for component in components:
            info = self.registry.components[component.id]
            used.update(info.requires, info.uses)
        return used


def _usual(stage: Stage) -> tuple[Layer, ...]:
    """What a stage adds when its component declares nothing, as plain functions do."""
    usual: dict[Stage, tuple[Layer, ...]] = {
        "extract": ("text", "words", "regions", "tables", "fields"),
        "classify": ("labels",),
        "summarize": ("summary",),
        "check": ("checks",),
        "redact": ("redactions",),
        "route": ("route",),
    }
    return usual.get(stage, ())
