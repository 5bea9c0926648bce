"""What a component on trial is given: samples of what it says it works on, and generated documents and sources.

These are ordinary. Odd texts, damaged files and the like have laws of their own (`laws._texts`, `laws._files`), so that what a component
stumbles over is told by its name.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import Document, Layer, Source, digest, document_id
from aios_sdk.stages import Stage

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ._subject import Subject
    from .samples import Sample


def documents_for(
    subject: Subject, text: SearchStrategy[str] | None = None, *, pages: tuple[int, int] = (1, 3)
) -> SearchStrategy[Document]:
    """Documents with the layers that the component requires or uses, of a media type that it accepts; ``text`` draws that of a page."""
    from . import strategies

    return strategies.documents(
        layers_for(subject),
        media_type=_media_type(subject),
        fields=subject.given.fields,
        labels=subject.given.labels,
        checks=subject.given.checks,
        pages=pages,
        text=ordinary_texts() if text is None else text,
    )


def cases_for(subject: Subject) -> SearchStrategy[Document]:
    """Cases whose members have the layers that the component requires or uses."""
    from . import strategies

    return strategies.cases(
        layers_for(subject), fields=subject.given.fields, labels=subject.given.labels, checks=subject.given.checks, text=ordinary_texts()
    )


def layers_for(subject: Subject) -> set[Layer]:
    """The layers that it says it reads; pages and text where it says nothing."""
    return {*subject.info.requires, *subject.info.uses} or {"pages", "text"}


def sources_for(subject: Subject) -> SearchStrategy[Source]:
    """Sound files of the media types that the component names; any bytes for types that the kit knows nothing of."""
    from hypothesis import strategies as st

    from . import samples, strategies

    found = _samples(subject)
    if not found:
        return strategies.sources(_media_type(subject), hostile=True)
    sound: list[SearchStrategy[Source]] = [st.sampled_from(found).map(lambda sample: sample.source())]
    makers = {"text/plain": samples.text, "text/html": samples.html, "message/rfc822": samples.mail, "application/pdf": samples.pdf}
    for kind in sorted({sample.media_type for sample in found} & makers.keys()):
        sound.append(ordinary_texts().filter(_is_said).map(makers[kind].__wrapped__).map(lambda sample: sample.source()))
    return st.one_of(sound)


def file_source(media_type: str, text: str) -> Source:
    """A file of ``media_type`` that holds ``text``."""
    from .samples._paper import Paper
    from .strategies._files import file_of, name_of

    return source_of(name_of(media_type), media_type, file_of(media_type, [Paper.of(text)]))


def source_of(name: str, media_type: str, data: bytes) -> Source:
    """Bytes as a source, with the identity that the engine gives."""
    content = digest(data)
    identity = document_id(name, 0, content)
    return Source(
        name=name, key=name, data=data, media_type=media_type, document_id=identity, content_id=content, size=len(data), root=identity
    )


def kinds(info: ComponentInfo) -> list[str]:
    """The media types that a component names; of those with a star the ones that the kit has samples of."""
    from . import samples

    exact = [kind for kind in info.media_types if "*" not in kind]
    known = [sample.media_type for sample in samples.ALL if info.accepts(sample.media_type)]
    return list(dict.fromkeys((*exact, *known)))[:12] or ["application/octet-stream"]


def disguised(media_type: str, data: bytes) -> Source:
    """Bytes that are said to be of ``media_type``."""
    return source_of("file", media_type, data)


def samples_for(subject: Subject, stage: Stage) -> list[Document | Source]:
    """The kit's samples that the component accepts: files for ingest, else documents that have the layers it requires."""
    found = _samples(subject)
    if stage == "ingest":
        return [sample.source() for sample in found]
    documents = [sample.document() for sample in found if sample.papers or sample.tables]
    needed = subject.info.requires
    return [document for document in documents if all(getattr(document.layers, layer) for layer in needed)]


@cache
def ordinary_texts() -> SearchStrategy[str]:
    """The text of a page as most are: sentences and labelled values, some with umlauts, in lines that end with a line feed; or nothing."""
    from hypothesis import strategies as st

    from . import strategies

    sentences = st.sampled_from(
        ("Dear Sirs,", "the car was hit on the left side.", "Invoice", "Die Reparatur wurde ausgeführt.", "", "Café, Größe 42")
    )
    amounts = strategies.printed("decimal").map(lambda pair: f"Total: {pair[1]}")
    dates = strategies.printed("date").map(lambda pair: f"Date: {pair[1]}")
    numbers = strategies.printed("integer").map(lambda pair: f"Invoice no. {pair[1]}")
    contacts = st.sampled_from(("office@hagen-repair.example, +44 1603 555 010", "IBAN DE89 3704 0044 0532 0130 00", "Claim C-2026-0042"))
    return st.lists(st.one_of(sentences, amounts, dates, numbers, contacts), max_size=6).map("\n".join)


def _is_said(text: str) -> bool:
    return text.isascii() and bool(text.strip())  # the PDF of the samples has no other letters


def _samples(subject: Subject) -> list[Sample]:
    from . import samples

    return [sample for sample in samples.ALL if subject.info.accepts(sample.media_type) and sample.text != samples.WORLD]


def _media_type(subject: Subject) -> str:
    """A media type that it accepts, the first that it names exactly."""
    exact = [name for name in subject.info.media_types if "*" not in name]
    if exact:
        return exact[0]
    named = _samples(subject)
    return named[0].media_type if named and "*/*" not in subject.info.media_types else "text/plain"
