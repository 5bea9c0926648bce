"""The `component` decorator, and what it declares about a class or function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeVar, final, overload

import msgspec

from aios_sdk.errors import ContractError
from aios_sdk.records import Layer, ValueType
from aios_sdk.stages import STAGES, Stage

from ._manifest import ComponentInfo, Isolation, Unit
from ._names import near

if TYPE_CHECKING:
    from aios_sdk.protocols import Component, Function

    from ._config import ComponentConfig

FunctionT = TypeVar("FunctionT", bound="Function")
ComponentT = TypeVar("ComponentT", bound="Component")
ConfigT = TypeVar("ConfigT", bound="ComponentConfig")

_MARK: Final = "__aios_component__"

#: What each stage but ingest returns, by the name of the record; by it the stage of a plain function is known.
RESULTS: Final[Mapping[str, Stage]] = {
    "Extraction": "extract",
    "Classification": "classify",
    "Summary": "summarize",
    "Checks": "check",
    "Redactions": "redact",
    "Route": "route",
}


@final
class Provided(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a component provides under one configuration: field paths with their types, taxonomies with their values, and rules.

    An empty tuple of values means that they are not known beforehand. Example::

        Provided(fields={"total": "decimal"}, labels={"document-kind": ("invoice", "letter")}, checks=("sums-agree",))
    """

    fields: Mapping[str, ValueType] = {}
    labels: Mapping[str, tuple[str, ...]] = {}
    checks: tuple[str, ...] = ()


class Decorator(Protocol):
    """What `component` gives: it takes a function of one stage, or a class with at least one stage that is made of nothing, or of its
    configuration; and returns it as it is."""

    @overload
    def __call__(self, code: FunctionT, /) -> FunctionT: ...
    @overload
    def __call__(self, code: Callable[[], ComponentT] | Callable[[ConfigT], ComponentT], /) -> type[ComponentT]: ...


def component(
    id: str,
    *,
    version: str = "",
    stage: Stage | None = None,
    media_types: Sequence[str] = ("*/*",),
    priority: int = 0,
    unit: Unit = "document",
    rows: int = 1000,
    isolation: Isolation | None = None,
    batch: int = 32,
    requires: Sequence[Layer] = (),
    provides: Sequence[Layer] = (),
    uses: Sequence[Layer] = (),
    fields: Mapping[str, ValueType] | None = None,
    deterministic: bool | Literal["seeded"] = True,
    reads: Sequence[Literal["name", "key"]] = (),
    programs: Sequence[str] = (),
    model: str = "",
    network: Sequence[str] = (),
    secrets: Sequence[str] = (),
    memory_mb: int = 0,
    gpu: bool = False,
    renders: bool = False,
    trains: bool = False,
) -> Decorator:
    """Declare a class, or an annotated function of one stage, to be a component; `ComponentInfo` says what each argument means.

    The class or function is returned as it is. ``isolation`` is by default ``async`` if a stage method is ``async def``, else ``inline``.
    ``version`` is for functions, and for classes outside of any package; without it their results are not memoized.
    ``stage`` is for functions whose return annotation does not tell it. What is wrong with a declaration is reported when the
    component is loaded or added, as `ContractError`. Example::

        @component("acme.big-claims", version="1")
        def big_claims(document: Document) -> Route:
            return Route(destination="desk" if document.fields["total"].value > 1000 else "auto")
    """
    declared = {
        "id": id, "version": version, "stage": stage, "media_types": media_types, "priority": priority, "unit": unit, "rows": rows,
        "isolation": isolation, "batch": batch, "requires": requires, "provides": provides, "uses": uses, "fields": fields or {},
        "deterministic": deterministic, "reads": reads, "programs": programs, "model": model, "network": network, "secrets": secrets,
        "memory_mb": memory_mb, "gpu": gpu, "renders": renders, "trains": trains,
    }  # fmt: skip

    def declare(decorated: Any) -> Any:
        setattr(decorated, _MARK, declared)
        return decorated

    return declare


def is_declared(target: object) -> bool:
    """Whether `component` was applied to this very class or function."""
    return _MARK in getattr(target, "__dict__", {})


def declaration_of(target: Any) -> ComponentInfo:
    """What is declared about a component class, function or instance.

    A class or function that `component` was not applied to gets the id ``python.<its-name>``.
    Raises `ContractError` when there is no stage or a declared value is wrong.
    """
    is_instance = not isinstance(target, type) and not inspect.isroutine(target)
    code = type(target) if is_instance else target
    declared = dict(code.__dict__.get(_MARK, {}))
    given = declared.pop("stage", None)
    name = getattr(code, "__name__", type(code).__name__)
    declared.setdefault("id", f"python.{_kebab(name)}")
    stages = stages_of(code) if isinstance(code, type) else (stage_of_function(code, given),)
    if declared.get("isolation") is None:
        declared["isolation"] = "async" if any(_is_async(code, stage) for stage in stages) else "inline"
    values = {
        **declared,
        "object": f"{code.__module__}:{code.__qualname__}",
        "summary": (inspect.getdoc(code) or "").partition("\n")[0] if code.__doc__ else "",
        "stages": stages,
        "config": _schema(code),
    }
    try:
        return msgspec.convert(values, ComponentInfo)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        raise ContractError(
            f"The declaration of {code.__qualname__} is wrong: {what}{f' (in {place[3:-1]})' if place else ''}\n{definition(code)}",
            fix="Correct the arguments of @component",
            component=declared["id"],
        ) from error


def stages_of(code: type) -> tuple[Stage, ...]:
    """The stages whose methods are marked in ``code``, in the order of `STAGES`."""
    return tuple(stage for stage in STAGES if is_marked(getattr(code, stage, None)))


def stage_of_function(function: Callable[..., Any], given: Stage | None = None) -> Stage:
    """The stage of a plain function: ``given``, else what its return annotation tells. Raises `ContractError` when neither does."""
    if given is not None:
        return given
    returned = getattr(function, "__annotations__", {}).get("return")
    name = str(returned if isinstance(returned, str) else getattr(returned, "__name__", "")).rpartition(".")[2]
    if name not in RESULTS:
        raise ContractError(
            f"The stage of {function.__qualname__} is not known: its return annotation is {name or 'missing'}\n{definition(function)}",
            fix=f"{near(name, RESULTS)} Annotate it with one of {', '.join(RESULTS)}, or say @component(id, stage=...)".strip(),
            component=function.__qualname__,
        )
    return RESULTS[name]


def is_marked(method: object) -> bool:
    """Whether `implements` was put on ``method``."""
    return isinstance(getattr(method, "aios_impl", None), dict)


def definition(code: Any) -> str:
    """Where ``code`` is defined and its ``def`` or ``class`` line, for errors: ``file.py:12: def extract(...)``."""
    code = inspect.unwrap(code) if callable(code) else code
    try:
        lines, first = inspect.getsourcelines(code)
        file = inspect.getsourcefile(code)
    except (OSError, TypeError):
        return f"  {getattr(code, '__module__', '?')}: {getattr(code, '__qualname__', code)!s}"
    offset = next((number for number, line in enumerate(lines) if line.lstrip().startswith(("def ", "async def ", "class "))), 0)
    return f"  {file}:{first + offset}: {lines[offset].strip()}"


def _is_async(code: Any, stage: str) -> bool:
    function = getattr(code, stage, None) if isinstance(code, type) else code
    return inspect.iscoroutinefunction(function)


def _schema(code: Any) -> str:
    if not isinstance(code, type) or not hasattr(code, "Config"):
        return ""
    from ._config import config_schema

    return config_schema(code)


def _kebab(name: str) -> str:
    words = "".join(f"-{char.lower()}" if char.isupper() else char for char in name if char.isalnum() or char == "_")
    return "-".join(part for part in words.replace("_", "-").split("-") if part) or "unnamed"
