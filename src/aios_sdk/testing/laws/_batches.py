"""Laws about batch companions: several documents at once are worked on as if they came one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from hypothesis import strategies as st

from aios_sdk.errors import StepError
from aios_sdk.plugins._declare import is_marked
from aios_sdk.records import Document
from aios_sdk.stages import STAGES, Stage

from .._answers import Answer
from .._inputs import documents_for
from .._judging import alike, difference, facts, here
from .._law import LawBroken, NotApplicable, law
from .._subject import RESULTS, Subject

#: Generated documents out of which batches are made.
_POOL: Final = 10


def _no_batch(code: Any) -> str:
    return "" if any(is_marked(getattr(code, f"{stage}_batch", None)) for stage in STAGES) else "it has no batch companion"


@law("behaviour", after=("spans-resolve",), lacking=_no_batch)
def batch_of_one(subject: Subject) -> None:
    """A batch of one document gives one answer, that of the single call.

    The last batch of a run often has one document. Arrays that lose a dimension then (``numpy.squeeze``, a sum over the wrong axis) give
    one label for each class, or an error.
    """
    for stage in _companions(subject):
        for document, single in _answered(subject, stage)[:_POOL]:
            _compare(subject, stage, [document], [single])


@law("behaviour", after=("spans-resolve",), lacking=_no_batch)
def batch_of_none(subject: Subject) -> None:
    """A batch of no documents gives no answers.

    When all of a batch was refused or memoized before, nothing is left of it. Libraries for arrays raise when there is nothing to stack;
    return early.
    """
    for stage in _companions(subject):
        answers = _batch(subject, stage, [])
        if answers:
            raise LawBroken(f"{stage}_batch gave {len(answers)} answers to no documents")


@law("behaviour", after=("batch-of-one",), lacking=_no_batch)
def batch_equals_singles(subject: Subject) -> None:
    """A batch gives as many answers as it has documents, in their order, and equal to those of single calls.

    The engine is free to call either. What sorts documents by length to save padding must put the answers back into the order of the
    documents. Numbers may differ in the last digits; answers of components that are not deterministic are only counted.
    """
    for stage in _companions(subject):
        pool = _answered(subject, stage)
        lists = st.lists(st.sampled_from(range(len(pool))), min_size=2, max_size=5)

        def body(numbers: list[int], stage: Stage = stage, pool: Sequence[tuple[Document, Answer]] = pool) -> None:
            _compare(subject, stage, [pool[number][0] for number in numbers], [pool[number][1] for number in numbers])

        subject.forall(lists, body)


@law("behaviour", after=("batch-equals-singles",), lacking=_no_batch)
def batch_keeps_its_place(subject: Subject) -> None:
    """A document that is refused gets its refusal in its own place of the batch, and the others get what they get alone.

    One bad document must not cost its neighbours theirs: return the `StepError` where the answer would stand. Neither raise it, nor leave
    the place out.
    """
    tried = False
    for stage in _companions(subject):
        refused = [(document, answer) for document, answer in _singles(subject, stage, _odd(subject, stage)) if answer.refusal is not None]
        sound = _answered(subject, stage)
        for bad in refused[:4]:
            tried = True
            for mixed in ([bad], [sound[0], bad, sound[-1]], [bad, sound[0], bad], [sound[-1], sound[0], bad]):
                _compare(subject, stage, [document for document, _ in mixed], [single for _, single in mixed])
    if not tried:
        raise NotApplicable("it refuses none of the kit's documents")


def _companions(subject: Subject) -> list[Stage]:
    """The stages with a batch companion."""
    found = []
    for stage in subject.stages:
        implementation = subject.create(stage).implementation(stage)
        if implementation is not None and implementation.batch is not None:
            found.append(stage)
    return found


def _odd(subject: Subject, stage: Stage) -> list[Document]:
    """Documents that a component may well refuse: without text, and without pages."""
    found: list[Document] = []
    subject.forall(documents_for(subject, st.sampled_from(["", " \n"])), found.append, examples=_POOL)
    return [*subject.some(stage, _POOL), *found[:_POOL]]


def _answered(subject: Subject, stage: Stage) -> list[tuple[Document, Answer]]:
    """Documents for which the single call has a result, with the result; several of one kind only where there are no others."""
    found = [(document, answer) for document, answer in _singles(subject, stage, subject.some(stage, _POOL)) if answer.refusal is None]
    if not found:
        raise NotApplicable("it refuses all of the kit's documents")
    return found


def _singles(subject: Subject, stage: Stage, documents: Sequence[Document]) -> Iterator[tuple[Document, Answer]]:
    return ((document, subject.answer(stage, document)) for document in documents)


def _compare(subject: Subject, stage: Stage, documents: list[Document], singles: list[Answer]) -> None:
    answers = _batch(subject, stage, documents)
    if len(answers) != len(documents):
        raise LawBroken(f"{stage}_batch gave {len(answers)} answers to {len(documents)} documents", example=documents)
    for number, (answer, single) in enumerate(zip(answers, singles, strict=True)):
        same_kind = (answer.refusal is None) == (single.refusal is None)
        if same_kind and subject.info.deterministic is not True:
            continue
        alone, together = facts(single), facts(answer)
        if not alike(alone, together):
            raise LawBroken(
                f"answer {number + 1} of {len(answers)} of {stage}_batch is not that of {stage}",
                example=documents,
                details=difference(alone, together, ("alone", "in the batch")),
            )


def _batch(subject: Subject, stage: Stage, documents: list[Document]) -> list[Answer]:
    """What the companion gives for ``documents``."""
    implementation = subject.warm(stage).implementation(stage)
    assert implementation is not None
    companion = implementation.batch
    assert companion is not None
    items: list[Any] = []

    def work() -> Answer:
        found = companion.call(documents=list(documents), context=subject.context(stage))
        items.extend(subject.wait(found) if companion.is_async else found)
        return Answer(None)

    with here():
        refusal = subject.guarded(work, documents).refusal
    if refusal is not None:
        raise LawBroken(f"{stage}_batch raised {type(refusal).__name__} as a whole: {refusal.what}", example=documents)
    for item in items:
        if not isinstance(item, RESULTS[stage] | StepError):
            raise LawBroken(
                f"{stage}_batch gave a {type(item).__name__}, neither {RESULTS[stage].__name__} nor a StepError", example=documents
            )
    return [Answer(None, item) if isinstance(item, StepError) else Answer(item) for item in items]
