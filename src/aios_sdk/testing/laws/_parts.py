"""Laws about what lies within files: parts, secrets, and more than anybody asked for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import Source, to_json

from .._answers import Answer, Ingested
from .._bombs import ALLOWED_MB, SWELLING, bombs, swallow
from .._inputs import disguised, kinds, source_of
from .._judging import here, sound
from .._law import LawBroken, NotApplicable, law
from .._locked import locked
from .._probe import elsewhere
from .._subject import Subject
from .._watch import counts, deeds
from ._files import ingests_no_files

_MIB: Final = 1 << 20
_CANARY: Final = "471102-what-stands-in-another-file"
_XML: Final = ("application/xml", "text/xml", "image/svg+xml", "application/xhtml+xml")


def _reads_no_xml(info: ComponentInfo) -> str:
    return ingests_no_files(info) or ("" if any(map(info.accepts, _XML)) else "it reads no XML")


def _never_locked(info: ComponentInfo) -> str:
    if reason := ingests_no_files(info):
        return reason
    return "" if locked().keys() & kinds(info) else "the kit has no file with a password of its media types"


def _never_swells(info: ComponentInfo) -> str:
    if reason := ingests_no_files(info):
        return reason
    return "" if SWELLING.intersection(kinds(info)) else "the kit has no bomb of its media types"


@law("behaviour", after=("another-type",), unless=_never_locked)
def encrypted_file(subject: Subject) -> None:
    """A file with a password is refused as `Encrypted`, and not as damaged.

    The engine counts it as refused and says what is missing, and somebody can ask for the password; of a damaged file one asks for another
    copy. Who can read what is not locked in it may do so. Look for the exception, or the flag, with which your library tells: of
    Python's zipfile it is a ``RuntimeError``.
    """
    for kind, data in locked().items():
        if kind not in kinds(subject.info):
            continue
        source = disguised(kind, data)
        answer = sound(subject, "ingest", source)
        if answer.refusal is not None and answer.refusal.category not in ("encrypted", "unsupported"):
            raise LawBroken(f"it refuses a file with a password as {answer.refusal.category}: {answer.refusal.what}", example=source)


@law("behaviour", after=("scratch-may-vanish",), unless=ingests_no_files)
def parts_are_given_whole(subject: Subject) -> None:
    """Every part that is yielded has a name, and its bytes or the reason why it was refused; also one that is empty.

    The engine ingests parts in turn and accounts for each: a part without ``data``, ``path`` and ``refused`` is one that disappeared. Note
    that ``data=payload or None`` loses an empty part, and that a part whose ``path`` is gone when it is yielded is lost, too.
    """
    files = list(_containers(subject, "empty.txt", "notes/b.txt"))
    for source in files:
        for part in _parts(sound(subject, "ingest", source)):
            if not isinstance(part.name, str) or not part.name:
                raise LawBroken("a part has no name", example=source)
            if part.data is None and not part.refused:
                raise LawBroken(f"there are no bytes of the part {part.name!r}, and no reason why", example=source)
    if not files:
        raise NotApplicable("the kit has no file of its media types that holds others")


@law("behaviour", after=("parts-are-given-whole",), unless=ingests_no_files)
def archives_stay_inside(subject: Subject) -> None:
    """What lies in an archive as ``../x`` or under an absolute path is unpacked into the scratch directory, or not at all.

    The names in archives and mails are the sender's. Never join one to a path: write to ``context.scratch / f"member-{number}"``, and give
    the name to the `Source`, where it is a name and nothing else.
    """
    outside = subject.new_folder("outside")
    files = list(_containers(subject, "../aios-kit-climbed.txt", "a/../../aios-kit-climbed.txt", str(outside / "absolute.txt")))
    if not files:
        raise NotApplicable("the kit has no file of its media types that holds others")
    for source in files:
        context = subject.context("ingest")
        instance = subject.warm("ingest")
        with here(), deeds() as done:
            answer = subject.call(instance, "ingest", source, context=context)
        # The directory that open() was given is allowed as well.
        inside = [context.scratch.resolve(), *(path.resolve() for path in subject.folder.glob("open-*"))]
        for place in (*done.written, *(part.path for part in _parts(answer) if part.path)):
            path = Path(place).resolve()
            if counts(place) and not path.is_dir() and not any(path.is_relative_to(each) for each in inside):
                raise LawBroken(f"it wrote {path.name!r} outside of its scratch directory, where the archive said", example=source)


@law("behaviour", after=("spans-resolve",), unless=_reads_no_xml)
def outside_entities(subject: Subject) -> None:
    """XML that names a file of this machine does not get its content.

    An external entity (``<!ENTITY e SYSTEM "file:///etc/passwd">``) or an inclusion would bring what the worker may read into a result that
    the sender may see. Leave external entities off, as the parsers of the standard library do by default.
    """
    other = subject.new_folder("outside") / "other.txt"
    other.write_text(_CANARY)
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "{other.as_uri()}">]>'
    included = f'<x xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{other.as_uri()}" parse="text"/></x>'
    for kind in [kind for kind in _XML if subject.info.accepts(kind)]:
        for text in (f"{head}<x>&e;</x>", f'<?xml version="1.0"?>{included}'):
            source = disguised(kind, text.encode())
            answer = sound(subject, "ingest", source)
            if _CANARY in to_json(answer.layers).decode() or any(_CANARY.encode() in (part.data or b"") for part in _parts(answer)):
                raise LawBroken("its result holds what stands in another file of this machine", example=source)


@law("behaviour", after=("hostile-file",), unless=_never_swells)
def bomb(subject: Subject) -> None:
    """A small file that swells to a gigabyte ends in a result or a refusal within the memory that is declared, or half a gigabyte.

    A megabyte of zeros packed well costs its sender nothing. Sizes in headers may lie: read in blocks, count what really comes, and raise
    `LimitExceeded`; look at the number of pixels before you decode. The kit tries it in a process of its own.
    """
    mine = bombs(kinds(subject.info))
    allowed = max(subject.info.memory_mb, ALLOWED_MB)
    sources = [source_of("file", kind, data) for _, kind, data in mine]
    found = elsewhere(subject, swallow, again=True, sources=sources)
    for (what, _, data), source, swallowed in zip(mine, sources, found, strict=False):
        if swallowed.grown > allowed * _MIB:
            raise LawBroken(
                f"{what}, packed into {len(data) / _MIB:.1f} MB, took {swallowed.grown / _MIB:,.0f} MB; allowed are {allowed:,}",
                example=source,
            )
        if swallowed.raised:
            raise LawBroken(f"{what} made it raise {swallowed.raised}", example=source)


# -- files that hold others -------------------------------------------------------------------------------------------


def _parts(answer: Answer) -> tuple[Source, ...]:
    return answer.result.parts if isinstance(answer.result, Ingested) else ()


def _containers(subject: Subject, *names: str) -> Iterator[Source]:
    """The author's files and the samples that give parts; and an archive and a mail whose parts have these names, the first one empty."""
    for source in subject.own("ingest"):
        if _parts(subject.answer("ingest", source)):
            yield source  # type: ignore[misc]  # ingest is given sources
    for kind, packed in (("application/zip", _zip), ("message/rfc822", _mail)):
        if kind in kinds(subject.info):
            yield source_of("file", kind, packed(names))


def _zip(names: tuple[str, ...]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(zipfile.ZipInfo(name), f"part {number}\n" * number)
    return file.getvalue()


def _mail(names: tuple[str, ...]) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "maria@lindqvist.example", "claims@insurer.example", "Claim"
    message.set_content("Please find attached what you asked for.\n")
    for number, name in enumerate(names):
        message.add_attachment(f"part {number}\n".encode() * number, maintype="text", subtype="plain", filename=name)
    return message.as_bytes()
