"""Laws about configuration: what is given is taken or refused by name, and what was recorded can be given again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pydantic
from pydantic_core import PydanticSerializationError

from aios_sdk.errors import AiosError, ConfigurationError
from aios_sdk.plugins import ComponentInfo
from aios_sdk.plugins._config import config_class

from .._law import LawBroken, NotApplicable, law
from .._subject import Subject

#: A key that no component has.
_UNKNOWN: Final = "no_such_setting"
#: One value of each type that YAML and JSON have; every setting takes some of them and refuses the others.
_VALUES: Final[tuple[Any, ...]] = (None, True, 471102, -0.5, "a text of the kit", [], ["a text of the kit"], {}, {"a key of the kit": []})
#: The last words of names under which secrets are given.
_SECRET: Final = (
    "password", "passwd", "passphrase", "api_key", "apikey", "access_key", "secret_key", "client_secret", "access_token", "auth_token",
    "api_token", "bearer_token", "credentials",
)  # fmt: skip
_CONFIDENTIAL: Final = "hush-471102"


def _no_config(info: ComponentInfo) -> str:
    return "" if info.config else "it takes no configuration"


def _no_settings(info: ComponentInfo) -> str:
    return "" if info.config_schema.get("properties") else "it has no settings"


def _made_already(code: Any) -> str:
    return "" if isinstance(code, type) else "it was given as an instance, which has its configuration already"


def _nothing_secret(code: Any) -> str:
    return _made_already(code) or ("" if _called_like_secrets(code) else "none of its settings is called like a secret")


@law("contract", after=("loads",), unless=_no_config, lacking=_made_already)
def refuses_unknown_settings(subject: Subject) -> None:
    """A setting that it does not have is refused, and the error names it.

    Otherwise a misspelt setting is silently left out, and the run goes on with the default. `ComponentConfig` refuses unknown keys by
    itself; leave ``extra`` in its ``model_config`` alone, and let validators of the whole model pass on what they do not know.
    """
    error = _refusal(subject, {**subject.config, _UNKNOWN: 1})
    if error is None:
        raise LawBroken("it takes a setting that it does not have, and says nothing", example={_UNKNOWN: 1})
    _check_refusal(error, _UNKNOWN, {_UNKNOWN: 1})


@law("contract", after=("refuses-unknown-settings",), unless=_no_settings, lacking=_made_already)
def names_the_wrong_setting(subject: Subject) -> None:
    """A value of a wrong type is refused when the component is made, by a configuration error that names the setting.

    Configuration comes out of YAML files and the environment, where a number stands for a text and a text for a list. pydantic refuses
    and names it; validators that run before its checks (``mode="before"``) are given whatever was written and must not take it for
    a text. Check values in ``Config`` by ``Field(ge=0)`` or a validator that raises ``ValueError``, not in ``__init__`` or ``open``.
    """
    refused = 0
    for name in _keys(subject.load()):
        for value in _VALUES:
            error = _refusal(subject, {**subject.config, name: value})
            if error is not None:
                _check_refusal(error, name, {name: value})
                refused += 1
    if not refused:
        raise NotApplicable("its settings take values of any type")


@law("contract", after=("names-the-wrong-setting",), unless=_no_config, lacking=_made_already)
def configuration_round_trips(subject: Subject) -> None:
    """The configuration written as JSON and read again is the same configuration.

    A run is repeated, and a pipeline copied, by what was recorded of its configuration. A validator must take its own result and leave
    it as it is: what adds a prefix, divides by 100 or splits a text does so once more when it is read again. What JSON cannot hold needs
    a serializer.
    """
    first = subject.registry.create(subject.info.id, subject.config)
    try:
        written = first.config.model_dump(mode="json", warnings=False)
    except PydanticSerializationError as error:
        raise LawBroken(f"the configuration cannot be written as JSON: {error}", example=subject.config) from error
    # Secrets are written as stars; they are given again by whoever has them.
    written |= {name: value for name in written if _is_secret(value := getattr(first.config, name))}
    try:
        second = subject.registry.create(subject.info.id, written)
    except AiosError as error:
        raise LawBroken(f"it does not take its own configuration: {error.what}", example=written) from error
    if first.config != second.config or first.config_digest != second.config_digest:
        changed = [name for name in type(first.config).model_fields if getattr(first.config, name) != getattr(second.config, name)]
        raise LawBroken(
            f"read again, {', '.join(changed) or 'its digest'} is another: "
            + "; ".join(f"{name} = {getattr(first.config, name)!r} becomes {getattr(second.config, name)!r}" for name in changed[:3]),
            example=written,
        )


@law("contract", after=("names-the-wrong-setting",), unless=_no_settings, lacking=_nothing_secret)
def secrets_are_no_settings(subject: Subject) -> None:
    """What is confidential is not recorded with the configuration.

    The configuration of every component goes into the store and into pipeline files in plain text. A password or key belongs into
    ``@component(secrets=["ACME_KEY"])``, and is handed to ``open`` as ``resources.secrets``; a setting that has to take one is a
    ``pydantic.SecretStr``, which is recorded without its value.
    """
    for name in _called_like_secrets(subject.load()):
        try:
            instance = subject.registry.create(subject.info.id, {**subject.config, name: _CONFIDENTIAL})
        except ConfigurationError:
            continue
        if _CONFIDENTIAL in instance.config_json:
            raise LawBroken(f"the setting {name!r} is recorded in plain text", example={name: _CONFIDENTIAL})


def _called_like_secrets(code: type) -> list[str]:
    return [name for name in _keys(code) if any(name == word or name.endswith(f"_{word}") for word in _SECRET)]


def _keys(code: type) -> list[str]:
    """What its settings are called where they are given."""
    config = config_class(code)
    by_name = config.model_config.get("populate_by_name") or config.model_config.get("validate_by_name")
    aliases = {name: None if by_name else field.validation_alias for name, field in config.model_fields.items()}
    return [alias if isinstance(alias, str) else name for name, alias in aliases.items()]


def _refusal(subject: Subject, config: Mapping[str, Any]) -> Exception | None:
    """What is raised when it is made with ``config``."""
    try:
        subject.registry.create(subject.info.id, config)
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        return error
    return None


def _check_refusal(error: Exception, name: str, example: Mapping[str, Any]) -> None:
    if not isinstance(error, ConfigurationError):
        raise LawBroken(f"{example!r} makes it raise {type(error).__name__}: {error}; not ConfigurationError", example=example)
    if name not in str(error):
        raise LawBroken(f"{example!r} is refused without naming {name!r}: {error.what}", example=example)


def _is_secret(value: Any) -> bool:
    if isinstance(value, pydantic.SecretStr | pydantic.SecretBytes):
        return True
    if isinstance(value, pydantic.BaseModel):
        return any(_is_secret(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, Mapping):
        return any(map(_is_secret, value.values()))
    return isinstance(value, list | tuple | set | frozenset) and any(map(_is_secret, value))
