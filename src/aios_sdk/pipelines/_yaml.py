"""The written form of pipelines: canonical, YAML, and for readers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final

from ..errors import AiosError, PipelineError
from ..expressions import Expression
from ..plugins import import_admitted
from ..records import canonical
from ..stages import STAGES
from ._pipeline import Pipeline
from ._step import Fallback, Step, component_label

_MAX_BYTES: Final = 1_000_000
_OPTIONS: Final = ("name", "config", "when", "fallback", "required", "timeout", "memo", "calibration")
_BOOLEAN: Final = "tag:yaml.org,2002:bool"
_DEFAULTS: Final = Step(stage="ingest")


def definition(pipeline: Pipeline, *, portable: bool) -> dict[str, Any]:
    """The pipeline as plain values, options equal to their default left out. ``portable`` refuses code without an import path."""
    form: dict[str, Any] = {"pipeline": pipeline.name}
    if pipeline.resolve:
        form["resolve"] = list(pipeline.resolve)
    steps = [_step_form(step, portable) for step in pipeline.steps]
    if pipeline.collected is not None:
        index, collect = pipeline.collected
        steps.insert(index, {"collect": collect.by if isinstance(collect.by, str) else {"by": str(collect.by)}})
    if pipeline.divided is not None:  # before the cases
        index, split = pipeline.divided
        steps.insert(index, {"split": split.by})
    return {**form, "steps": steps}


def to_yaml(pipeline: Pipeline) -> str:
    """See `Pipeline.to_yaml`."""
    import yaml

    form = definition(pipeline, portable=True)
    form["steps"] = ["ingest" if step == {"ingest": None} else step for step in form["steps"]]

    class Dumper(yaml.SafeDumper):
        """Texts with U+0085 in double quotes: elsewhere PyYAML writes it as it is and reads it as a line break."""

        def represent_str(self, data: str) -> Any:
            return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if "\x85" in data else None)

    Dumper.add_representer(str, Dumper.represent_str)
    return yaml.dump(form, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def from_yaml(source: str | Path) -> Pipeline:
    """See `Pipeline.from_yaml`."""
    text, name, base = _read(source)
    form = _load(text, name)
    if not isinstance(form, dict) or "pipeline" not in form:
        raise PipelineError(f"{name} is no pipeline", cause="It has no key 'pipeline'", fix="Begin with 'pipeline: NAME' and 'steps:'")
    _only(form, ("pipeline", "resolve", "steps"), name)
    steps = form.get("steps")
    if not isinstance(steps, list) or not steps:
        raise PipelineError(f"{name} has no steps", fix="List them under 'steps:', beginning with '- ingest:'")
    pipeline = Pipeline(str(form["pipeline"]), resolve=_strings(form.get("resolve", []), f"{name}: resolve"), base=base)
    for number, step in enumerate(steps, 1):
        where = f"{name}, step {number}"
        try:
            pipeline = _read_step(pipeline, step, where)
        except AiosError as error:
            if error.what.startswith(where):
                raise
            error.what = f"{where}: {error.what}"
            raise
    return pipeline


def describe(pipeline: Pipeline) -> str:
    """The pipeline for readers: a line a step, with its condition and options."""
    lines = [f"{pipeline.name} ({pipeline.version[:12]})"]
    for number, step in enumerate(pipeline.steps):
        lines += _operators(pipeline, number)
        who = component_label(step.component) if step.component is not None else "by media type"
        parts = [f"  {step.stage:<10} {who}"]
        if step.name:
            parts.append(f"as {step.name}")
        if step.when is not None:
            parts.append(f"when {step.when}")
        if step.fallback is not None:
            parts.append(f"else {component_label(step.fallback.component)} on {step.fallback.on}")
        if not step.required:
            parts.append("optional")
        if step.timeout is not None:
            parts.append(f"within {step.timeout:g} s")
        if step.calibration:
            parts.append(f"calibrated by {step.calibration}")
        lines.append("  ".join(parts))
    lines += _operators(pipeline, len(pipeline.steps))
    if pipeline.resolve:
        lines.append(f"  resolve    {' > '.join(pipeline.resolve)}")
    return "\n".join(lines)


def _operators(pipeline: Pipeline, number: int) -> list[str]:
    """The lines of the operators that stand before step ``number``."""
    found = (("split", pipeline.divided), ("collect", pipeline.collected))
    return [f"  {name:<10} by {operator[1].by}" for name, operator in found if operator is not None and operator[0] == number]


def _step_form(step: Step, portable: bool) -> dict[str, Any]:
    form: dict[str, Any] = {step.stage: _component_form(step.component, portable)}
    for option in _OPTIONS:
        value = getattr(step, option)
        if isinstance(value, Fallback):
            form["fallback"] = {"component": _component_form(value.component, portable), "on": str(value.on)}
            if value.config:
                form["fallback"]["config"] = _plain(value.config, portable)
        elif isinstance(value, Expression):
            form[option] = str(value)
        elif value != getattr(_DEFAULTS, option):
            form[option] = float(value) if option == "timeout" else _plain(value, portable)
    return form


def _component_form(component: Any, portable: bool) -> str | None:
    return component if component is None or isinstance(component, str) else _path_of(component, portable)


def _path_of(code: Any, portable: bool) -> str:
    named = code if isinstance(code, type) or hasattr(code, "__qualname__") else type(code)
    path = f"{named.__module__}:{named.__qualname__}"
    if portable and (named is not code or "<" in path or named.__module__ == "__main__"):
        raise PipelineError(
            f"{path} has no import path, so it cannot be written to YAML",
            cause="It is a lambda, an instance, or defined inside a function or in __main__",
            fix="Move it to the top of a module that can be imported",
        )
    return path


def _plain(value: Any, portable: bool) -> Any:  # one return a kind of value is the clearest form
    if isinstance(value, Enum):
        return _plain(value.value, portable)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, portable) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, portable) for item in value]
    if isinstance(value, os.PathLike):
        return Path(value).as_posix()
    if isinstance(value, type) or callable(value):
        return _path_of(value, portable)
    if isinstance(value, set | frozenset):
        return sorted((_plain(item, portable) for item in value), key=canonical)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump(), portable)
    raise PipelineError(
        f"A setting holds a {type(value).__name__}, which has no canonical form",
        fix="Give plain values: text, numbers, true or false, dates, paths, lists, mappings, or classes that can be imported",
    )


def _read(source: str | Path) -> tuple[str, str, Path | None]:
    if isinstance(source, Path) or source.endswith((".yaml", ".yml")):
        path = Path(source)
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise PipelineError(f"{path} is larger than 1 MB", fix="A pipeline is a page of YAML; give that file")
            return path.read_text(encoding="utf-8"), str(path), path.resolve().parent
        except (OSError, UnicodeDecodeError) as error:
            fix = "Save it as UTF-8" if isinstance(error, UnicodeDecodeError) else "Check the path"
            raise PipelineError(f"Cannot read the pipeline {str(path)!r}: {error}", fix=fix) from error
    if len(source) > _MAX_BYTES:
        raise PipelineError("The YAML is larger than 1 MB", fix="A pipeline is a page of YAML")
    return source, "the pipeline", None


def _load(text: str, name: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML without aliases, which can unfold without end, and without doubled keys, of which one would be lost.

        As in YAML 1.2 only true and false are booleans; YAML 1.1 takes ``on``, the condition of a fallback, for one.
        """

        yaml_implicit_resolvers = {  # noqa: RUF012 - pyyaml's own name for the class's table
            first: [(tag, pattern) for tag, pattern in ways if tag != _BOOLEAN]
            for first, ways in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.composer.ComposerError(None, None, "aliases are not read here", self.get_mark())
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [key.value for key, _ in node.value]
            doubled = next((key for number, (key, _) in enumerate(node.value) if keys.index(key.value) < number), None)
            if doubled is not None:
                raise yaml.constructor.ConstructorError(None, None, f"the key {doubled.value!r} stands twice", doubled.start_mark)
            return super().construct_mapping(node, deep)

    Loader.add_implicit_resolver(_BOOLEAN, re.compile("^(?:true|false)$"), ["t", "f"])
    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error) or type(error).__name__
        raise PipelineError(
            f"{name}{place}: {problem}", cause="It is not valid YAML", fix="Check indentation, quotes and colons there"
        ) from error


def _read_step(pipeline: Pipeline, form: Any, where: str) -> Pipeline:
    if isinstance(form, str):
        form = {form: None}
    if not isinstance(form, dict):
        raise PipelineError(f"{where} is no step", fix="Write '- extract: tesseract', with options below")
    kinds = [key for key in form if key in STAGES or key in ("split", "collect")]
    if len(kinds) != 1:
        raise PipelineError(
            f"{where} has the keys {', '.join(map(str, form))}", fix=f"Exactly one of them is {', '.join(STAGES)}, split or collect"
        )
    kind = kinds[0]
    if kind == "split":
        _only(form, ("split",), where)
        return pipeline.split() if form["split"] is None else pipeline.split(by=form["split"])
    if kind == "collect":
        _only(form, ("collect",), where)
        by = form["collect"]
        if isinstance(by, dict):
            _only(by, ("by",), where)
            by = by.get("by")
        return pipeline.collect(by="parent" if by is None else str(by))
    _only(form, (kind, *_OPTIONS), where)
    options = {option: form[option] for option in _OPTIONS if option in form}
    if "fallback" in options:
        given = options["fallback"]
        given = {"component": given} if isinstance(given, str) else given
        if not isinstance(given, dict) or "component" not in given:
            raise PipelineError(f"{where}: the fallback names no component", fix="Write 'fallback: {component: ID, on: \"failed\"}'")
        _only(given, ("component", "on", "config"), where)
        options["fallback"] = Fallback(
            _component(given["component"], where), on=str(given.get("on", "failed")), config=given.get("config", {})
        )
    return pipeline._step(kind, _component(form[kind], where), options)


def _component(name: Any, where: str) -> Any:
    if name is None:
        return None
    if not isinstance(name, str):
        raise PipelineError(
            f"{where}: a component is named by its id, not by {name!r}",
            fix="Write '- extract: tesseract', with settings below it: '  config: {languages: [eng]}'",
        )
    return import_admitted(name) if ":" in name else name


def _only(form: Mapping[Any, Any], known: tuple[str, ...], where: str) -> None:
    unknown = [str(key) for key in form if key not in known]
    if unknown:
        raise PipelineError(f"{where}: there is no key {', '.join(map(repr, unknown))}", fix=f"The keys are {', '.join(known)}")


def _strings(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PipelineError(f"{where} is {value!r}", fix="Give a list of step ids")
    return value
