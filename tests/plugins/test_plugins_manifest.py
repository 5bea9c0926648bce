"""The manifest: what it holds, what it refuses, and that it survives being written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.errors import ManifestError
from aios_sdk.plugins import ComponentInfo, Manifest, manifest_text, parse_manifest
from aios_sdk.records import LAYERS
from aios_sdk.stages import STAGES

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PATHS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@st.composite
def infos(draw: st.DrawFn) -> ComponentInfo:
    schema = draw(st.none() | st.dictionaries(TEXT, TEXT | st.integers() | st.booleans(), max_size=3))
    return ComponentInfo(
        id=f"acme.{draw(NAMES)}",
        object=f"acme:{draw(st.sampled_from(['A', 'B.C']))}",
        summary=draw(TEXT),
        stages=tuple(draw(st.lists(st.sampled_from(STAGES), min_size=1, max_size=3, unique=True))),
        media_types=draw(st.sampled_from([("*/*",), ("image/*", "application/pdf"), ("application/vnd.ms-excel",)])),
        priority=draw(st.integers(-5, 5)),
        unit=draw(st.sampled_from(["document", "page", "rows"])),
        rows=draw(st.integers(1, 10**6)),
        isolation=draw(st.sampled_from(["inline", "async", "process"])),
        requires=tuple(draw(st.lists(st.sampled_from(LAYERS), max_size=3, unique=True))),
        fields=draw(st.dictionaries(PATHS, st.sampled_from(["text", "decimal", "date"]), max_size=3)),
        deterministic=draw(st.sampled_from([True, False, "seeded"])),
        programs=tuple(draw(st.lists(TEXT, max_size=2))),
        memory_mb=draw(st.integers(0, 10**6)),
        gpu=draw(st.booleans()),
        config="" if schema is None else json.dumps(schema, ensure_ascii=draw(st.booleans())),
    )


@given(st.lists(infos(), min_size=1, max_size=3, unique_by=lambda info: info.id))
@settings(max_examples=60, deadline=None)
def test_a_written_manifest_is_read_back_equal(components: list[ComponentInfo]) -> None:
    """parse_manifest(manifest_text(m)) == m."""
    contract = {stage: 1 for stage in STAGES if any(stage in info.stages for info in components)}
    manifest = Manifest(namespace="acme", sdk=">=0.1,<1", contract=contract, components=tuple(components))
    assert parse_manifest(manifest_text(manifest)) == manifest


def test_keys_with_their_default_are_left_out() -> None:
    info = ComponentInfo(id="acme.a", object="acme:A", stages=("extract",), rows=1000, media_types=("*/*",), fields={})
    text = manifest_text(Manifest(namespace="acme", sdk=">=0.1", contract={"extract": 1}, components=(info,)))
    assert text.endswith('[[components]]\nid = "acme.a"\nobject = "acme:A"\nstages = ["extract"]\n')


GOOD = """\
manifest = 1
namespace = "acme"
sdk = ">=0.1"

[contract]
extract = 1

[[components]]
id = "acme.ocr"
object = "acme_ocr:Ocr"
stages = ["extract"]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + 'requirs = ["text"]\n', "unknown field 'requirs' (at components[0]). Did you mean 'requires'"),
        (GOOD.replace("sdk =", "sdkk ="), "Did you mean 'sdk'?"),
        (GOOD.replace('"extract"]', '"extrakt"]'), "Invalid enum value 'extrakt' (at components[0].stages[0])"),
        (GOOD + 'unit = "sheet"\n', "Invalid enum value 'sheet' (at components[0].unit)"),
        (GOOD + "rows = 0\n", "rows must be at least 1"),
        (GOOD + 'priority = "high"\n', "Expected 'int', got 'str' (at components[0].priority)"),
        (GOOD + 'media_types = ["PDF"]\n', "'PDF' is no media type; write 'image/png'"),
        (GOOD + 'config = "{"\n', "config of acme.ocr is no JSON object"),
        (GOOD + 'config = "[]"\n', "config of acme.ocr is no JSON object"),
        (GOOD.replace('id = "acme.ocr"', 'id = "other.ocr"'), "the id 'other.ocr' lies outside of the namespace 'acme'"),
        (GOOD.replace('id = "acme.ocr"', 'id = "acme.OCR"'), "the id 'acme.OCR' is not of the form namespace.name"),
        (GOOD + GOOD[GOOD.index("[[components]]") :], "the id 'acme.ocr' is declared twice"),
        (GOOD.replace("extract = 1", "classify = 1"), "[contract] gives no version of extract; add 'extract = 1'"),
        (GOOD.replace("manifest = 1\n", ""), "has no key 'manifest'"),
        (GOOD.replace("manifest = 1", "manifest = 2"), "has manifest version 2; this SDK reads 1"),
        (GOOD.replace("manifest = 1", "manifest = "), "is no valid TOML"),
        (GOOD[: GOOD.index("[[components]]")] + "components = []\n", "unknown"),
        ('manifest = 1\nnamespace = "acme"\nsdk = ""\ncomponents = []\n[contract]\n', "it declares no component"),
    ],
)
def test_a_broken_manifest_is_refused_with_the_place_named(text: str, said: str) -> None:
    if said == "unknown":  # components under [contract] is an easy slip
        said = "Invalid enum value 'components' (at key"
    with pytest.raises(ManifestError) as raised:
        parse_manifest(text, "acme_ocr:aios_plugin.toml")
    assert said in str(raised.value)
    assert "acme_ocr:aios_plugin.toml" in str(raised.value)


def test_a_media_type_is_matched_exactly_then_by_kind_then_by_anything() -> None:
    info = ComponentInfo(id="acme.a", object="a:A", stages=("extract",), media_types=("image/png", "image/*"))
    assert [info.specificity(media_type) for media_type in ("image/png", "image/tiff", "text/plain")] == [3, 2, 0]
    anything = ComponentInfo(id="acme.b", object="a:B", stages=("extract",))
    assert anything.specificity("text/plain") == 1
    assert anything.accepts("text/plain")
    assert not info.accepts("text/plain")
