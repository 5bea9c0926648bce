"""The configuration digest: equal settings give one, different ones another, and content counts rather than place."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk.errors import ConfigurationError, ContractError
from aios_sdk.plugins import ComponentConfig, InputFile, ModelReference, Registry, base_folder, component, model_references
from aios_sdk.plugins._config import config_digest, config_json
from aios_sdk.records import Document, Extraction
from aios_sdk.stages import implements


def finder(kind: type[ComponentConfig]) -> Registry:
    @component("test.finder", version="1")
    class Finder:
        Config = kind

        def __init__(self, config: ComponentConfig) -> None: ...

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    made = Registry()
    made.add(Finder)
    return made


def digest(kind: type[ComponentConfig], **settings: Any) -> str:
    instance = finder(kind).create("test.finder", settings)
    assert instance.unkeyed == ""
    return instance.config_digest


class Plain(ComponentConfig):
    language: str = "eng"
    limits: dict[str, Decimal] = pydantic.Field(default_factory=dict)
    threads: int = pydantic.Field(default=1, json_schema_extra={"memo": False})


@given(st.dictionaries(st.text(max_size=5), st.decimals(allow_nan=False, allow_infinity=False), max_size=4), st.text(max_size=5))
def test_the_order_of_settings_does_not_count_and_their_values_do(limits: dict[str, Decimal], language: str) -> None:
    backwards = dict(reversed(limits.items()))
    assert digest(Plain, language=language, limits=limits) == digest(Plain, limits=backwards, language=language)
    assert digest(Plain, language=language, limits=limits) != digest(Plain, language=language + "x", limits=limits)


def test_a_default_that_is_written_out_makes_no_difference() -> None:
    assert digest(Plain) == digest(Plain, language="eng")


def test_a_setting_that_does_not_change_results_stays_out() -> None:
    assert digest(Plain, threads=4) == digest(Plain)


class WithFile(ComponentConfig):
    rules: InputFile | None = None


def test_a_file_counts_by_its_content(tmp_path: Path) -> None:
    for name, text in [("a.yaml", "one"), ("b.yaml", "one"), ("c.yaml", "two")]:
        (tmp_path / name).write_text(text)
    digests = [digest(WithFile, rules=tmp_path / name) for name in ("a.yaml", "b.yaml", "c.yaml")]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("given_", "said"), [("nowhere.yaml", "rules = 'nowhere.yaml': there is no file 'nowhere.yaml'"), (7, "give the path of a file")]
)
def test_what_is_no_file_is_refused(given_: Any, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        finder(WithFile).create("test.finder", {"rules": given_})
    assert said in str(raised.value)


class WithModel(ComponentConfig):
    model: ModelReference | None = None
    others: tuple[ModelReference, ...] = ()


def test_a_folder_of_a_model_counts_by_its_files(tmp_path: Path) -> None:
    for name, weights in [("a", "one"), ("b", "one"), ("c", "two")]:
        (tmp_path / name / "parts").mkdir(parents=True)
        (tmp_path / name / "parts" / "weights.json").write_text(weights)
    digests = [digest(WithModel, model=tmp_path / name) for name in ("a", "b", "c")]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("given_", "name", "version"), [("kinds", "kinds", "champion"), ("kinds@3", "kinds", "3"), ("kinds@challenger", "kinds", "challenger")]
)
def test_a_model_of_the_store_is_named_with_a_version_or_an_alias(given_: str, name: str, version: str) -> None:
    found = ModelReference(given_)
    assert (found.name, found.version, found.folder) == (name, version, None)


def test_a_folder_of_a_model_starts_where_files_do(tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "weights.json").write_text("{}")
    with base_folder(tmp_path):
        assert ModelReference("./kinds").folder == tmp_path / "kinds"


@pytest.mark.parametrize("wrong", ["two words", "kinds@", "kinds@0", "kinds@Champion", "./nowhere", "", 7])
def test_what_is_no_model_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"names no model|no folder with the files of a model|give the name of a model"):
        finder(WithModel).create("test.finder", {"model": wrong})


def test_the_models_of_a_configuration_are_found_wherever_they_are() -> None:
    config = WithModel(model=ModelReference("kinds"), others=(ModelReference("kinds"), ModelReference("dates@2")))
    assert model_references(config) == ("kinds", "dates@2")
    assert WithModel.model_validate_json(config.model_dump_json()) == config


class Colour(Enum):
    RED = "red"


class Inner(pydantic.BaseModel):
    total: Decimal


class Other(pydantic.BaseModel):
    total: int


class Rich(ComponentConfig):
    model: type[pydantic.BaseModel] = Inner
    colours: frozenset[Colour] = frozenset({Colour.RED})
    since: dt.date = dt.date(2026, 1, 1)
    folder: Path = Path("x")
    key: bytes = b"\xff"
    inner: Inner = Inner(total=Decimal("1.50"))
    secret: pydantic.SecretStr = pydantic.SecretStr("a")


def test_models_dates_sets_and_bytes_have_a_digest() -> None:
    assert digest(Rich) == digest(Rich, model=Inner)
    assert digest(Rich) != digest(Rich, model=Other)
    assert digest(Rich) != digest(Rich, inner=Inner(total=Decimal("1.51")))


def test_a_secret_never_enters_the_digest() -> None:
    assert digest(Rich, secret="one") == digest(Rich, secret="two")


def test_a_setting_without_a_canonical_form_makes_results_unkeyed() -> None:
    class Hooked(ComponentConfig):
        clean: Annotated[Callable[[str], str], pydantic.WithJsonSchema({"type": "string"})]

    instance = finder(Hooked).create("test.finder", {"clean": str.strip})
    assert instance.unkeyed == "clean holds a method_descriptor, which has no canonical form"
    assert instance.config_digest == ""


def test_a_config_without_a_json_schema_is_refused() -> None:
    class Hooked(ComponentConfig):
        clean: Callable[[str], str]

    with pytest.raises(ContractError, match="has no JSON schema: Cannot generate a JsonSchema"):
        finder(Hooked)


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(pydantic.ValidationError):
        Plain().language = "deu"


def test_a_component_without_settings_is_made_without_importing_pydantic() -> None:
    code = (
        "import sys; from aios_sdk import Document, Extraction, Registry, component, implements\n"
        "@component('test.plain', provides=['text'])\n"
        "class Plain:\n"
        "    @implements\n"
        "    def extract(self, document: Document) -> Extraction: ...\n"
        "registry = Registry(); registry.add(Plain); made = registry.create('test.plain')\n"
        "print(made.config_json, made.config_digest, made.unkeyed, repr(made)); print(*sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    first, loaded = said.splitlines()
    assert first.startswith(f"{config_json(ComponentConfig())} {config_digest(ComponentConfig())} ")
    assert not {"pydantic", "duckdb", "asyncio"} & set(loaded.split())


def test_a_component_without_settings_has_an_empty_configuration_and_refuses_any() -> None:
    @component("test.plain", provides=["text"])
    class Plain:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    registry = Registry()
    registry.add(Plain)
    made = registry.create("test.plain")
    assert (made.settings, made.config) == (None, ComponentConfig())
    assert registry.create("test.plain", ComponentConfig()).config_digest == made.config_digest
    with pytest.raises(ConfigurationError, match="language"):
        registry.create("test.plain", {"language": "deu"})
