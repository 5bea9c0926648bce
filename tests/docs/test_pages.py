"""Every page runs as it stands, and leads where it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import aios_sdk
from tests.conftest import REPOSITORY

from ._pages import blocks, name_of, pages
from ._running import Reader

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_the_page_runs_as_it_stands(page: Path, desk: Path) -> None:
    reader = Reader(page, desk)
    for block in blocks(page):
        reader.read(block)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_no_block_of_the_page_is_overlooked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(re.findall("```|~~~", _FENCED.sub("", text))) == 0, "a fence is indented, not closed, or of another kind"


@pytest.mark.parametrize("page", [*pages(), REPOSITORY / "CHANGELOG.md"], ids=name_of)
def test_every_link_of_the_page_leads_somewhere(page: Path) -> None:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    for target in _LINK.findall(text):
        if re.match(r"[a-z]+://", target):
            continue
        file, _, anchor = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        assert place.exists(), f"{name_of(page)} links to {target}"
        if anchor:
            anchors = {_anchor(heading) for heading in _HEADING.findall(place.read_text(encoding="utf-8"))}
            assert anchor in anchors, f"{name_of(page)} links to {target}"


def test_every_page_of_the_documentation_is_reached_from_its_first_page() -> None:
    reached, waiting = set(), [REPOSITORY / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        links = [target.partition("#")[0] for target in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
        waiting.extend((page.parent / target).resolve() for target in links if target)
    assert set((REPOSITORY / "docs").rglob("*.md")) <= reached


@pytest.mark.parametrize("name", [name for name in aios_sdk.__all__ if not name.startswith("__")])
def test_every_public_name_is_in_the_reference(name: str) -> None:
    reference = "".join(page.read_text(encoding="utf-8") for page in sorted((REPOSITORY / "docs" / "reference").glob("*.md")))
    assert re.search(rf"`(?:class )?{name}\b", reference) or re.search(rf"^#+ (?:AIOS-\d+ )?{name}$", reference, re.MULTILINE)


@pytest.mark.parametrize("plugin", sorted((REPOSITORY / "plugins").iterdir()), ids=lambda plugin: plugin.name)
def test_every_plugin_says_how_it_is_installed_and_used(plugin: Path) -> None:
    page = plugin / "README.md"
    assert f"pip install {plugin.name}" in page.read_text(encoding="utf-8")
    assert any(block.language in ("python", "yaml") for block in blocks(page))


def test_the_map_for_contributors_is_the_tree() -> None:
    page = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\| `([^`]+)` \|.*\| (?:`([^`]+)`|[^|]*) \|$", page, re.MULTILINE)
    assert len(rooms) > 10
    for room, start in rooms:
        assert (REPOSITORY / room).exists(), room
        if start and start != "itself":
            assert ((REPOSITORY / room) / start).exists(), f"{room}{start}"
    inside = {path.name for path in (REPOSITORY / "src" / "aios_sdk").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert inside == {Path(room).name for room, _ in rooms if room.startswith("src/aios_sdk/") and room.endswith("/")}


def _anchor(heading: str) -> str:
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
