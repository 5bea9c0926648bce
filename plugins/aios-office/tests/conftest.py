"""Fixtures of this plugin's tests: real documents, and small ones made of the XML that matters."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aios_office import Office

from aios_sdk import AiosError, Context, Document, Region, Source

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODP = "application/vnd.oasis.opendocument.presentation"
RTF = "application/rtf"
EPUB = "application/epub+zip"


class Read(NamedTuple):
    """What a component gave, and the error it ended with."""

    given: list[Document | Source]
    error: AiosError | None

    @property
    def document(self) -> Document:
        return next(each for each in self.given if isinstance(each, Document))

    @property
    def parts(self) -> dict[str, bytes]:
        return {each.name: each.read() for each in self.given if isinstance(each, Source)}

    @property
    def text(self) -> str:
        return self.document.text

    def quoted(self, region: Region) -> str:
        return self.document.pages[region.page].text[region.start : region.end]

    @property
    def outline(self) -> list[tuple[str, str]]:
        """Every region but links: its kind, with the level if it has one, and its text."""
        return [
            (f"{region.kind} {region.level}" if region.level else region.kind, self.quoted(region))
            for region in self.document.layers.regions
            if region.kind != "link"
        ]

    @property
    def links(self) -> list[tuple[str, str]]:
        return [(self.quoted(region), region.target) for region in self.document.layers.regions if region.kind == "link"]

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows of the only table."""
        (table,) = self.document.tables
        return table.relation().fetchall()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real documents; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("AIOS_CORPORA", Path(__file__).resolve().parents[3].parent / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip("no corpora: set AIOS_CORPORA to the folder of real documents")
    return folder


@pytest.fixture
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Read]:
    """Reads bytes of a media type with a component, by default `Office`."""

    def run(data: bytes, media_type: str, code: Any = Office, **config: Any) -> Read:
        context = Context(run="run", step="ingest", scratch=tmp_path_factory.mktemp("scratch"))
        given: list[Document | Source] = []
        try:
            for each in code(code.Config(**config)).ingest(Source(name="file", data=data, media_type=media_type), context):
                given.append(each)
        except AiosError as error:
            return Read(given, error)
        return Read(given, None)

    return run


@pytest.fixture
def word(read: Callable[..., Read]) -> Callable[..., Read]:
    """Reads a Word file whose body holds the given XML; ``parts`` are further parts, each with the relation to it."""

    def run(body: str, parts: Mapping[str, str | bytes] | None = None, **config: Any) -> Read:
        return read(docx_of(body, parts), DOCX, **config)

    return run


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPACES = (
    f'xmlns:w="{W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)


def docx_of(body: str, parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """A Word file; a key of ``parts`` is the type of the relation, or ``type:id``, and its value the XML within the root, or bytes."""
    roots = {"styles": "styles", "numbering": "numbering", "header": "hdr", "footer": "ftr", "footnotes": "footnotes",
             "endnotes": "endnotes", "comments": "comments", "settings": "settings"}  # fmt: skip
    relations = ""
    files: dict[str, str | bytes] = {}
    for number, (key, content) in enumerate((parts or {}).items()):
        kind, _, name = key.partition(":")
        name = name or f"auto{number}"
        target = f"{kind}-{name}" + (".xml" if isinstance(content, str) else ".png" if kind == "image" else ".bin")
        if kind == "hyperlink":
            relations += f'<Relationship Id="{name}" Type="http://x/hyperlink" Target="{content!s}" TargetMode="External"/>'
            continue
        relations += f'<Relationship Id="{name}" Type="http://x/{kind}" Target="{target}"/>'
        files[f"word/{target}"] = f"<w:{roots[kind]} {_SPACES}>{content}</w:{roots[kind]}>" if isinstance(content, str) else content
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    return zipped({
        "[Content_Types].xml": f"<Types><Override ContentType='{DOCX}.main+xml' PartName='/word/document.xml'/></Types>",
        "_rels/.rels": rels.format('<Relationship Id="rId1" Type="http://x/officeDocument" Target="word/document.xml"/>'),
        "word/document.xml": f"<w:document {_SPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": rels.format(relations),
        **files,
    })  # fmt: skip


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def p(text: str, style: str = "", more: str = "") -> str:
    """A paragraph of one run."""
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f'<w:p><w:pPr>{properties}{more}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'
