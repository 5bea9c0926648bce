"""Laws about what a call leaves behind beside its result: nothing, in its input, on the disk, on the terminal and in the process."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from aios_sdk.plugins import Instance
from aios_sdk.records import Document, Source, digest, to_json
from aios_sdk.stages import Stage

from .._answers import Answer, Ingested
from .._law import LawBroken, law
from .._process import changes, seeded_by
from .._subject import Subject
from .._watch import counts, deeds, printed

#: For how many inputs something may be written outside of scratch once: libraries build caches when they are first used.
_CACHES: Final = 2
_GONE: Final = "in the call after, when the scratch directory of the first was gone"


@law("contract", after=("does-its-work",))
def input_unchanged(subject: Subject) -> None:
    """What it is given is as it was before: the document, the file, and the files of tables.

    The same document goes to other steps, and its bytes are kept by their hash for as long as the store lives: a file that is
    repaired, converted or moved in place is lost to everybody. Copy it into ``context.scratch`` and work on the copy.
    """

    def body(stage: Stage, given: Any) -> None:
        if isinstance(given, Source) and given.data is not None:
            # As the engine does: the bytes lie in a file.
            file = subject.new_folder("input") / "file"
            file.write_bytes(given.data)
            given = replace(given, data=None, path=str(file))
        before = _prints(given)
        subject.answer(stage, given)
        for what, was in before.items():
            if (now := _prints(given).get(what)) != was:
                raise LawBroken(f"{what} {'is gone' if now is None else 'has changed'}")

    subject.each(body)


def _prints(given: Document | Source) -> dict[str, str]:
    """A digest of everything that a component can reach through its input."""
    if isinstance(given, Source):
        place = Path(given.path)
        if place.is_file():
            found = {"the file that it was given": hashlib.sha256(place.read_bytes()).hexdigest()}
        else:
            files = sorted(path for path in place.rglob("*") if path.is_file()) if given.path else []
            found = {f"the file {str(path.relative_to(place))!r}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        return {**found, "the source": repr(given)}
    found = {"the document": digest(to_json(given)), "what the document says": digest(f"{given.text}{given.fields}{given.labels}".encode())}
    for table in given.tables:
        if table.location and Path(table.location).is_file():
            found[f"the file of the table {table.name!r}"] = hashlib.sha256(Path(table.location).read_bytes()).hexdigest()
    return found


@law("contract", after=("input-unchanged", "instances-share-nothing"))
def writes_only_to_scratch(subject: Subject) -> None:
    """It writes files only in the scratch directories that it is given.

    ``context.scratch`` is emptied after the call, also when the call was killed; ``resources.scratch`` is there until ``close``. What
    is written elsewhere, also as a temporary file, stays behind when a worker is killed, and it may hold a customer's document. Give
    ``dir=context.scratch`` to the functions of ``tempfile``. The kit sees what Python writes, not what libraries in C and programs do.
    """
    once = 0

    def body(stage: Stage, given: Any) -> None:
        nonlocal once
        found = _elsewhere(subject, lambda: subject.answer(stage, given))
        if not found:
            return
        once += 1
        if once > _CACHES or _elsewhere(subject, lambda: subject.answer(stage, given)):
            raise LawBroken(f"it writes {found[0]!r}, which lies outside of its scratch directories")

    for stage in subject.stages:
        _twice(subject, stage, lambda work: [f"opened or closed, it writes {path!r}" for path in _elsewhere(subject, work)])
    subject.each(body)


def _elsewhere(subject: Subject, work: Callable[[], object]) -> list[str]:
    scratch = tuple(f"{path}/" for path in {str(subject.folder), str(subject.folder.resolve())})
    with deeds() as done:
        work()
    return [path for path in done.written if not path.startswith(scratch) and counts(path)]


@law("contract", after=("instances-share-nothing",))
def prints_nothing(subject: Subject) -> None:
    """It prints nothing, neither to standard output nor to standard error.

    Standard output belongs to the host, which writes JSON to it, and the terminal to its progress bar. Use ``context.log``; turn off the
    progress bars and banners of libraries. Logs and warnings do not count as printed.
    """

    def body(stage: Stage, given: Any) -> None:
        if said := _printed(lambda: subject.answer(stage, given)):
            raise LawBroken(f"it printed {said[0][:200]!r}")

    for stage in subject.stages:
        _twice(subject, stage, lambda work: [f"opened or closed, it printed {said[:200]!r}" for said in _printed(work)])
    subject.each(body)


def _printed(work: Callable[[], object]) -> list[str]:
    with _hosts_logs(), printed() as said:
        work()
    return said


@contextmanager
def _hosts_logs() -> Iterator[None]:
    """Within it, what is logged goes nowhere, as in a host that takes care of it; handlers of the component's own stay as they are."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, [logging.NullHandler()]
    try:
        yield
    finally:
        root.handlers = before


@law("contract", after=("instances-share-nothing",))
def leaves_the_process_alone(subject: Subject) -> None:
    """It changes nothing that all code in the process shares.

    That is the current folder, the environment, the umask, the locale, the handlers of signals and logs, the filters of warnings, the
    decimal context, the seed of ``random`` and NumPy, limits of Pillow and the like. Others run in the same process, and compute with
    what they find. Use what keeps it to yourself: ``decimal.localcontext()``, ``random.Random(seed)``, ``warnings.catch_warnings()``,
    ``env=`` and ``cwd=`` of ``subprocess.run``.
    """

    def body(stage: Stage, given: Any) -> None:
        # What a library changes when it is first used it does not change again.
        if _changed(subject, lambda: subject.answer(stage, given)) and (said := _changed(subject, lambda: subject.answer(stage, given))):
            raise LawBroken(f"it changes {said[0]}")

    for stage in subject.stages:
        _twice(subject, stage, lambda work: [f"opened or closed, it changes {said}" for said in _changed(subject, work)])
    subject.each(body)


def _changed(subject: Subject, work: Callable[[], object]) -> list[str]:
    with changes(first=subject.shared) as told:
        seeded = seeded_by(work)
    return [*told, *(f"the random numbers of {name}: it gives all code a seed" for name in seeded)]


@law("contract", after=("instances-share-nothing",))
def scratch_may_vanish(subject: Subject) -> None:
    """Its results hold, and its next call works, when the scratch directory of a call is gone.

    The host takes over the files of tables and parts as soon as they are handed to it, and empties ``context.scratch`` when the call is
    over. What is to outlive a call lies in the directory that ``open`` is given, ``resources.scratch``. A result never names a
    path. Call ``Table.from_parquet`` when the file is complete, since it takes its digest; ``Table.from_rows`` writes it.
    """
    with ExitStack() as stack:
        instances = {stage: stack.enter_context(subject.opened(stage)) for stage in subject.stages}

        def body(stage: Stage, given: Any) -> None:
            first = _without_scratch(subject, instances[stage], stage, given)
            try:
                second = _without_scratch(subject, instances[stage], stage, given)
            except LawBroken as broken:
                raise LawBroken(f"{_GONE}: {broken.said}", details=broken.details) from broken
            if first.refusal is None and second.refusal is not None:
                raise LawBroken(f"{_GONE}, it refuses: {second.refusal.what}")

        subject.each(body)


def _without_scratch(subject: Subject, instance: Instance, stage: Stage, given: Any) -> Answer:
    """The answer, when what was handed over has been taken and the rest of the scratch directory is gone."""
    context = subject.context(stage)
    answer = subject.call(instance, stage, given, context=context)
    _check_tables(answer)
    if isinstance(answer.result, Ingested):
        missing = [part.name for part in answer.result.parts if part.data is None and not Path(part.path).exists() and not part.refused]
        if missing:
            raise LawBroken(f"there are no bytes of the part {missing[0]!r}")
    shutil.rmtree(context.scratch, ignore_errors=True)
    kept = replace(answer.layers, tables=tuple(replace(table, location="") for table in answer.layers.tables))
    if str(context.scratch).encode() in to_json(kept):
        raise LawBroken("its result names a path in the scratch directory")
    return answer


def _check_tables(answer: Answer) -> None:
    for table in answer.layers.tables:
        try:
            with Path(table.location or "nowhere").open("rb") as file:
                written = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise LawBroken(f"the table {table.name!r} has no file: {error}") from error
        if written != table.artifact:
            raise LawBroken(f"the file of the table {table.name!r} is not the one of which it has the digest")


def _twice(subject: Subject, stage: Stage, watch: Callable[[Callable[[], object]], list[str]]) -> None:
    """Open and close an instance; what ``watch`` finds in that must be found again, for libraries do some things when first used."""
    instance = subject.create(stage)

    def work() -> None:
        try:
            subject.open(instance)
        finally:
            instance.close()

    if watch(work) and (found := watch(work)):
        raise LawBroken(found[0])
