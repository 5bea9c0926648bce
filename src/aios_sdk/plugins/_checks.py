"""Registration checks: what pluggy does not say about a component's methods, said before the first document meets them."""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple, NoReturn, final

import pluggy

from aios_sdk import stages
from aios_sdk.errors import ContractError
from aios_sdk.stages import STAGES, Stage, Stages

from ._adapters import hooks_of, outdated, specification_of
from ._declare import declaration_of, definition, is_marked, stage_of_function, stages_of
from ._manifest import ComponentInfo
from ._names import listed, near

#: Every hook of the contract, stages and companions.
HOOKS: Final = tuple(hooks_of(Stages))

_PLAIN_OPTIONS: Final = {
    "wrapper": False,
    "hookwrapper": False,
    "optionalhook": False,
    "tryfirst": False,
    "trylast": False,
    "specname": None,
}
_FIXED: Final = "Correct the method, or see aios_sdk.stages for the contract"


@final
class Checked(NamedTuple):
    """A component that keeps the contract: what it declares, the arguments that each of its hooks takes, and the versions of those of
    its stages that are older than the host's."""

    info: ComponentInfo
    arguments: Mapping[str, tuple[str, ...]]
    older: Mapping[Stage, int] = {}


def check_component(target: Any, manifest: ComponentInfo | None = None, contract: Mapping[Stage, int] | None = None) -> Checked:
    """Check a component class or function against the contract, and against its entry in the manifest where it has one.

    ``contract`` gives the version of each stage that it was written for, by default the host's; an older one needs its adapters.
    Raises `ContractError` for the first thing that is wrong, with the definition printed and the fix.
    """
    older = outdated(contract or {})
    specification = specification_of(older)
    if isinstance(target, type):
        marked = _marked(target)
        _check_hooks(target, marked, specification)
        _check_construction(target)
        info = declaration_of(target)
        arguments = _register(target, info.id, specification)
        for hook in marked:
            _check_method(hook, getattr(target, hook), _parameters(target, hook), specification)
    else:
        stage = stage_of_function(target, getattr(target, "__dict__", {}).get("__aios_component__", {}).get("stage"))
        info = declaration_of(target)
        parameters = list(inspect.signature(target).parameters.values())
        _check_method(stage, target, parameters, specification)
        arguments = {stage: tuple(parameter.name for parameter in parameters)}
        _warn_of_arguments(stage, target, specification)
    _check_declared(target, info, arguments)
    if manifest is not None:
        _check_manifest(target, info, manifest)
    return Checked(info, arguments, {stage: version for stage, version in older.items() if stage in info.stages})


def _fail(what: str, code: Any, fix: str = _FIXED) -> NoReturn:
    raise ContractError(f"{what}\n{definition(code)}", fix=fix, component=getattr(code, "__qualname__", None))


# -- the class as a whole ---------------------------------------------------------------------------------------------------


def _marked(code: type) -> dict[str, Any]:
    return {name: method for name in dir(code) if is_marked(method := getattr(code, name, None))}


def _check_hooks(code: type, marked: Mapping[str, Any], specification: type) -> None:
    known = hooks_of(specification)
    for name, method in marked.items():
        function = inspect.unwrap(getattr(method, "__func__", method))
        if name not in known:
            _fail(
                f"{code.__qualname__}.{name} is marked @implements, but there is no stage {name!r}",
                function,
                near(name, known) or f"Stages are {', '.join(STAGES)}",
            )
        given = sorted(option for option, plain in _PLAIN_OPTIONS.items() if method.aios_impl.get(option, plain) != plain)
        if given:
            _fail(
                f"{code.__qualname__}.{name} is marked with {', '.join(given)}; a stage has neither order nor wrappers",
                function,
                "Write plain @implements",
            )
        if name.endswith("_batch") and name.removesuffix("_batch") not in marked:
            _fail(f"{code.__qualname__}.{name} is a companion without its stage", function, f"Implement {name.removesuffix('_batch')} too")
    if "render" in marked and "ingest" not in marked:
        _fail(f"{code.__qualname__}.render is a companion without its stage", marked["render"], "Implement ingest too")
    if "train" in marked and not marked.keys() & {"extract", "classify"}:
        _fail(f"{code.__qualname__}.train is a companion without its stage", marked["train"], "Implement extract or classify too")
    if not stages_of(code):
        unmarked = [name for name in STAGES if callable(getattr(code, name, None))]
        _fail(
            f"{code.__qualname__} implements no stage",
            code,
            f"Put @implements above {' and '.join(unmarked) or 'at least one stage method: ' + ', '.join(STAGES)}",
        )


def _check_construction(code: type) -> None:
    takes_config = "Config" in dir(code)
    if takes_config:
        from ._config import config_class

        config_class(code)
    if inspect.isabstract(code):
        _fail(f"{code.__qualname__} is abstract; it lacks {listed(sorted(vars(code)['__abstractmethods__']))}", code)
    initialise: Any = getattr(code, "__init__")  # noqa: B009  mypy refuses the plain attribute
    fix = "Write 'def __init__(self, config: Config) -> None:'"
    if initialise is object.__init__:
        if takes_config:
            _fail(f"{code.__qualname__} has a Config, but no __init__ that takes it", code, fix)
        return
    try:
        inspect.signature(initialise).bind(None, None)
    except TypeError:
        _fail(f"{code.__qualname__}.__init__ cannot be called with one argument, the configuration", initialise, fix)


def _register(code: type, id: str, specification: type) -> dict[str, tuple[str, ...]]:
    hooks = hooks_of(specification)
    manager = pluggy.PluginManager("aios")
    manager.add_hookspecs(specification)
    try:
        manager.register(code, name=id)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        wrong = next((name for name in hooks if f"hook '{name}'" in str(error)), None)
        method = getattr(code, wrong) if wrong else code
        known = list(inspect.signature(getattr(specification, wrong)).parameters)[1:] if wrong else []
        taken = [parameter.name for parameter in _parameters(code, wrong)] if wrong else []
        unknown = [name for name in taken if name not in known]
        _fail(
            f"{code.__qualname__}.{wrong} takes {listed(unknown)}; {wrong} is called with {listed(known)}",
            method,
            "Use these argument names; leave out those you do not need",
        )
    return {hook: impl.argnames for hook in hooks for impl in getattr(manager.hook, hook).get_hookimpls()}


def _warn_of_arguments(stage: str, function: Callable[..., Any], specification: type) -> None:
    # What pluggy does for classes.
    deprecated = getattr(specification, stage).aios_spec["warn_on_impl_args"] or {}
    for name in inspect.signature(function).parameters:
        if name in deprecated:
            code = inspect.unwrap(function).__code__
            warnings.warn_explicit(deprecated[name], type(deprecated[name]), code.co_filename, code.co_firstlineno)


def _check_declared(code: Any, info: ComponentInfo, arguments: Mapping[str, Any]) -> None:
    for hook, declares, declared in (("render", "renders", info.renders), ("train", "trains", info.trains)):
        if (hook in arguments) != declared:
            _fail(
                f"{info.id} {'does not implement' if declared else 'implements'} {hook}, but is declared with {declares}={declared}",
                code,
                f"Say {declares}={not declared} in @component",
            )
    for hook in arguments:
        function = getattr(code, hook) if isinstance(code, type) else code
        is_async = inspect.iscoroutinefunction(function)
        if is_async and info.isolation == "inline":
            _fail(f"{info.id} is declared isolation='inline', but {hook} is async", function, "Say isolation='async', or write a plain def")
        if not is_async and info.isolation == "async":
            _fail(
                f"{info.id} is declared isolation='async', but {hook} is a plain function",
                function,
                "Write 'async def', or say isolation='inline' or 'process'",
            )


def _check_manifest(code: Any, info: ComponentInfo, manifest: ComponentInfo) -> None:
    if info.id != manifest.id:
        _fail(
            f"The manifest calls it {manifest.id!r}, the code {info.id!r}",
            code,
            "Make them equal; `aios plugin build` writes the manifest from the code",
        )
    # The wording of summaries and schemas may change with a release of pydantic; what the planner relies on may not.
    names = [name for name in info.__struct_fields__ if name not in ("object", "summary", "config")]
    wrong = [
        f"{name} (manifest {getattr(manifest, name)!r}, code {getattr(info, name)!r})"
        for name in names
        if getattr(info, name) != getattr(manifest, name)
    ]
    if wrong:
        _fail(
            f"The manifest of {info.id} differs from its code in {', '.join(wrong)}",
            code,
            "Write the manifest anew with `aios plugin build`",
        )


# -- one method -------------------------------------------------------------------------------------------------------------


def _parameters(code: type, hook: str) -> list[inspect.Parameter]:
    parameters = list(inspect.signature(getattr(code, hook)).parameters.values())
    if not isinstance(inspect.getattr_static(code, hook), types.FunctionType):
        return parameters
    if not parameters:
        _fail(f"{code.__qualname__}.{hook} takes no self", getattr(code, hook))
    return parameters[1:]


def _check_method(hook: str, function: Callable[..., Any], parameters: list[inspect.Parameter], specification: type) -> None:
    name = function.__qualname__
    expected = _expected(getattr(specification, hook))
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY:
            _fail(f"{name} takes {parameter.name!r} by keyword only; stages are called by position", function, "Remove the '*' before it")
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            _fail(
                f"{name} takes {parameter}; a stage names the arguments it takes",
                function,
                f"Take some of {', '.join(list(expected)[:-1])}",
            )
        if parameter.default is not parameter.empty:
            _fail(f"{name} gives {parameter.name!r} a default; the host always passes it", function, "Remove the default")
        if parameter.name not in expected:
            _fail(
                f"{name} takes {parameter.name!r}; {hook} is called with {listed(list(expected)[:-1])}",
                function,
                near(parameter.name, list(expected)[:-1]) or _FIXED,
            )
    generates = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
    if generates and hook != "ingest" and not hook.endswith("_batch"):
        _fail(f"{name} is a generator; {hook} returns its result", function, "Use 'return', not 'yield'")
    if hook == "train" and inspect.iscoroutinefunction(function):
        _fail(f"{name} is async; train is a plain method", function, "Write 'def train'; nothing else goes on beside it")
    if hook == "ingest" and (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)):
        _fail(f"{name} is async; ingest is a plain generator", function, "Write 'def ingest'; the host runs it in a worker")
    _check_annotations(hook, function, parameters, expected)


def _check_annotations(hook: str, function: Callable[..., Any], parameters: list[inspect.Parameter], expected: Mapping[str, Any]) -> None:
    hints = _hints(hook, function)
    for parameter in parameters:
        wanted = expected[parameter.name]
        if parameter.name not in hints:
            _fail(f"{function.__qualname__} does not annotate {parameter.name!r}", function, f"Write '{parameter.name}: {_name(wanted)}'")
        if not _takes(hints[parameter.name], wanted):
            _fail(
                f"{function.__qualname__} takes {parameter.name}: {_name(hints[parameter.name])}, but is given {_name(wanted)}",
                function,
                f"Write '{parameter.name}: {_name(wanted)}'",
            )
    if "return" not in hints:
        _fail(f"{function.__qualname__} does not say what it returns", function, f"Write '-> {_name(expected['return'])}'")
    if not _returns(hints["return"], expected["return"]):
        _fail(
            f"{function.__qualname__} returns {_name(hints['return'])}; {hook} returns {_name(expected['return'])}",
            function,
            f"Write '-> {_name(expected['return'])}'",
        )


@cache
def _expected(hook: Callable[..., Any]) -> Mapping[str, Any]:
    # Pillow's Image is only known to type checkers, so that the contract costs no import of it.
    return typing.get_type_hints(hook, vars(stages) | hook.__globals__, {"Image": Any})


def _hints(hook: str, function: Callable[..., Any]) -> dict[str, Any]:
    code: Any = inspect.unwrap(function)
    # Names of the contract resolve even where a module imports them for type checkers only; its own names win.
    names = {name: value for name, value in vars(stages).items() if not name.startswith("_")} | code.__globals__
    try:
        annotations = dict(code.__annotations__)
        if hook == "render" and str(annotations.get("return")).endswith("Image"):
            annotations["return"] = Any  # Pillow is imported for type checkers only, if the author is wise
        return typing.get_type_hints(types.SimpleNamespace(__annotations__=annotations), code.__globals__, names)
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        _fail(
            f"The annotations of {function.__qualname__} cannot be resolved: {error}",
            function,
            "Import the names it uses at the top of the module",
        )


def _members(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)


def _takes(given: Any, wanted: Any) -> bool:
    if given in (Any, object):
        return True
    if len(_members(given)) > 1:
        return any(_takes(member, wanted) for member in _members(given))
    given_class, wanted_class = typing.get_origin(given) or given, typing.get_origin(wanted) or wanted
    if not isinstance(given_class, type) or not isinstance(wanted_class, type) or not issubclass(wanted_class, given_class):
        return False
    items = typing.get_args(given)
    return not items or all(map(_takes, items, typing.get_args(wanted)))


def _returns(given: Any, wanted: Any) -> bool:
    if wanted is Any:
        return given is not type(None)
    if issubclass(typing.get_origin(wanted) or object, collections.abc.Iterable):
        origin, items = typing.get_origin(given), typing.get_args(given)
        if not isinstance(origin, type) or not issubclass(origin, collections.abc.Iterable) or not items:
            return False
        held = items[:1] if issubclass(origin, collections.abc.Generator) else tuple(item for item in items if item is not Ellipsis)
        return not issubclass(origin, collections.abc.Mapping) and all(_returns(item, typing.get_args(wanted)[0]) for item in held)
    return all(
        isinstance(member, type) and any(isinstance(allowed, type) and issubclass(member, allowed) for allowed in _members(wanted))
        for member in _members(given)
    )


def _name(hint: Any) -> str:
    if isinstance(hint, type) and not typing.get_args(hint):
        return "None" if hint is type(None) else hint.__name__
    if len(_members(hint)) > 1:
        return " | ".join(map(_name, _members(hint)))
    origin, items = typing.get_origin(hint), typing.get_args(hint)
    if origin is not None and items:
        return f"{origin.__name__}[{', '.join('...' if item is Ellipsis else _name(item) for item in items)}]"
    return "Image" if hint is Any else str(hint).removeprefix("typing.")
