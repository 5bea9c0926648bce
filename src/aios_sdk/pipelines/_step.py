"""What a pipeline is made of: steps with their options, fallbacks, and the operators between steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypedDict, final

import msgspec

from ..errors import PipelineError
from ..expressions import Expression, parse
from ..stages import Stage

#: What names a component: its id (short names mean ``aios.*``), or in Python a class, an instance or an annotated function.
ComponentName: TypeAlias = str | type | Callable[..., Any] | object

#: What to do about a pipeline that does not read first.
BEGIN: Final = "Begin with .ingest(); in YAML, with the step '- ingest'"


def expression_of(value: Expression | str | None, what: str) -> Expression | None:
    """An expression, or what its text says."""
    if value is None or isinstance(value, Expression):
        return value
    if isinstance(value, str):
        return parse(value)
    raise PipelineError(f"{what} is a {type(value).__name__}", fix="Give an expression, such as label('kind') == 'invoice', or its text")


def _copied(value: Any) -> Any:
    """Mappings and lists copied, so that a pipeline stays what it is when the caller's change."""
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value


@final
class Fallback(msgspec.Struct, frozen=True, kw_only=False):
    """Who answers instead when ``on`` holds for what the first component gave.

    ``on`` sees ``failed``, ``unsupported``, ``confidence`` (0..1, mean of what the component was sure of) and the document's attributes.
    Example::

        Fallback("rapidocr", on="failed or confidence < 0.6")
    """

    component: Any
    on: Any = "failed"
    config: Mapping[str, Any] = {}

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "on", expression_of(self.on, "the condition of a fallback"))
        msgspec.structs.force_setattr(self, "config", _copied(self.config))


#: What the options of a step may be, and how to say it.
_OPTIONS: Final[Mapping[str, tuple[Any, str]]] = {
    "name": (str, "a text"),
    "config": (Mapping, "a mapping of settings"),
    "when": (Expression | str | None, "an expression, such as label('kind') == 'invoice', or its text"),
    "fallback": (Fallback | str | None, "Fallback(component, on=...)"),
    "required": (bool, "true or false"),
    "timeout": (int | float | None, "seconds, more than 0"),
    "memo": (bool, "true or false"),
    "calibration": (str, "the name of a calibrator, which aios calibrate makes, such as 'calibration'"),
}


class StepOptions(TypedDict, total=False):
    """The options that stand beside the component of a step, for type checkers; `Step` says the same at run time."""

    config: Mapping[str, Any]
    when: Expression | str | None
    fallback: Fallback | str | None
    name: str
    required: bool
    timeout: float | None
    memo: bool
    calibration: str


@final
class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a pipeline; see `Pipeline` for what the options mean."""

    stage: Stage
    component: Any = None
    config: Mapping[str, Any] = {}
    when: Any = None
    fallback: Fallback | None = None
    name: str = ""
    required: bool = True
    timeout: float | None = None
    memo: bool = True
    calibration: str = ""

    def __post_init__(self) -> None:
        for option, (kind, what) in _OPTIONS.items():
            value = getattr(self, option)
            if not isinstance(value, kind) or (option == "timeout" and value is not None and not value * (value is not True) > 0):
                raise PipelineError(f"Step {self.stage}: {option} is {value!r}", fix=f"Give {what}", stage=self.stage)
        msgspec.structs.force_setattr(self, "config", _copied(self.config))
        msgspec.structs.force_setattr(self, "when", expression_of(self.when, "when="))
        if isinstance(self.fallback, str):
            msgspec.structs.force_setattr(self, "fallback", Fallback(self.fallback))

    @property
    def id(self) -> str:
        """Its name, else ``stage.component``, else the stage."""
        if self.name:
            return self.name
        return f"{self.stage}.{component_label(self.component)}" if self.component is not None else self.stage


@final
class Collect(msgspec.Struct, frozen=True, kw_only=True):
    """The operator that makes cases out of documents: ``by`` is ``parent``, ``thread`` or an expression over a document."""

    by: Any = "parent"


@final
class Split(msgspec.Struct, frozen=True, kw_only=True):
    """The operator that makes documents out of packets: ``by`` is the taxonomy of the labels that say of a page whether it begins one."""

    by: str = "page-role"


def component_label(component: ComponentName) -> str:
    """How a component is called in step ids: the id without ``aios.``, or the name of the class or function in kebab case."""
    if isinstance(component, str):
        return component.removeprefix("aios.")
    from ..plugins import declaration_of

    return declaration_of(component).id.removeprefix("aios.").removeprefix("python.")
