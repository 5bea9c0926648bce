"""Registration checks: what is wrong with a component is said when it is added, with the definition and the fix."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pydantic
import pytest

from aios_sdk.errors import AiosError, ContractError, StepError
from aios_sdk.plugins import ComponentConfig, check_component, component, declaration_of
from aios_sdk.records import Checks, Classification, Document, Example, Extraction, Route, Source, Training
from aios_sdk.stages import Context, implements

if TYPE_CHECKING:
    from PIL import Image


def refusal(target: Any) -> str:
    """The text of the ContractError, which names this file and the line of the definition."""
    with pytest.raises(ContractError) as raised:
        check_component(target)
    text = str(raised.value)
    assert __file__ in text
    assert raised.value.fix
    return text


def test_an_unannotated_argument_is_refused() -> None:
    class Wrong:
        @implements
        def extract(self, document) -> Extraction:  # type: ignore[no-untyped-def]
            return Extraction()

    text = refusal(Wrong)
    assert "does not annotate 'document'" in text
    assert "def extract(self, document) -> Extraction:" in text
    assert "Write 'document: Document'" in text


def test_a_missing_return_annotation_is_refused() -> None:
    class Wrong:
        @implements
        def classify(self, document: Document):  # type: ignore[no-untyped-def]
            return Classification()

    assert "does not say what it returns" in refusal(Wrong)
    assert "Write '-> Classification'" in refusal(Wrong)


def test_an_argument_of_the_wrong_type_is_refused() -> None:
    class Wrong:
        @implements
        def extract(self, document: Source) -> Extraction:
            return Extraction()

    assert "takes document: Source, but is given Document" in refusal(Wrong)


def test_a_result_of_the_wrong_type_is_refused() -> None:
    class Wrong:
        @implements
        def extract(self, document: Document) -> Classification:
            return Classification()

    assert "returns Classification; extract returns Extraction" in refusal(Wrong)


def test_a_result_that_may_be_none_is_refused() -> None:
    class Wrong:
        @implements
        def extract(self, document: Document) -> Extraction | None:
            return None

    assert "returns Extraction | None; extract returns Extraction" in refusal(Wrong)


def test_an_annotation_that_cannot_be_resolved_is_refused() -> None:
    class Wrong:
        @implements
        def extract(self, document: Dokument) -> Extraction:  # type: ignore[name-defined]  # noqa: F821
            return Extraction()

    assert "cannot be resolved: name 'Dokument' is not defined" in refusal(Wrong)


def test_wider_arguments_and_fewer_of_them_are_fine() -> None:
    class Wide:
        @implements
        def extract(self, document: object) -> Extraction:
            return Extraction()

        @implements
        def check(self, context: Context | None, document: Document | Source) -> Checks:
            return Checks()

        @implements
        def route(self) -> Route:
            return Route(destination="x")

    checked = check_component(Wide)
    assert checked.info.stages == ("extract", "check", "route")
    assert checked.arguments == {"extract": ("document",), "check": ("context", "document"), "route": ()}


def test_a_keyword_only_argument_is_refused() -> None:
    class Wrong:
        @implements
        def extract(self, *, document: Document) -> Extraction:
            return Extraction()

    assert "takes 'document' by keyword only" in refusal(Wrong)


@pytest.mark.parametrize("shape", ["*documents", "**documents"])
def test_collecting_arguments_are_refused(shape: str) -> None:
    class Star:
        @implements
        def extract(self, *documents: Document) -> Extraction:
            return Extraction()

    class Stars:
        @implements
        def extract(self, **documents: Document) -> Extraction:
            return Extraction()

    assert "a stage names the arguments it takes" in refusal(Star if shape == "*documents" else Stars)


def test_a_default_value_is_refused() -> None:
    class Wrong:
        @implements
        def extract(self, document: Document, context: Context | None = None) -> Extraction:
            return Extraction()

    assert "gives 'context' a default; the host always passes it" in refusal(Wrong)


def test_an_argument_that_the_stage_does_not_have_is_refused() -> None:
    class Wrong:
        @implements
        def extract(self, doc: Document) -> Extraction:
            return Extraction()

    assert "takes 'doc'; extract is called with 'document', 'context'" in refusal(Wrong)


def test_a_generator_is_refused_outside_of_ingest() -> None:
    class Wrong:
        @implements
        def extract(self, document: Document) -> Extraction:  # type: ignore[misc]
            yield Extraction()

    assert "is a generator; extract returns its result" in refusal(Wrong)


@pytest.mark.parametrize("hint", ["Iterator", "Generator", "Iterable", "tuple", "list"])
def test_ingest_may_be_any_iterable_of_documents_and_sources(hint: str) -> None:
    class Reader:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield Document.of()

    Reader.ingest.__annotations__["return"] = {
        "Iterator": Iterator[Document],
        "Generator": Generator[Source, None, int],
        "Iterable": Iterable[Document | Source],
        "tuple": tuple[Document, ...],
        "list": list[Source],
    }[hint]
    assert check_component(Reader).info.stages == ("ingest",)


@pytest.mark.parametrize("hint", [Document, Iterator, Iterator[Extraction], Mapping[str, Document], Iterator[Document | None]])
def test_ingest_of_anything_else_is_refused(hint: Any) -> None:
    class Reader:
        @implements
        def ingest(self, source: Source) -> Any:
            return []

    Reader.ingest.__annotations__["return"] = hint
    assert "ingest returns Iterator[Document | Source]" in refusal(Reader)


def test_an_async_ingest_is_refused() -> None:
    class Wrong:
        @implements
        async def ingest(self, source: Source) -> AsyncIterator[Document]:
            yield Document.of()

    assert "is async; ingest is a plain generator" in refusal(Wrong)


@pytest.mark.parametrize("option", ["wrapper", "hookwrapper", "tryfirst", "trylast", "optionalhook"])
def test_order_and_wrappers_are_refused(option: str) -> None:
    class Wrong:
        @implements(**{option: True})  # type: ignore[call-overload, untyped-decorator]
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert f"is marked with {option}; a stage has neither order nor wrappers" in refusal(Wrong)


def test_a_misspelt_stage_is_refused_with_the_near_name() -> None:
    class Wrong:
        @implements
        def sumarize(self, document: Document) -> Extraction:
            return Extraction()

    text = refusal(Wrong)
    assert "there is no stage 'sumarize'" in text
    assert "Did you mean 'summarize'" in text


def test_a_class_without_a_stage_is_refused_and_told_what_to_mark() -> None:
    class Wrong:
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert "implements no stage" in refusal(Wrong)
    assert "Put @implements above extract" in refusal(Wrong)


def test_a_batch_companion_without_its_stage_is_refused() -> None:
    class Wrong:
        @implements
        def classify(self, document: Document) -> Classification:
            return Classification()

        @implements
        def extract_batch(self, documents: Sequence[Document]) -> list[Extraction]:
            return []

    assert "extract_batch is a companion without its stage" in refusal(Wrong)


def test_a_batch_companion_takes_any_sequence_and_gives_results_or_errors() -> None:
    class Batch:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

        @implements
        def extract_batch(self, documents: Iterable[Document]) -> list[Extraction | StepError]:
            return []

    assert check_component(Batch).arguments["extract_batch"] == ("documents",)


def test_a_batch_companion_that_demands_a_list_is_refused() -> None:
    class Wrong:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

        @implements
        def extract_batch(self, documents: list[Document]) -> list[Extraction]:
            return []

    assert "takes documents: list[Document], but is given Sequence[Document]" in refusal(Wrong)


class Settings(ComponentConfig):
    mark: str = "!"


def test_a_config_without_an_init_is_refused() -> None:
    class Wrong:
        Config = Settings

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert "has a Config, but no __init__ that takes it" in refusal(Wrong)


def test_an_init_that_needs_more_than_the_configuration_is_refused() -> None:
    class Wrong:
        def __init__(self, config: Settings, model: str) -> None: ...

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert "__init__ cannot be called with one argument, the configuration" in refusal(Wrong)


def test_a_config_of_another_kind_is_refused() -> None:
    class Wrong:
        class Config(pydantic.BaseModel):
            mark: str = "!"

        def __init__(self, config: Config) -> None: ...

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert "is no subclass of ComponentConfig" in refusal(Wrong)


def test_an_abstract_config_is_refused() -> None:
    class Abstract(ComponentConfig, ABC):
        @abstractmethod
        def rules(self) -> str: ...

    class Wrong:
        Config = Abstract

        def __init__(self, config: Abstract) -> None: ...

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert "Config of" in refusal(Wrong)
    assert "is abstract; it lacks 'rules'" in refusal(Wrong)


def test_train_belongs_to_extract_or_classify_and_is_declared() -> None:
    @component("acme.learner", trains=True)
    class Learner:
        @implements
        def classify(self, document: Document) -> Classification:
            return Classification()

        @implements
        def train(self, examples: Sequence[Example], folder: Path) -> Training:
            raise NotImplementedError

    assert check_component(Learner).arguments["train"] == ("examples", "folder")

    class Undeclared(Learner):
        pass

    assert "implements train, but is declared with trains=False" in refusal(Undeclared)

    @component("acme.judge", trains=True)
    class Judge:
        @implements
        def route(self, document: Document) -> Route:
            return Route(review=True)

        @implements
        def train(self, examples: Sequence[Example], folder: Path) -> Training:
            raise NotImplementedError

    assert "train is a companion without its stage" in refusal(Judge)


def test_render_belongs_to_ingest_and_is_declared() -> None:
    @component("acme.reader", renders=True)
    class Reader:
        @implements
        def ingest(self, source: Source) -> Iterator[Document]:
            yield Document.of()

        @implements
        def render(self, document: Document, page: int, dpi: int) -> Image.Image:
            raise NotImplementedError

    assert check_component(Reader).arguments["render"] == ("document", "page", "dpi")

    class Undeclared(Reader):
        pass

    assert "implements render, but is declared with renders=False" in refusal(Undeclared)

    @component("acme.drawer", renders=True)
    class Drawer:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert "does not implement render, but is declared with renders=True" in refusal(Drawer)


def test_isolation_follows_async_def_and_must_fit_it() -> None:
    class Caller:
        @implements
        async def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert declaration_of(Caller).isolation == "async"
    assert check_component(Caller).info.isolation == "async"
    assert "isolation='inline', but extract is async" in refusal(component("acme.a", isolation="inline")(Caller))

    @component("acme.b", isolation="async")
    class Plain:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert "isolation='async', but extract is a plain function" in refusal(Plain)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"requires": ["txt"]}, "Invalid enum value 'txt' (in requires[0])"),
        ({"isolation": "thread"}, "Invalid enum value 'thread' (in isolation)"),
        ({"media_types": ["pdf"]}, "'pdf' is no media type"),
        ({"fields": {"total": "money"}}, "Invalid enum value 'money' (in fields[...])"),
        ({"deterministic": "mostly"}, "Invalid enum value 'mostly' (in deterministic)"),
    ],
)
def test_a_wrong_declaration_is_refused(given: dict[str, Any], said: str) -> None:
    @component("acme.a", **given)
    class Wrong:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert said in refusal(Wrong)


def test_an_id_without_a_namespace_is_refused() -> None:
    @component("ocr")
    class Wrong:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    assert "the id 'ocr' is not of the form namespace.name" in refusal(Wrong)


@component("acme.finder", requires=["text"])
class Finder:
    """Finds nothing. Whatever you do."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


def test_the_manifest_and_the_code_must_agree() -> None:
    info = declaration_of(Finder)
    assert info.summary == "Finds nothing. Whatever you do."
    assert check_component(Finder, info).info == info
    drifts: list[tuple[dict[str, Any], str]] = [
        ({"id": "acme.other"}, "The manifest calls it 'acme.other', the code 'acme.finder'"),
        ({"stages": ("extract", "check")}, "differs from its code in stages (manifest ('extract', 'check'), code ('extract',))"),
        ({"isolation": "process"}, "differs from its code in isolation (manifest 'process', code 'inline')"),
    ]
    for changes, said in drifts:
        with pytest.raises(ContractError) as raised:
            check_component(Finder, msgspec.structs.replace(info, **changes))
        assert said in str(raised.value)


def test_the_stage_of_a_function_is_told_by_what_it_returns() -> None:
    def decide(document: Document) -> Route:
        return Route(destination="x")

    info = check_component(decide).info
    assert (info.id, info.stages, info.isolation) == ("python.decide", ("route",), "inline")

    @component("acme.read", stage="ingest", version="2")
    def read(source: Source) -> Iterator[Document]:
        yield Document.of()

    info = check_component(read).info
    assert (info.id, info.stages, info.version) == ("acme.read", ("ingest",), "2")


def test_a_function_whose_stage_nothing_tells_is_refused() -> None:
    def decide(document: Document) -> Document:
        return document

    assert "The stage of" in refusal(decide)
    assert "its return annotation is Document" in refusal(decide)
    with pytest.raises(ContractError, match="its return annotation is missing"):
        check_component(lambda document: document)


def test_a_function_is_held_to_the_same_rules_as_a_method() -> None:
    def decide(doc: Document) -> Route:
        return Route(destination="x")

    def judge(document: Document, *, context: Context) -> Checks:
        return Checks()

    assert "takes 'doc'; route is called with 'document', 'context'" in refusal(decide)
    assert "takes 'context' by keyword only" in refusal(judge)


def test_a_component_without_a_definition_to_print_is_still_refused_clearly() -> None:
    built = type("Built", (), {"__module__": "nowhere"})
    with pytest.raises(AiosError, match="Built implements no stage"):
        check_component(built)
