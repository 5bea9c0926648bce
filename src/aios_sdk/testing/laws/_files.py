"""Laws about damaged files: whatever bytes come under a media type, ingest ends in a document, parts, or a refusal."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import Layers, Source

from .. import samples
from .._answers import Answer, Ingested
from .._inputs import disguised, kinds, source_of
from .._judging import sound
from .._law import LawBroken, NotApplicable, law
from .._subject import Subject

#: Files above this size are not damaged: a great many copies are made.
_LARGEST: Final = 200_000
#: What `strategies.HOSTILE` holds besides, which has laws of its own (`laws._parts`).
_ELSEWHERE: Final = ("password", "climb")
_SHORT: Final = (b"", b"\0", b"\n", b" ", b"%", b"<", b"{", b"P", b"1", b"x")
_BLANK: Final = (*_SHORT[:4], b" \r\n\t\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\x0c", b"\0" * 64)


def ingests_no_files(info: ComponentInfo) -> str:
    """Why a component is given no files; empty where it is."""
    if "ingest" not in info.stages:
        return "it ingests nothing"
    return "it ingests folders" if set(info.media_types) == {"inode/directory"} else ""


@law("behaviour", after=("spans-resolve",), unless=ingests_no_files)
def empty_file(subject: Subject) -> None:
    """A file of no bytes, or of one, ends in a document or a refusal.

    They come from full disks and broken transfers. The first byte, the header, the first line: none of them need be there. Raise
    `Malformed`.
    """
    for kind in kinds(subject.info):
        for data in _SHORT:
            sound(subject, "ingest", disguised(kind, data))


@law("behaviour", after=("empty-file",), unless=ingests_no_files)
def any_bytes(subject: Subject) -> None:
    """Any bytes end in a document, parts or a refusal, whatever type they are said to be of.

    The media type is a guess, and senders are not careful. Catch what your library raises for bytes that it does not know, and raise
    `Malformed`; note that ``UnicodeDecodeError`` is a ``ValueError``, and that some libraries raise nothing in common.
    """
    files = st.builds(disguised, st.sampled_from(kinds(subject.info)), st.binary(min_size=1, max_size=200))
    subject.forall(files, lambda source: _ignore(sound(subject, "ingest", source)))


@law("behaviour", after=("any-bytes",), unless=ingests_no_files)
def truncated(subject: Subject) -> None:
    """A file that is cut off, at any place, ends in a document, parts or a refusal.

    Transfers break off. Many libraries look at the head when they open a file, and meet its end much later, with another exception:
    decode what you promise while you can still refuse.
    """
    sources = _some_files(subject)
    for source in sources:
        data = source.read()
        for end in sorted({1, 4, 8, len(data) // 4, len(data) // 2, len(data) - 30, len(data) - 1}):
            if 0 < end < len(data):
                sound(subject, "ingest", changed(source, data[:end]))
    cut = st.builds(lambda source, part: changed(source, source.read()[: source.size * part // 10_000]), sources_from(sources), _PARTS)
    subject.forall(cut, lambda source: _ignore(sound(subject, "ingest", source)))


@law("behaviour", after=("truncated",), unless=ingests_no_files)
def another_type(subject: Subject) -> None:
    """A sound file of another type ends in a document, parts or a refusal.

    Names and types are often wrong, and many types look alike: every office file is a zip archive, every SVG is XML. Look for what makes
    a file yours, and raise `Malformed`, or `Unsupported` where another component may know better.
    """
    own = {source.media_type for source in _sound_files(subject)}
    for kind in kinds(subject.info):
        for sample in samples.ALL:
            if sample.media_type not in {*own, kind} and len(sample.data) <= _LARGEST:
                sound(subject, "ingest", disguised(kind, sample.data))


@law("behaviour", after=("another-type",), unless=ingests_no_files)
def damaged(subject: Subject) -> None:
    """A file some of whose bytes have changed ends in a document, parts or a refusal.

    Check sums, lengths and offsets are wrong then. What unpacks or decodes raises the errors of its own library, such as ``zlib.error``,
    ``struct.error`` or ``KeyError``, at any moment while it reads.
    """
    sources = _some_files(subject)
    for source in sources:
        data = source.read()
        for part in range(16):
            start = len(data) * part // 16
            sound(
                subject, "ingest", changed(source, data[:start] + bytes(255 - byte for byte in data[start : start + 8]) + data[start + 8 :])
            )
    edits = st.lists(st.tuples(_PARTS, st.binary(min_size=1, max_size=6)), min_size=1, max_size=4)

    def edited(source: Source, changes: list[tuple[int, bytes]]) -> Source:
        data = bytearray(source.read())
        for part, new in changes:
            start = len(data) * part // 10_000
            data[start : start + len(new)] = new
        return changed(source, bytes(data))

    begun = st.builds(lambda source, rest: changed(source, source.read()[:16] + rest), sources_from(sources), st.binary(max_size=100))
    files = st.builds(edited, sources_from(sources), edits) | begun
    subject.forall(files, lambda source: _ignore(sound(subject, "ingest", source)))


@law("behaviour", after=("damaged",), unless=ingests_no_files)
def hostile_file(subject: Subject) -> None:
    """A file that was made to do harm ends in a document, parts or a refusal.

    Ten thousand levels of nesting, directories that point at themselves, sizes that cannot be, headers that no mail program writes.
    Recursion ends in ``RecursionError``, which is neither a ``ValueError`` nor your library's own; bound depth, count and size before you
    follow them, and raise `LimitExceeded`.
    """
    from .. import strategies

    crafted = [name for name in strategies.HOSTILE if not any(word in name for word in _ELSEWHERE)]
    mine = [(kind, data) for name in crafted for kind, data in [strategies.HOSTILE[name]] if subject.info.accepts(kind)]
    if not mine:
        raise NotApplicable("the kit has no such file of its media types")
    for kind, data in mine:
        sound(subject, "ingest", disguised(kind, data))


@law("behaviour", after=("any-bytes",), unless=ingests_no_files)
def documents_hold_something(subject: Subject) -> None:
    """A document that is yielded has pages, text, words, tables or fields.

    A document of nothing would count as completed, and nobody would look for what is missing. Raise `Malformed` for a file in which there
    is nothing, and yield no document for a mere container.
    """

    def hold(source: Source) -> None:
        answer = sound(subject, "ingest", source)
        if isinstance(answer.result, Ingested) and answer.result.document is not None and _is_empty(answer):
            raise LawBroken("it yielded a document without pages, text, words, tables and fields", example=source)

    for source in (*(disguised(kind, data) for kind in kinds(subject.info) for data in _BLANK), *_sound_files(subject)):
        hold(source)
    subject.forall(subject.inputs("ingest"), hold)


# -- files ------------------------------------------------------------------------------------------------------------

_PARTS: Final = st.integers(0, 9_999)


def changed(source: Source, data: bytes) -> Source:
    """Other bytes under the same name and type."""
    return source_of(source.name, source.media_type, data)


def sources_from(sources: list[Source]) -> st.SearchStrategy[Source]:
    """One of ``sources``, the smallest first."""
    return st.sampled_from(sorted(sources, key=lambda source: source.size))


def _some_files(subject: Subject) -> list[Source]:
    found = _sound_files(subject)
    if not found:
        raise NotApplicable(f"the kit has no file of {', '.join(subject.info.media_types)}; give sources=[...]")
    return found


def _sound_files(subject: Subject) -> list[Source]:
    """The author's files and the samples, with their bytes in memory."""
    given = [source for source in subject.own("ingest") if isinstance(source, Source) and source.media_type != "inode/directory"]
    found = [source_of(source.name, source.media_type, source.read()) for source in given]
    return [source for source in found if 0 < source.size <= _LARGEST]


def _is_empty(answer: Answer) -> bool:
    layers = answer.layers
    return layers == Layers() or not (layers.pages or layers.text or layers.words or layers.tables or layers.fields)


def _ignore(_: object) -> None:
    """For laws that only look at whether an answer is sound."""
