"""Laws about pages: how a picture is packed, and blank pages behind the others, change nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from msgspec.structs import replace

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import Document, Layers, PageInfo, Source, digest, to_json
from aios_sdk.stages import Stage

from .. import samples
from .._answers import Answer
from .._law import LawBroken, NotApplicable, law
from .._subject import Subject
from ..samples._paper import PaperHost
from ._metamorphic import STEADY, drawn, same, varies


def _only_drawn(info: ComponentInfo) -> str:
    return varies(info) or ("" if info.accepts("image/png") else "it takes no PNG")


def _only_found_on_pages(info: ComponentInfo) -> str:
    stages = {"ingest", "extract", "redact"} & set(info.stages)
    return varies(info) or ("" if stages else "what it says of a whole document may well rest on the number of its pages")


@law("operation", after=STEADY, unless=_only_drawn)
def lossless_images(subject: Subject) -> None:
    """A picture that is packed otherwise, with every pixel the same, gives the same answer.

    PNG files of one picture differ in compression and comments. A result must rest on the pixels, and not on the bytes, their number or
    the comments: scanners change, and the page does not. Who draws pages of PNG and of TIFF files must draw one picture alike from both.
    """
    looked = False
    for stage in subject.stages:
        for sample in (samples.page_image(), samples.scan()):
            packed = _packed_otherwise(sample.data)
            if stage == "ingest":
                looked = True
                source = sample.source()
                other = replace(source, data=packed, content_id=digest(packed), size=len(packed))
                before, after = subject.answer(stage, source), subject.answer(stage, other)
                same(before, after, "as it was", "packed otherwise", example=other, mapped={other.content_id: source.content_id})
                _drawn_alike(subject, sample, before)
            else:
                looked |= _seen_alike(subject, stage, sample, packed)
    if not looked:
        raise NotApplicable("it looks at no picture")


def _seen_alike(subject: Subject, stage: Stage, sample: samples.Sample, packed: bytes) -> bool:
    """Whether the component looked at the picture or the bytes; raises when it tells the two files apart."""
    document = sample.document(read="text" in subject.info.requires)
    if any(not getattr(document.layers, layer) for layer in subject.info.requires):
        return False
    other = replace(document, content_id=digest(packed), size=len(packed))
    hosts = _Looking(document.__dict__["_lent_by"]), _Looking(PaperHost(packed, sample.papers, True))
    before = subject.answer(stage, replace(document).bind(hosts[0]))
    after = subject.answer(stage, other.bind(hosts[1]))
    if hosts[0].looked:
        same(before, after, "as it was", "packed otherwise", example=document, mapped={other.content_id: document.content_id})
    return hosts[0].looked


def _drawn_alike(subject: Subject, sample: samples.Sample, answer: Answer) -> None:
    """The same pixels from a PNG and a TIFF that say no resolution, where the component draws both."""
    if not (subject.info.renders and subject.info.accepts("image/tiff") and answer.refusal is None):
        return
    pictures = []
    for kind, media_type in (("PNG", "image/png"), ("TIFF", "image/tiff")):
        data = _resaved(sample.data, kind)
        source = replace(sample.source(), data=data, media_type=media_type, content_id=digest(data), size=len(data))
        found = subject.answer("ingest", source)
        if found.refusal is not None:
            raise LawBroken(f"it reads a picture as PNG and refuses it as {kind}: {found.refusal.what}", example=source)
        document = Document(id="1", media_type=media_type, content_id=source.content_id, layers=found.layers)
        render = subject.warm("ingest").implementation("render")
        assert render is not None  # it declares that it draws
        pictures.append(render.call(document=document.bind(PaperHost(data, (), True)), page=0, dpi=72).convert("RGB"))
    if pictures[0].size != pictures[1].size or pictures[0].tobytes() != pictures[1].tobytes():
        sizes = " and ".join("{} x {}".format(*picture.size) for picture in pictures)
        raise LawBroken(f"one picture is drawn otherwise as TIFF than as PNG ({sizes} pixels)", example=sample.source())


class _Looking:
    """A host that remembers whether it was asked for the bytes or a picture."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self.read = self.drawn = False

    @property
    def looked(self) -> bool:
        return self.read or self.drawn

    def open(self, document: Document) -> BinaryIO:
        self.read = True
        return self._host.open(document)  # type: ignore[no-any-return]

    def render(self, document: Document, page: int, dpi: int) -> Any:
        self.drawn = True
        return self._host.render(document, page, dpi)


def _packed_otherwise(data: bytes) -> bytes:
    from PIL import Image, PngImagePlugin

    comment = PngImagePlugin.PngInfo()
    comment.add_text("Software", "another scanner")
    with Image.open(io.BytesIO(data)) as picture:
        file = io.BytesIO()
        picture.save(file, "PNG", compress_level=0, pnginfo=comment, dpi=picture.info.get("dpi"))
    return file.getvalue()


def _resaved(data: bytes, kind: str) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        file = io.BytesIO()
        picture.convert("RGB").save(file, kind)
    return file.getvalue()


@law("operation", after=(*STEADY, "blank-pages"), unless=_only_found_on_pages)
def blank_page_at_the_end(subject: Subject) -> None:
    """A blank page at the end takes away nothing that was found before it.

    Scanners that read both sides give blank pages all the time. What ingest, extract and redact found on a page (its text, words and
    tables, values with their places, what is to be masked) must be found there still; more may be found. Take care with what is looked for
    "on the last page". Confidences may change, and so may values without a place, such as the number of pages. What a summary, a label, a
    check or a route says of the whole may rest on the number of pages, and is left out.
    """
    compared = 0
    for stage in subject.stages:
        if stage == "ingest":
            pairs: Iterator[tuple[Any, Any]] = _longer_files(subject)
        elif stage in ("extract", "redact"):
            pairs = _longer_documents(subject, stage)
        else:
            continue
        for short, long in pairs:
            before, after = subject.answer(stage, short), subject.answer(stage, long)
            host = long.__dict__.get("_lent_by") if isinstance(long, Document) else None
            if isinstance(host, _OneMore) and host.read:
                continue  # it reads the bytes itself, and they have no such page
            found = [] if before.refusal is not None else list(_found(before.layers, short.content_id))
            compared += bool(found)
            _found_still(found, list(_found(after.layers, long.content_id)), after, short)
    if not compared:
        raise NotApplicable("it found nothing on any page of the kit's documents")


def _longer_files(subject: Subject) -> Iterator[tuple[Source, Source]]:
    for short, long in _longer_samples(subject):
        yield short.source(), long.source()


def _longer_samples(subject: Subject) -> Iterator[tuple[samples.Sample, samples.Sample]]:
    """Samples that the component accepts, and the same with a blank page more."""
    texts = (samples.LETTER, samples.TERMS)
    for media_type, make in (("application/pdf", samples.pdf), ("application/pdf", samples.scanned_pdf), ("image/tiff", samples.fax)):
        if subject.info.accepts(media_type):
            yield make(*texts), make(*texts, "")


def _longer_documents(subject: Subject, stage: Stage) -> Iterator[tuple[Document, Document]]:
    """Documents with pages, and the same with a blank one more."""
    needed = subject.info.requires
    for pair in islice(_longer_samples(subject), 1):
        first, second = (sample.document(read="text" in needed) for sample in pair)
        if all(getattr(first.layers, layer) for layer in needed):
            yield first, second
    for document in drawn(subject, stage):
        if isinstance(document, Document) and document.pages and not document.members:
            yield document, _with_blank_page(document)


class _OneMore(_Looking):
    """A host that has a white page after those of another."""

    def __init__(self, host: Any, page: PageInfo) -> None:
        super().__init__(host)
        self._page = page

    def render(self, document: Document, page: int, dpi: int) -> Any:
        if page != self._page.index:
            return super().render(document, page, dpi)
        from PIL import Image

        size = (max(1, round((self._page.width or 595) * dpi / 72)), max(1, round((self._page.height or 842) * dpi / 72)))
        return Image.new("RGB", size, "white")


def _with_blank_page(document: Document) -> Document:
    last = max(document.layers.pages, key=lambda page: page.index)
    blank = PageInfo(index=last.index + 1, width=last.width, height=last.height)
    longer = document.with_layers(replace(document.layers, pages=(*document.layers.pages, blank)))
    host = document.__dict__.get("_lent_by")
    return longer if host is None else longer.bind(_OneMore(host, blank))


def _found_still(before: list[str], after: list[str], answer: Answer, example: Any) -> None:
    if answer.refusal is not None and answer.refusal.retryable:
        return  # a passing fault, which says nothing of the page
    if before and answer.refusal is not None:
        raise LawBroken(f"with a blank page at the end it refuses the document: {answer.refusal.what}", example=example)
    kept = set(after)
    lost = [what for what in before if what not in kept]
    if lost:
        raise LawBroken(f"with a blank page at the end it does not find what it found before: {'; '.join(lost[:3])}", example=example)


def _found(layers: Layers, content_id: str) -> Iterator[str]:
    """What was found at a place, in words that are the same for the same find; a box names the document's bytes, which are others now."""
    for found in _in_words(layers):
        yield found.replace(f'"artifact":"{content_id}"', '"artifact":"the document"')


def _in_words(layers: Layers) -> Iterator[str]:
    bare: dict[str, Any] = {"step": "", "id": ""}
    unsure = {**bare, "confidence": None}
    yield from (to_json(page).decode() for page in layers.pages)
    yield from (to_json(replace(text, step="", confidence=None)).decode() for text in layers.text if text.content.strip())
    for words in layers.words:
        if len(words):
            yield to_json(replace(words, step="", confidences=b"\xff" * len(words.confidences))).decode()
    yield from (to_json(replace(table, step="", location="")).decode() for table in layers.tables)
    for field in layers.fields:
        if field.spans:
            yield to_json(replace(field, **unsure, raw_confidence=None, alternatives=())).decode()
    yield from (to_json(replace(redaction, **unsure)).decode() for redaction in layers.redactions)
