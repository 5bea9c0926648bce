"""The registry: which component fits, and how one is made; never by the order of installation."""

from __future__ import annotations

import importlib
import itertools
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.errors import AmbiguousComponent, ConfigurationError, ContractError, PluginError, UnknownComponent, Unsupported
from aios_sdk.expressions import Scope
from aios_sdk.plugins import ComponentConfig, ComponentInfo, InputFile, Policy, Provided, Registry, base_folder, component, declaration_of
from aios_sdk.plugins._code import _file_digest, dependencies
from aios_sdk.records import Document, Extraction, Route, Source
from aios_sdk.stages import Resources, implements

from .conftest import CODE, Site


def reader(id: str, *media_types: str, priority: int = 0) -> type:
    @component(id, media_types=media_types or ("*/*",), priority=priority)
    class Reader:
        @implements
        def ingest(self, source: Source) -> Iterator[Document]:
            yield Document.of()

    Reader.__qualname__ = Reader.__name__ = id.partition(".")[2].title()
    return Reader


def registry(*components: Any) -> Registry:
    made = Registry()
    for each in components:
        made.add(each)
    return made


def test_the_most_specific_media_type_wins_then_priority() -> None:
    made = registry(
        reader("acme.any", priority=9),
        reader("acme.images", "image/*", priority=5),
        reader("acme.png", "image/png"),
        reader("acme.fast", "image/*", priority=6),
    )
    choice = made.choose("ingest", "image/png")
    assert choice.component.id == "acme.png"
    assert choice.rejected == (
        ("acme.fast", "names image/png less closely"),
        ("acme.images", "names image/png less closely"),
        ("acme.any", "names image/png less closely"),
    )
    choice = made.choose("ingest", "image/tiff")
    assert (choice.component.id, choice.rejected[0]) == ("acme.fast", ("acme.images", "priority 5 is below 6"))
    assert made.choose("ingest", "text/plain").component.id == "acme.any"


def test_equal_candidates_are_an_error_that_lists_them() -> None:
    made = registry(reader("acme.b", "image/*"), reader("acme.a", "image/*"), reader("acme.c"))
    with pytest.raises(AmbiguousComponent, match=r"equally well: acme\.a, acme\.b\. Name one .*, such as \.ingest\('acme\.a'\)"):
        made.choose("ingest", "image/png")
    assert made.choose("ingest", "image/png", name="acme.b").component.id == "acme.b"


@given(st.lists(st.tuples(st.sampled_from(["*/*", "image/*", "image/png"]), st.integers(0, 2)), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_the_choice_does_not_depend_on_the_order_of_adding(wanted: list[tuple[str, int]]) -> None:
    classes = [reader(f"acme.r{number}", media_type, priority=priority) for number, (media_type, priority) in enumerate(wanted)]

    def answer(order: tuple[type, ...]) -> Any:
        try:
            choice = registry(*order).choose("ingest", "image/png")
            return choice.component.id, choice.rejected
        except AmbiguousComponent as error:
            return str(error)

    assert len({answer(order) for order in itertools.permutations(classes)}) == 1


def test_no_candidate_is_an_error_that_names_what_was_not_used(site: Site) -> None:
    site.install("acme_finder", id="acme.finder")
    made = Registry.discover(Policy(deny=("acme-finder",)), path=[str(site.path)])
    with pytest.raises(UnknownComponent, match=r"No component implements extract .*\. Not used: acme\.finder \(.* is not admitted"):
        made.choose("extract", "text/plain")
    with pytest.raises(UnknownComponent, match="No installed plugin names this media type"):
        Registry().choose("ingest", "text/plain")


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    made = registry(reader("acme.reader"))
    with pytest.raises(UnknownComponent, match=r"There is no component 'acme\.raeder'\. Did you mean 'acme\.reader'\?"):
        made.resolve("acme.raeder")
    with pytest.raises(UnknownComponent, match=r"There are 'acme\.reader'"):
        made.resolve("completely.different")


def test_a_missing_first_party_component_is_answered_with_how_to_install_it() -> None:
    with pytest.raises(UnknownComponent, match="pip install aios-tesseract"):
        Registry().resolve("tesseract")
    with pytest.raises(UnknownComponent, match="pip install aios-text"):
        Registry().resolve("aios.lexical")


def test_a_short_name_means_first_party() -> None:
    made = registry(reader("aios.reader"))
    assert made.resolve("reader").id == "aios.reader"


def test_a_component_without_the_stage_is_refused_with_those_that_have_it() -> None:
    made = registry(reader("acme.reader"))
    with pytest.raises(UnknownComponent, match=r"acme\.reader has no stage route; it implements ingest\. Components for route: none"):
        made.resolve("acme.reader", "route")
    assert made.resolve("acme.reader", "ingest").id == "acme.reader"


@component("acme.finder", requires=["text"], fields={"found": "boolean"})
class Finder:
    """Finds what it is told to."""

    class Config(ComponentConfig):
        language: str = "eng"
        pages: int = 1

    opened = 0

    def __init__(self, config: Config) -> None:
        self.config = config
        self.scope: Any = None

    @classmethod
    def provides(cls, config: Config) -> Provided:
        return Provided(fields={config.language: "decimal"})

    def bind(self, scope: Any) -> None:
        self.scope = scope

    def open(self, resources: Resources) -> None:
        self.opened += 1

    def close(self) -> None:
        self.opened -= 10

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()

    @implements
    def extract_batch(self, documents: list[Document] | Any) -> list[Extraction]:
        return [Extraction() for _ in documents]


def test_an_instance_says_what_it_is() -> None:
    instance = registry(Finder).create("acme.finder", {"language": "deu"})
    assert instance.config == Finder.Config(language="deu")
    assert instance.provided == Provided(fields={"found": "boolean", "deu": "decimal"})
    assert len(instance.code_digest or "") == 64
    assert instance.unkeyed == ""
    assert instance.version == ""


def test_an_implementation_is_given_the_arguments_it_takes() -> None:
    instance = registry(Finder).create("acme.finder")
    found = instance.implementation("extract")
    assert found is not None
    assert (found.argnames, found.is_async) == (("document",), False)
    assert found.call(document=Document(), context=object()) == Extraction()
    assert found.batch is not None
    assert found.batch.call(documents=[Document()] * 2, context=None) == [Extraction()] * 2
    assert instance.implementation("extract") is found
    assert instance.implementation("route") is None


def test_an_async_implementation_says_so() -> None:
    class Caller:
        @implements
        async def extract(self, document: Document) -> Extraction:
            return Extraction()

    found = registry(Caller).create("python.caller").implementation("extract")
    assert found is not None
    assert found.is_async


def test_opening_and_closing_happen_once(tmp_path: Path) -> None:
    instance = registry(Finder).create("acme.finder")
    built = instance._object
    assert isinstance(built, Finder)
    instance.close()
    assert built.opened == 0
    for _ in range(2):
        instance.open(Resources(scratch=tmp_path))
    assert built.opened == 1
    instance.close()
    instance.close()
    assert built.opened == -9
    scope = Scope()
    instance.bind(scope, "extract")
    assert built.scope is scope


def test_a_bind_that_takes_two_arguments_is_given_the_stage_too() -> None:
    class Bound:
        given: Any = None

        def bind(self, scope: Scope, stage: str) -> None:
            self.given = (scope, stage)

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    instance = registry(Bound).create("python.bound")
    scope = Scope()
    instance.bind(scope, "extract")
    assert vars(instance._object)["given"] == (scope, "extract")


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"langage": "deu"}, "there is no key 'langage'. Did you mean 'language'? Allowed keys: language, pages"),
        ({"pages": "many"}, "pages = 'many': input should be a valid integer"),
        ({"pages": "many", "x": 1}, "unable to parse string as an integer; there is no key 'x'"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_key_named(given_: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        registry(Finder).create("acme.finder", given_)
    assert said in str(raised.value)
    assert raised.value.component == "acme.finder"


def test_a_missing_setting_is_refused_with_the_key_named() -> None:
    class Needy:
        class Config(ComponentConfig):
            output: str

        def __init__(self, config: Config) -> None: ...

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    with pytest.raises(ConfigurationError, match="the key 'output' is missing"):
        registry(Needy).create("python.needy")


def test_a_component_without_a_config_takes_no_settings() -> None:
    with pytest.raises(ConfigurationError, match=r"there is no key 'language'\. Allowed keys: none"):
        registry(reader("acme.reader")).create("acme.reader", {"language": "x"})


def test_an_init_that_fails_is_a_configuration_error_and_its_own_errors_pass() -> None:
    class Picky:
        def __init__(self, config: ComponentConfig) -> None:
            raise ValueError("no such alphabet")

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    class Refusing(Picky):
        def __init__(self, config: ComponentConfig) -> None:
            raise Unsupported("not on this machine")

    with pytest.raises(ConfigurationError, match=r"python\.picky does not accept its configuration: ValueError: no such alphabet"):
        registry(Picky).create("python.picky")
    with pytest.raises(Unsupported):
        registry(Refusing).create("python.refusing")


MONEY: Any = {"a": "money"}


@pytest.mark.parametrize(("returned", "said"), [(1 / 3, "gave float, not Provided"), (Provided(fields=MONEY), "enum value 'money'")])
def test_a_wrong_answer_of_provides_is_refused(returned: Any, said: str) -> None:
    class Odd:
        @classmethod
        def provides(cls, config: ComponentConfig) -> Any:
            return returned

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    with pytest.raises(ContractError, match=said):
        _ = registry(Odd).create("python.odd").provided


def test_a_function_is_a_component_and_memoized_only_with_a_version() -> None:
    def decide(document: Document) -> Route:
        return Route(destination=document.name or "nowhere")

    made = registry(decide)
    instance = made.create("python.decide")
    found = instance.implementation("route")
    assert found is not None
    assert found.call(document=Document(name="pay"), context=None) == Route(destination="pay")
    assert "memoized only when @component(id, version=...)" in instance.unkeyed
    made.add(component("acme.decide", version="3")(decide))
    versioned = made.create("acme.decide")
    assert (versioned.version, versioned.unkeyed) == ("3", "")


def test_an_instance_is_a_component_with_the_configuration_it_has() -> None:
    existing = Finder(Finder.Config(language="fra"))
    made = registry(existing)
    instance = made.create("acme.finder")
    assert instance.config == Finder.Config(language="fra")
    found = instance.implementation("extract")
    assert found is not None
    assert found.function.__self__ is existing  # type: ignore[attr-defined]  # a bound method
    assert instance.unkeyed
    assert made.create("acme.finder", instance.config).config is existing.config
    with pytest.raises(ConfigurationError, match="has its configuration already"):
        made.create("acme.finder", {"language": "x"})


def test_a_class_outside_of_a_package_is_memoized_only_with_a_version(site: Site) -> None:
    lone_code = CODE.format(id="acme.lone")
    versioned = lone_code.replace('"acme.lone"', '"acme.versioned", version="1"').replace("Finder", "Versioned")
    (site.path / "lone_script.py").write_text(f"{lone_code}\n\n{versioned}")
    site.install("acme_around", id="acme.around")
    lone, around = importlib.import_module("lone_script"), importlib.import_module("acme_around")
    made = registry(lone.Finder, lone.Versioned, around.Finder)
    assert "a class outside of a package" in made.create("acme.lone").unkeyed
    assert made.create("acme.versioned").unkeyed == ""
    assert made.create("acme.around").unkeyed == ""


def test_the_versions_of_what_a_distribution_requires_enter_its_code_digest(site: Site) -> None:
    site.install("acme_needy", id="acme.needy")
    about = site.path / "acme_needy-1.0.dist-info" / "METADATA"
    about.write_text("Metadata-Version: 2.1\nName: acme-needy\nVersion: 1.0\nRequires-Dist: acme-library>=1 ; python_version > '3'\n"
                     "Requires-Dist: aios-sdk\nRequires-Dist: acme-other ; extra == 'more'\nRequires-Dist: not-installed\n\n")  # fmt: skip
    library = site.metadata("acme-library", "acme_library")
    (library / "entry_points.txt").unlink()
    digests = []
    for version in ("1.0", "1.1", "1.0"):
        (library / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-library\nVersion: {version}\n\n")
        dependencies.cache_clear()
        digests.append(Registry.discover(path=[str(site.path)]).create("acme.needy").code_digest)
    assert dependencies("acme-needy") == ("acme-library==1.0",)
    assert digests[0] == digests[2] != digests[1]


def test_a_later_definition_of_the_same_name_replaces_the_earlier_and_another_does_not() -> None:
    made = Registry()

    def define(destination: str) -> Any:
        def decide(document: Document) -> Route:
            return Route(destination=destination)

        return decide

    for destination in ("one", "two"):
        made.add(define(destination))
    found = made.create("python.decide").implementation("route")
    assert found is not None
    assert found.call(document=Document()).destination == "two"

    def decide(document: Document) -> Route:
        return Route(destination="three")

    with pytest.raises(ContractError, match=r"The id 'python\.decide' of .* belongs to"):
        made.add(decide)


def test_what_is_installed_cannot_be_replaced_in_memory(site: Site) -> None:
    site.install("acme_finder", id="acme.finder")
    made = Registry.discover(path=[str(site.path)])
    with pytest.raises(ContractError, match="belongs to acme_finder:Finder of the distribution 'acme-finder'"):
        made.add(Finder)


def test_an_installed_component_is_created_with_its_version_and_record(site: Site) -> None:
    site.install("acme_installed", version="1.2.3")
    made = Registry.discover(path=[str(site.path)])
    instance = made.create("acme.acme-installed")
    assert (instance.version, instance.code_digest, instance.unkeyed) == ("1.2.3", made.plugins[0].installed.digest, "")
    (plugin,) = made.plugins
    assert (plugin.state, plugin.reason) == ("active", "")


def test_the_code_digest_of_an_editable_install_follows_its_files(site: Site) -> None:
    site.install("acme_source", record=False)
    first = Registry.discover(path=[str(site.path)]).create("acme.acme-source")
    assert first.code_digest != first.info.id
    (site.path / "acme_source" / "rules.yaml").write_text("a: 1\n")
    _file_digest.cache_clear()
    second = Registry.discover(path=[str(site.path)]).create("acme.acme-source")
    assert first.code_digest != second.code_digest
    (site.path / "acme_source" / "__pycache__").mkdir(exist_ok=True)
    (site.path / "acme_source" / "__pycache__" / "x.pyc").write_bytes(b"compiled")
    _file_digest.cache_clear()
    assert Registry.discover(path=[str(site.path)]).create("acme.acme-source").code_digest == second.code_digest


def test_loading_from_many_threads_imports_once(site: Site) -> None:
    site.install(
        "acme_slow",
        code="""
        import sys, time
        sys.acme_imports = getattr(sys, "acme_imports", 0) + 1
        time.sleep(0.05)
        raise RuntimeError("broken after all")
        """,
    )
    made = Registry.discover(path=[str(site.path)])
    failures = []

    def load() -> None:
        with pytest.raises(PluginError) as raised:
            made.load("acme.acme-slow")
        failures.append(str(raised.value))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    import sys

    assert len(failures) == 8
    assert sys.acme_imports == 1  # type: ignore[attr-defined]  # set by the plugin
    del sys.acme_imports  # type: ignore[attr-defined]


def test_the_default_registry_is_made_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "_default", None)
    found: list[Registry] = []
    threads = [threading.Thread(target=lambda: found.append(Registry.default())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1


def test_a_relative_input_file_starts_at_the_base_folder(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("a: 1\n")
    with pytest.raises(ValueError, match=r"there is no file 'rules\.yaml'"):
        InputFile("rules.yaml")
    with base_folder(tmp_path):
        file = InputFile("rules.yaml")
    assert file.path.read_text() == "a: 1\n"
    assert pickle.loads(pickle.dumps(file)) == file


def test_the_declaration_of_a_class_and_its_instance_are_one() -> None:
    assert declaration_of(Finder) == declaration_of(Finder(Finder.Config()))
    assert isinstance(declaration_of(Finder), ComponentInfo)
