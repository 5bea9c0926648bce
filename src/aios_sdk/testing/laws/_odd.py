"""Laws about pictures and tables that are sound, and odd."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import Document, Layers, PageInfo, Source, Table
from aios_sdk.stages import Stage

from .. import samples
from .._answers import Ingested
from .._inputs import disguised, documents_for, kinds
from .._judging import here, sound
from .._law import LawBroken, law
from .._parquet import make_table
from .._subject import Subject
from ..samples import SampleTable
from ..samples._paper import Paper, PaperHost

_PICTURES: Final = ("image/png", "image/jpeg", "image/tiff", "image/webp", "image/bmp", "image/gif")
_TYPED: Final = ("text/csv", "text/tab-separated-values")
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DPI: Final = 72


def _sees_none(info: ComponentInfo) -> str:
    if not any(map(info.accepts, _PICTURES)):
        return "it takes no pictures"
    return "" if "ingest" in info.stages or _looks_at_pages(info) else "it does not look at pictures of pages alone"


def _looks_at_pages(info: ComponentInfo) -> bool:
    return set(info.requires) == {"pages"}


def _reads_no_tables(info: ComponentInfo) -> str:
    if "ingest" in info.stages and any(map(info.accepts, (*_TYPED, _WORKBOOK))) and "*/*" not in info.media_types:
        return ""
    return "" if "tables" in {*info.requires, *info.uses} else "it reads no tables"


@law("behaviour", after=("spans-resolve",), unless=_sees_none)
def odd_images(subject: Subject) -> None:
    """Pictures of every mode, size and orientation end in a document or a refusal, and their pages can be drawn.

    One pixel, or one row of pixels; palettes, transparency, CMYK, 16 bits, black and white; turned by EXIF; a resolution of nothing, or
    none. Ask Pillow for the mode that you need (``convert``), divide by no resolution that you have not looked at, and draw pages in RGB.
    """
    from ..strategies import images

    for stage in subject.stages:
        if stage != "ingest" and not _looks_at_pages(subject.info):
            continue
        mine = [kind for kind in _PICTURES if subject.info.accepts(kind)]
        files = st.sampled_from(mine).flatmap(lambda kind: st.tuples(st.just(kind), images(kind)))

        def body(file: tuple[str, bytes], stage: Stage = stage) -> None:
            _see(subject, stage, *file)

        for kind in mine:
            for data in _strange(kind):
                body((kind, data))
        subject.forall(files, body)


def _see(subject: Subject, stage: Stage, kind: str, data: bytes) -> None:
    if stage != "ingest":
        sound(subject, stage, _drawn(kind, data))
        return
    source = disguised(kind, data)
    answer = sound(subject, stage, source)
    render = subject.warm(stage).implementation("render")
    if render is None or not isinstance(answer.result, Ingested) or answer.result.document is None:
        return
    document = Document(name=source.name, media_type=kind, content_id=source.content_id, layers=answer.layers)
    pictures: list[Any] = []
    with here():
        subject.guarded(lambda: pictures.append(_render(render, document.bind(PaperHost(data, ())))), source)  # type: ignore[arg-type,return-value]
    if pictures and (getattr(pictures[0], "mode", None) != "RGB" or min(pictures[0].size) < 1):
        raise LawBroken(f"its page is drawn as {pictures[0]!r}, and not as a picture in RGB", example=source)


def _render(render: Any, document: Document) -> Any:
    return render.call(document=document, page=0, dpi=_DPI)


def _drawn(kind: str, data: bytes) -> Document:
    """A document of one page without text, whose picture is the file."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        size = (float(image.width), float(image.height))
    source = disguised(kind, data)
    bare = Document(
        id=source.document_id, name=source.name, media_type=kind, content_id=source.content_id, size=source.size, key=source.key
    ).bind(PaperHost(data, (Paper.of("", size=size),), True))
    return bare.add("ingest.kit", Layers(pages=(PageInfo(index=0, width=size[0], height=size[1]),)))


@cache
def _strange(kind: str) -> tuple[bytes, ...]:
    """Pictures that are one pixel wide or high, or that say to have no dots per inch."""
    from PIL import Image

    found = []
    for size in ((1, 1), (1, 3000), (3000, 1), (40, 40)):
        file = io.BytesIO()
        about = {"dpi": (0, 0)} if kind in ("image/png", "image/jpeg", "image/bmp") else {}
        Image.new("L", size, 128).save(file, kind.partition("/")[2].upper(), **about)
        found.append(file.getvalue())
    return tuple(found)


@law("behaviour", after=("spans-resolve",), unless=_reads_no_tables)
def odd_tables(subject: Subject) -> None:
    """Tables as people make them end in a result or a refusal.

    Names that are doubled, empty or differ by case alone; rows that are too short or too long; a header and nothing else; a column of
    nothing; NaN, infinities and numbers beyond all types; dates before 1900 and after 9999; cells with quotes and line ends; columns of
    lists, times and bytes. ``float("inf")`` is a float, and no ``int`` or ``Decimal`` that can be kept.
    """
    for stage in subject.stages:
        if stage == "ingest":
            for source in _odd_files(subject):
                sound(subject, stage, source)
            typed = [kind for kind in kinds(subject.info) if kind in _TYPED]
            if typed:
                subject.forall(_typed_files(typed), lambda source, stage=stage: _ignore(sound(subject, stage, source)))  # type: ignore[misc]
        elif "tables" in {*subject.info.requires, *subject.info.uses}:
            drawn: list[Document] = []
            subject.forall(documents_for(subject), drawn.append, examples=1)
            for table in _odd_typed_tables():
                document = drawn[0].with_layers(_with_table(drawn[0].layers, table))
                sound(subject, stage, document)


def _typed_files(typed: list[str]) -> st.SearchStrategy[Source]:
    from ..strategies import tables_data

    def made(data: Any, kind: str, encoding: str) -> Source:
        text: str = data.csv("\t" if "tab" in kind else ",")
        return disguised(kind, text.encode(encoding, "replace"))

    return st.builds(made, tables_data(), st.sampled_from(typed), st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1252")))


def _odd_files(subject: Subject) -> Iterator[Source]:
    rows: tuple[tuple[Any, ...], ...] = (
        (1, "NaN", "0001-01-01", ""),
        (Decimal("1E+300"), "inf", "9999-12-31", "two\nlines"),
        (-1, "-Infinity", "31.02.2026", 'a "quote", and more'),
        (None, None, None, None),
        (1, "1e400"),
        (1, "x", "y", "z", "one more"),
    )
    names = ("a", "A", "", "select")
    for table in (
        SampleTable("odd", tuple((name, "VARCHAR") for name in names), rows),
        SampleTable("header", tuple((name, "VARCHAR") for name in names), ()),
        SampleTable("doubled", (("x", "VARCHAR"), ("x", "VARCHAR")), ((1, 2), (3, 4))),
        SampleTable("empty", (("x", "VARCHAR"),), ((None,), (None,))),
    ):
        for kind in kinds(subject.info):
            if kind == _WORKBOOK:
                yield disguised(kind, samples.workbook(table).data)
            elif kind in _TYPED:
                text = samples.table(table).data.decode()
                yield disguised(kind, (text.replace(",", "\t") if "tab" in kind else text).encode())


@cache
def _odd_typed_tables() -> tuple[Table, ...]:
    return (
        make_table("no rows", [("number", "BIGINT"), ("name", "VARCHAR")], []),
        make_table("nothing", [("number", "BIGINT"), ("name", "VARCHAR")], [(None, None)] * 3),
        make_table("limits", [("x", "DOUBLE")], [(float("nan"),), (float("inf"),), (float("-inf"),), (-0.0,), (5e-324,)]),
        make_table('a "name"', [('a "quote"', "VARCHAR"), ("select", "VARCHAR"), (" ", "VARCHAR")], [("x'y\"z", "a\nb", "")]),
        make_table(
            "kinds",
            [("list", "INTEGER[]"), ("time", "TIME"), ("bytes", "BLOB"), ("huge", "HUGEINT"), ("struct", "STRUCT(a INTEGER, b VARCHAR)")],
            [([1, None], "12:00:00", b"\0\xff", 2**126, {"a": 1, "b": "x"}), (None, None, None, None, None)],
        ),
    )


def _with_table(layers: Layers, table: Table) -> Layers:
    from msgspec.structs import replace

    return replace(layers, tables=(table,))


def _ignore(_: object) -> None:
    """For laws that only look at whether an answer is sound."""
