"""check_manifest: the manifest says what the code says, or the difference is shown."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from aios_sdk.errors import ContractError, ManifestError
from aios_sdk.plugins import build_manifest, manifest_text, parse_manifest
from aios_sdk.plugins._names import FIRST_PARTY
from aios_sdk.testing import check_manifest

from .conftest import Site

CODE = """
    from aios_sdk.plugins import ComponentConfig, component
    from aios_sdk.records import Document, Extraction, Route
    from aios_sdk.stages import implements

    @component("acme.finder", media_types=["image/*"])
    class Finder:
        '''Finds a lot.'''

        class Config(ComponentConfig):
            pattern: str = r"\\d+"

        def __init__(self, config: Config) -> None: ...

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    @component("acme.decide", version="1")
    def decide(document: Document) -> Route:
        return Route(destination="x")
    """


def test_what_is_built_from_the_code_passes(site: Site) -> None:
    site.install("acme_kit_built", code=CODE)
    path = site.path / "acme_kit_built" / "aios_plugin.toml"
    text = manifest_text(build_manifest("acme_kit_built"))
    path.write_text(text)
    check_manifest("acme_kit_built")
    manifest = parse_manifest(text)
    assert [info.id for info in manifest.components] == ["acme.decide", "acme.finder"]
    assert manifest.contract == {"extract": 1, "route": 1}
    assert manifest.components[1].config_schema["properties"]["pattern"]["default"] == "\\d+"


def test_the_order_and_layout_of_a_manifest_by_hand_do_not_matter(site: Site) -> None:
    site.install("acme_kit_hand", code=CODE)
    first, second = build_manifest("acme_kit_hand").components
    config = second.config.replace(",", ", ").replace("\\", "\\\\").replace('"', '\\"')
    path = site.path / "acme_kit_hand" / "aios_plugin.toml"
    path.write_text(f"""
manifest = 1
sdk = ">=0.1"
namespace = "acme"
contract = {{ route = 1, extract = 1 }}

[[components]]
id = "acme.finder"
media_types = [ "image/*" ]
object = "acme_kit_hand:Finder"
stages = ["extract"]
summary = "Finds a lot."
isolation = "inline"
config = "{config}"

[[components]]
id = "{first.id}"
object = "acme_kit_hand:decide"
stages = ["route"]
version = "1"
""")
    check_manifest("acme_kit_hand")


@pytest.mark.parametrize(
    ("was", "now", "shown"),
    [
        ('media_types = ["image/*"]', 'media_types = ["*/*"]', '+media_types = ["image/*"]'),
        ("Finds a lot.", "Finds little.", '+summary = "Finds a lot."'),
        ("extract = 1", "extract = 1\nroute = 1", "-route = 1"),
        ('id = "acme.finder"', 'id = "acme.founder"', '+id = "acme.finder"'),
        ("acme_kit_drift:Finder", "acme_kit_drift:Fynder", '+object = "acme_kit_drift:Finder"'),
        ('"default":"\\\\d+"', '"default":"x"', "+config ="),
    ],
)
def test_every_difference_is_shown(was: str, now: str, shown: str, site: Site) -> None:
    site.install("acme_kit_drift", code=CODE[: CODE.index('@component("acme.decide"')])
    path = site.path / "acme_kit_drift" / "aios_plugin.toml"
    text = manifest_text(build_manifest("acme_kit_drift"))
    assert was in text
    path.write_text(text.replace(was, now))
    with pytest.raises(AssertionError) as raised:
        check_manifest("acme_kit_drift")
    assert shown in str(raised.value)
    assert "aios plugin build acme_kit_drift" in str(raised.value)


FIRST_PARTY_MANIFESTS = sorted(Path(__file__).parents[2].glob("plugins/*/src/*/aios_plugin.toml"))


def test_the_manifests_of_this_repository_are_found() -> None:
    assert FIRST_PARTY_MANIFESTS


@pytest.mark.parametrize("path", FIRST_PARTY_MANIFESTS, ids=lambda path: path.parent.name)
def test_the_install_hints_know_every_component_of_this_repository(path: Path) -> None:
    distribution = path.parents[2].name
    for info in parse_manifest(path.read_text(encoding="utf-8"), str(path)).components:
        assert FIRST_PARTY.get(info.id) == distribution, f"{info.id} is missing from the install hints"


def test_a_component_that_the_manifest_forgot_is_shown(site: Site) -> None:
    site.install("acme_kit_forgot", code=CODE)
    path = site.path / "acme_kit_forgot" / "aios_plugin.toml"
    text = manifest_text(build_manifest("acme_kit_forgot"))
    path.write_text(text[: text.rindex("[[components]]")])
    with pytest.raises(AssertionError, match=r"\+id = \"acme.finder\""):
        check_manifest("acme_kit_forgot")


def test_components_in_submodules_are_found_and_exported_ones_named_by_the_package(site: Site) -> None:
    site.install("acme_kit_deep", code="from acme_kit_deep._inner import Finder\n")
    (site.path / "acme_kit_deep" / "_inner.py").write_text(dedent(CODE))
    objects = {info.id: info.object for info in build_manifest("acme_kit_deep").components}
    assert objects == {"acme.finder": "acme_kit_deep:Finder", "acme.decide": "acme_kit_deep._inner:decide"}
    assert "acme_kit_deep._inner" in sys.modules


def test_a_package_without_components_or_with_two_namespaces_is_refused(site: Site) -> None:
    site.install("acme_kit_empty", code="")
    with pytest.raises(ManifestError, match="declares no component"):
        build_manifest("acme_kit_empty")
    site.install("acme_kit_mixed", code=CODE.replace("acme.decide", "other.decide"))
    with pytest.raises(ManifestError, match="lies outside of the namespace"):
        build_manifest("acme_kit_mixed")


def test_a_component_that_breaks_the_contract_is_refused(site: Site) -> None:
    site.install("acme_kit_wrong", code=CODE.replace("document: Document) -> Extraction", "document) -> Extraction"))
    with pytest.raises(ContractError, match="does not annotate 'document'"):
        build_manifest("acme_kit_wrong")
