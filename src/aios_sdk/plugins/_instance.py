"""A component with its configuration, ready to be opened and called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, final

import msgspec

from aios_sdk.errors import AiosError, ConfigurationError, ContractError
from aios_sdk.records import ValueType, digest
from aios_sdk.stages import Resources, Stage

from ._adapters import adapted, stage_of
from ._checks import Checked
from ._declare import Provided, definition
from ._manifest import ComponentInfo

if TYPE_CHECKING:
    from aios_sdk.expressions import Scope

    from ._config import ComponentConfig


#: The canonical JSON of a configuration without settings.
_NO_SETTINGS: Final = b"{}"


@final
class Implementation:
    """One hook of an instance: ``call`` gives it those arguments that it takes.

    Attributes:
        stage: the hook's name; argnames: the arguments it takes, in order; function: the bound method or function.
        is_async: whether calling it gives a coroutine; batch: its batch companion, or None.
    """

    __slots__ = ("argnames", "batch", "function", "is_async", "stage")

    def __init__(self, stage: str, function: Callable[..., Any], argnames: tuple[str, ...], batch: Implementation | None = None) -> None:
        self.stage: Final = stage
        self.function: Final = function
        self.argnames: Final = argnames
        self.is_async: Final = inspect.iscoroutinefunction(function)
        self.batch: Final = batch

    def call(self, **arguments: Any) -> Any:
        """The result of the hook, or its coroutine; arguments that it does not take are left out.

        Raises ``KeyError`` when one that it takes is missing, and whatever the hook raises.
        """
        return self.function(*[arguments[name] for name in self.argnames])

    def behind(
        self,
        argnames: tuple[str, ...],
        arguments: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        result: Callable[[Any], Any] = lambda result: result,
    ) -> Implementation:
        """This one behind other arguments and another result, for adapters: it takes ``argnames``, is called with what ``arguments``
        makes of them, and gives what ``result`` makes of its result. What is asynchronous stays so."""

        def call(*given: Any) -> Any:
            return result(self.call(**arguments(dict(zip(argnames, given, strict=True)))))

        async def call_async(*given: Any) -> Any:
            return result(await self.call(**arguments(dict(zip(argnames, given, strict=True)))))

        return Implementation(self.stage, call_async if self.is_async else call, argnames)


@final
class Instance:
    """A component with its configuration. Made by `Registry.create`; cheap until ``open``.

    Attributes:
        info: what is declared about it; settings: its validated configuration, None where it has none.
        version: of its distribution, or its own; code_digest: SHA-256 of its code, None when that cannot be known.
        unkeyed: why its results cannot be memoized; empty when they can.
    """

    def __init__(
        self,
        checked: Checked,
        code: Any,
        settings: ComponentConfig | None,
        *,
        version: str,
        code_digest: str | None,
        unkeyed: str = "",
        existing: object = None,
    ) -> None:
        self.info: Final[ComponentInfo] = checked.info
        self.settings: Final = settings
        self.version: Final = version
        self.code_digest: Final = code_digest
        self._arguments: Final = checked.arguments
        self._older: Final = checked.older
        self._code: Final = code
        self._object: Final[Any] = existing if existing is not None else self._construct()
        self._unkeyed: Final = unkeyed or ("" if code_digest else "its source code cannot be read")
        self._implementations: dict[str, Implementation | None] = {}
        self._is_open = False

    @cached_property
    def config(self) -> ComponentConfig:
        """Its validated configuration; an empty one where it has none."""
        if self.settings is not None:
            return self.settings
        from ._config import ComponentConfig  # and pydantic, which takes longer than all else that most components need

        return ComponentConfig()

    @property
    def unkeyed(self) -> str:
        """Why results cannot be memoized; empty when they can."""
        return self._unkeyed or self._digest_of_config[1]

    @property
    def config_digest(self) -> str:
        """SHA-256 of the configuration, with files by content and without fields marked irrelevant; empty when it has no canonical form."""
        return self._digest_of_config[0]

    @property
    def config_json(self) -> str:
        """The configuration as canonical JSON, for the record; empty when it has no canonical form."""
        if self.settings is None:
            return _NO_SETTINGS.decode()
        from ._config import config_json

        try:
            return config_json(self.settings)
        except TypeError:
            return ""

    @cached_property
    def _digest_of_config(self) -> tuple[str, str]:
        if self.settings is None:
            return digest(_NO_SETTINGS), ""
        from ._config import config_digest

        try:
            return config_digest(self.settings), ""
        except TypeError as error:
            return "", str(error)

    @cached_property
    def provided(self) -> Provided:
        """What it provides under this configuration, with the fields that it always provides.

        Raises `ContractError` when its ``provides`` fails or gives something else than `Provided`.
        """
        provides = getattr(self._code, "provides", None)
        if provides is None:
            return Provided(fields=self.info.fields)
        try:
            found = provides(self.config)
        except AiosError:
            raise
        except Exception as error:
            raise self._broken(f"provides failed: {type(error).__name__}: {error}", provides) from error
        if not isinstance(found, Provided):
            raise self._broken(f"provides gave {type(found).__name__}, not Provided", provides)
        try:
            checked = msgspec.convert(msgspec.to_builtins(found), Provided)
        except (msgspec.ValidationError, TypeError) as error:
            raise self._broken(f"provides gave something wrong: {error}; types of fields are {ValueType.__args__}", provides) from error  # type: ignore[attr-defined]
        return msgspec.structs.replace(checked, fields={**self.info.fields, **checked.fields})

    def _broken(self, what: str, code: Any) -> ContractError:
        return ContractError(
            f"{self.info.id}: {what}\n{definition(code)}", fix="Correct the plugin, or report it to its author", component=self.info.id
        )

    def bind(self, scope: Scope, stage: Stage | None = None) -> None:
        """Give the component what earlier steps provide, and the stage it stands in, so that it can compile its expressions.

        A ``bind`` that takes one argument gets the scope alone. Its errors pass through.
        """
        bind = getattr(self._object, "bind", None)
        if bind is not None:
            bind(*(scope, stage)[: len(inspect.signature(bind).parameters)])

    @property
    def opens(self) -> bool:
        """Whether there is anything to open or to close."""
        return hasattr(self._object, "open") or hasattr(self._object, "close")

    def open(self, resources: Resources) -> None:
        """Let the component prepare what is heavy; once until `close`. Its errors pass through, and it may be opened again after them."""
        if self._is_open:
            return
        if hasattr(self._object, "open"):
            self._object.open(resources)
        self._is_open = True

    def close(self) -> None:
        """Let go of what ``open`` took; doing so twice, or without ``open``, does nothing."""
        if not self._is_open:
            return
        self._is_open = False
        if hasattr(self._object, "close"):
            self._object.close()

    def implementation(self, stage: str) -> Implementation | None:
        """Its implementation of ``stage`` (or of ``render``), None when it has none."""
        if stage not in self._implementations:
            self._implementations[stage] = self._bound(stage)
        return self._implementations[stage]

    def _bound(self, stage: str) -> Implementation | None:
        if stage not in self._arguments:
            return None
        companion = f"{stage}_batch"
        batch = self._bound(companion) if companion in self._arguments else None
        function = getattr(self._object, stage) if isinstance(self._code, type) else self._code
        found = Implementation(stage, function, self._arguments[stage], batch)
        version = self._older.get(stage_of(stage))
        if version is None:
            return found
        found = adapted(found, stage_of(stage), version)
        return Implementation(stage, found.function, found.argnames, batch)

    def __repr__(self) -> str:
        return f"Instance({self.info.id!r}{'' if self.settings is None else f', {self.settings!r}'})"

    def _construct(self) -> object:
        code, id = self._code, self.info.id
        if not isinstance(code, type):
            return code
        try:
            return code() if code.__init__ is object.__init__ else code(self.config)  # type: ignore[misc]  # compared, not called
        except AiosError:
            raise
        except Exception as error:
            raise ConfigurationError(
                f"{id} does not accept its configuration: {type(error).__name__}: {error}",
                fix=f"See `aios plugin inspect {id}` for its settings",
                component=id,
            ) from error


def no_settings(id: str, given: Mapping[str, Any] | ComponentConfig, own: ComponentConfig) -> None:
    """Refuse settings other than its ``own`` for an instance that has them already. Raises `ConfigurationError`."""
    if given and given != own:
        raise ConfigurationError(
            f"{id} is an instance that has its configuration already", fix="Leave out config=, or give the class", component=id
        )
