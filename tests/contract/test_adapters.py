"""A plugin that was built for an older version of a stage runs where there is an adapter, and is refused with the next step where not."""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aios_sdk import (
    AiosDeprecation,
    Classification,
    Context,
    ContractError,
    Document,
    Extraction,
    Outcome,
    Pipeline,
    PluginError,
    Policy,
    Registry,
    Resources,
    Route,
    Scope,
    Source,
    Store,
    implements,
)
from aios_sdk.expressions import DOCUMENT_ATTRIBUTES
from aios_sdk.plugins import Implementation, check_component
from aios_sdk.plugins._adapters import ADAPTERS, Adapter, specification
from aios_sdk.stages import STAGE_VERSIONS, Stage, Stages

from ._running import LETTER
from ._wheel import WHEELS

# The adapters here are told of; one test says how.
pytestmark = pytest.mark.filterwarnings("ignore::aios_sdk.AiosDeprecation")

WHEEL = WHEELS / "0.1.0" / "acme_seven-1.0.0-py3-none-any.whl"
GONE = AiosDeprecation("AIOS-D901", "Version 1 of the stage", "0.2.0", "0.4.0", "Build the plugin anew for version 2")

SOURCE = Source(name="letter.txt", data=LETTER.encode())

Raise = Callable[..., None]


@pytest.fixture(autouse=True)
def _wheel_on_the_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", [str(WHEEL), *sys.path])
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_seven"]:
        del sys.modules[name]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(run="r", step="s", scratch=tmp_path)


@pytest.fixture
def host_has(monkeypatch: pytest.MonkeyPatch) -> Raise:
    """Makes this host one with ``version`` of ``stage``, with hooks of its own where they are given."""

    def change(stage: Stage, version: int, **hooks: Callable[..., Any]) -> None:
        monkeypatch.setitem(STAGE_VERSIONS, stage, version)  # type: ignore[arg-type]  # no Mapping at run time
        for name, hook in hooks.items():
            monkeypatch.setattr(Stages, name, specification(hook))

    return change


@pytest.fixture
def adapt(monkeypatch: pytest.MonkeyPatch) -> Raise:
    """Registers an adapter from ``version`` of ``stage``."""

    def register(stage: Stage, version: int, wrap: Callable[[Implementation], Implementation], old: type = Stages) -> None:
        monkeypatch.setitem(ADAPTERS, (stage, version), Adapter(old, wrap, GONE))

    return register


def _plain(old: Implementation) -> Implementation:
    return old


def _registry() -> Registry:
    return Registry.discover(Policy(), path=[str(WHEEL)])


def _opened(registry: Registry, id: str, hook: str, context: Context) -> Implementation:
    instance = registry.create(id)
    instance.bind(Scope(attributes=DOCUMENT_ATTRIBUTES))
    instance.open(Resources(scratch=context.scratch))
    found = instance.implementation(hook)
    assert found is not None
    return found


def _outcome(pipeline: Pipeline, folder: Path) -> Outcome:
    (folder / "letter.txt").write_text(LETTER.replace("attached", "enclosed"), encoding="utf-8")
    with Store(folder / "s.aios") as store:
        [outcome] = pipeline.run(folder / "letter.txt", store=store, registry=_registry(), progress=False)
    return outcome


# -- refused -------------------------------------------------------------------------------------------------------------------


def test_without_an_adapter_an_older_plugin_is_refused_unimported_and_told_what_to_do(host_has: Raise) -> None:
    host_has("extract", 2)
    [plugin] = _registry().plugins
    assert (plugin.state, plugin.reason) == ("discovered", "It implements version 1 of extract; this SDK has 2")
    assert plugin.failure is not None
    assert plugin.failure.cause == "The plugin was built for an older aios-sdk"
    assert plugin.fix == "Run `pip install --upgrade acme-seven`, or install the release of aios-sdk that it was built for"
    with pytest.raises(PluginError, match="version 1 of extract"):
        _registry().create("acme.gist")  # no part of it is used
    assert "acme_seven" not in sys.modules


def test_a_plugin_that_is_newer_than_the_host_is_refused_and_told_what_to_do(host_has: Raise) -> None:
    host_has("extract", 0)
    [plugin] = _registry().plugins
    assert plugin.reason == "It implements version 1 of extract; this SDK has 0"
    assert plugin.fix == "Run `pip install --upgrade aios-sdk`, or install an older release of acme-seven"


def test_a_version_that_is_adapted_no_more_is_refused_with_the_oldest_that_is(host_has: Raise, adapt: Raise) -> None:
    host_has("extract", 3)
    adapt("extract", 2, _plain)
    [plugin] = _registry().plugins
    assert plugin.reason == "It implements version 1 of extract; this SDK has 3 and still adapts version 2"


# -- adapted -------------------------------------------------------------------------------------------------------------------


class Extract1:
    """The hooks of extract as version 1 had them."""

    extract = vars(Stages)["extract"]
    extract_batch = vars(Stages)["extract_batch"]


def _extract_2(self: Any, whole: Document, context: Context) -> Extraction:  # type: ignore[empty-body]
    """What is called ``document`` in version 1."""


def _renamed(old: Implementation) -> Implementation:
    if old.stage == "extract_batch":
        return old
    return old.behind(("whole", "context"), lambda given: {"document": given["whole"], "context": given["context"]})


def test_a_renamed_argument_reaches_a_plugin_that_knows_the_old_name(host_has: Raise, adapt: Raise, context: Context) -> None:
    host_has("extract", 2, extract=_extract_2)
    adapt("extract", 1, _renamed, Extract1)
    registry = _registry()
    assert registry.plugins[0].state == "allowed"
    found = _opened(registry, "acme.amounts", "extract", context)
    letter = next(iter(_opened(registry, "acme.letter", "ingest", context).call(source=SOURCE, context=context)))
    assert [field.text for field in found.call(whole=letter, context=context).fields] == ["12.50", "7.00", "12.50", "7.00"]
    assert found.batch is not None
    assert [len(each.fields) for each in found.batch.call(documents=[letter], context=context)] == [4]


def test_a_changed_result_is_made_of_the_old_one_also_where_it_is_awaited(host_has: Raise, adapt: Raise, context: Context) -> None:
    def loud(result: Classification) -> Classification:
        return Classification(labels=tuple(msgspec.structs.replace(label, value=label.value.upper()) for label in result.labels))

    def to_2(old: Implementation) -> Implementation:
        if old.stage == "classify":
            return old.behind(("document", "context"), dict, loud)
        return old.behind(("documents", "context"), dict, lambda results: [loud(result) for result in results])

    host_has("classify", 2)
    adapt("classify", 1, to_2)
    outcome = _outcome(Pipeline("p").ingest().classify("acme.kind"), context.scratch)
    assert (outcome.status, [label.value for label in outcome.document.layers.labels]) == ("completed", ["INVOICE"])
    found = _opened(_registry(), "acme.kind", "classify", context)
    assert found.is_async
    assert found.batch is not None
    [result] = asyncio.run(found.batch.call(documents=[outcome.document], context=context))
    assert result.labels[0].value == "INVOICE"


def test_what_is_yielded_and_the_companion_with_a_name_of_its_own_are_adapted(host_has: Raise, adapt: Raise, context: Context) -> None:
    def named(parts: Iterable[Document | Source]) -> Iterator[Document | Source]:
        for part in parts:
            yield msgspec.structs.replace(part, name="new") if isinstance(part, Source) else part

    def to_2(old: Implementation) -> Implementation:
        if old.stage == "render":  # which counts pages from 1 now
            return old.behind(("document", "page", "dpi"), lambda given: {**given, "page": given["page"] - 1})
        return old.behind(("source", "context"), dict, named)

    host_has("ingest", 2)
    adapt("ingest", 1, to_2)
    parts = list(_opened(_registry(), "acme.letter", "ingest", context).call(source=SOURCE, context=context))
    assert [part.name for part in parts] == ["", "new"]
    assert _opened(_registry(), "acme.letter", "render", context).call(document=parts[0], page=2, dpi=72).size == (595, 842)


def test_adapters_form_a_chain_to_the_version_of_the_host(host_has: Raise, adapt: Raise, context: Context) -> None:
    def to(place: str) -> Callable[[Implementation], Implementation]:
        return lambda old: old.behind(("document",), dict, lambda route: Route(destination=f"{route.destination}, {place}"))

    host_has("route", 3)
    adapt("route", 1, to("second"))
    adapt("route", 2, to("third"))
    assert _opened(_registry(), "acme.desk", "route", context).call(document=Document()).destination == "desk, second, third"


def test_an_adapter_is_told_of_when_the_component_is_loaded_and_not_before(host_has: Raise, adapt: Raise) -> None:
    host_has("summarize", 2)
    adapt("summarize", 1, _plain)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        registry = _registry()
        registry.create("acme.desk")
        assert caught == []
        registry.create("acme.gist")
        registry.create("acme.gist")
    [told] = caught
    assert told.category is AiosDeprecation
    assert str(told.message) == (
        "[AIOS-D901] Version 1 of the stage. Deprecated since 0.2.0, removed in 0.4.0. Build the plugin anew for version 2. "
        "(acme.gist of the distribution 'acme-seven')"
    )


# -- checked -------------------------------------------------------------------------------------------------------------------


class Whole:
    """Written for version 2."""

    @implements
    def extract(self, whole: Document) -> Extraction:
        return Extraction()


class Old:
    """Written for version 1."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


def test_a_component_is_held_to_the_hooks_of_its_own_version(host_has: Raise, adapt: Raise) -> None:
    host_has("extract", 2, extract=_extract_2)
    adapt("extract", 1, _renamed, Extract1)
    assert check_component(Whole).older == {}
    assert check_component(Old, contract={"extract": 1, "route": 1}).older == {"extract": 1}
    with pytest.raises(ContractError, match="takes 'whole'; extract is called with 'document', 'context'"):
        check_component(Whole, contract={"extract": 1})
    with pytest.raises(ContractError, match="takes 'document'; extract is called with 'whole', 'context'"):
        Registry().add(Old)  # what stands beside the host is written for it
