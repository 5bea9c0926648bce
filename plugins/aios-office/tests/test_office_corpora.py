"""Real files: each is read, every region fits, and nothing that another library sees is missing."""

from __future__ import annotations

import re
from pathlib import Path

import docx
import pptx
import pytest

from aios_sdk.records import check_spans

from .conftest import DOCX, ODP, ODT, PPTX, RTF

TYPES = {".docx": DOCX, ".pptx": PPTX, ".odt": ODT, ".odp": ODP, ".rtf": RTF}


@pytest.fixture(scope="module")
def files(corpora: Path) -> list[Path]:
    found = sorted(each for kind in ("ingest", "hostile") for each in (corpora / kind).rglob("*") if each.suffix in TYPES)
    assert len(found) >= 20
    return found


def follow(wanted: str, text: str, at: int = 0) -> int:
    """Where the words of ``wanted`` have been found in ``text`` from ``at`` on, one after the other."""
    for word in re.findall(r"\w+", wanted):
        at = text.find(word, at)
        assert at >= 0, f"{word!r} of {wanted!r} is missing"
        at += len(word)
    return at


def test_every_file_is_read_and_its_regions_cover_its_text(files, read):
    for path in files:
        found = read(path.read_bytes(), TYPES[path.suffix])
        assert found.error is None, path.name
        assert not list(check_spans(found.document, found.document.layers)), path.name
        for page in found.document.pages:
            at = 0
            for region in found.document.layers.regions:
                if region.page == page.index and region.kind != "link":
                    assert region.start >= at, path.name
                    assert not page.text[at : region.start].strip(), path.name
                    at = region.end
            assert not page.text[at:].strip(), path.name


def test_no_paragraph_or_cell_that_python_docx_sees_is_missing(files, read):
    seen = 0
    for path in files:
        if path.suffix == ".docx":
            document = docx.Document(str(path))
            text = read(path.read_bytes(), DOCX).text.replace("\u2011", "-")
            at = 0
            for paragraph in document.paragraphs:  # in their order
                at = follow(paragraph.text, text, at)
                seen += bool(paragraph.text.strip())
            cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
            edges = [each.text for section in document.sections for part in (section.header, section.footer) for each in part.paragraphs]
            for each in cells + edges:
                follow(each, text)
                seen += bool(each.strip())
    assert seen >= 150


def test_no_text_of_a_shape_or_note_that_python_pptx_sees_is_missing(files, read):
    seen = 0
    for path in files:
        if path.suffix == ".pptx":
            found = read(path.read_bytes(), PPTX)
            for slide, page in zip(pptx.Presentation(str(path)).slides, found.document.pages, strict=True):
                frames = [shape.text_frame for shape in slide.shapes if shape.has_text_frame]
                frames += [cell.text_frame for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells]
                frames += [slide.notes_slide.notes_text_frame] if slide.has_notes_slide and slide.notes_slide.notes_text_frame else []
                for each in (paragraph.text for frame in frames for paragraph in frame.paragraphs):
                    follow(each, page.text)
                    seen += bool(each.strip())
    assert seen >= 50
