"""Laws about results: they are what was declared, rest on what was declared, and say how sure they are in one measure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import (
    LAYERS,
    Box,
    Check,
    Document,
    Extraction,
    Field,
    Label,
    Layers,
    PageText,
    Redaction,
    Region,
    Route,
    Sentence,
    Source,
    Span,
    Summary,
    Words,
    merge_layers,
)
from aios_sdk.stages import Stage

from .._law import LawBroken, law
from .._parquet import make_table
from .._subject import Subject

#: What a stage adds where its component does not say.
_USUAL: Final[dict[Stage, frozenset[str]]] = {
    "ingest": frozenset(),
    "extract": frozenset(Extraction.__struct_fields__),
    "classify": frozenset(("labels",)),
    "summarize": frozenset(("summary",)),
    "check": frozenset(("checks",)),
    "redact": frozenset(("redactions",)),
    "route": frozenset(("route",)),
}
#: So much of a document's text in one piece does not belong into a message.
_QUOTED: Final = 200


def _takes_no_documents(info: ComponentInfo) -> str:
    return "it takes files, which have no layers" if info.stages == ("ingest",) else ""


@law("contract", after=("does-its-work",))
def provides_what_it_declares(subject: Subject) -> None:
    """A result holds what was declared: no other layers, no other types, labels and rules.

    Pipelines are checked before any document is there, by ``provides=`` and ``fields=`` in ``@component`` and by the ``Provided`` that the
    class method ``provides`` gives for a configuration. What is given beside that, no later step can require, and no condition can name;
    a field of another type makes conditions fail that were found correct. An empty declaration says nothing, and binds to nothing.
    """
    declared = {stage: subject.create(stage).provided for stage in subject.stages}

    def body(stage: Stage, given: Any) -> None:
        layers, provided = subject.answer(stage, given).layers, declared[stage]
        # A component of several stages declares what all of them give.
        allowed = frozenset(subject.info.provides) or _USUAL[stage]
        others = [name for name in LAYERS if getattr(layers, name) and name not in allowed]
        if others:
            raise LawBroken(f"it gives {', '.join(others)}, and declares provides={sorted(allowed)}")
        for field in layers.fields:
            kind = provided.fields.get(field.path, field.type)
            if kind != field.type:
                raise LawBroken(f"the field {field.path!r} is declared as {kind}; the result has {field.type}: {field.value!r}")
        for label in layers.labels if provided.labels else ():
            values = provided.labels.get(label.taxonomy)
            if values is None or (values and label.value and label.value not in values):
                raise LawBroken(f"it gives the label {label.taxonomy} = {label.value!r}, and declares {dict(provided.labels)}")
        for check in layers.checks if provided.checks else ():
            if check.rule not in provided.checks:
                raise LawBroken(f"it gives the check {check.rule!r}, and declares {', '.join(provided.checks)}")

    subject.each(body)


@law("contract", after=("remembers-nothing",), unless=_takes_no_documents)
def reads_only_what_it_declares(subject: Subject) -> None:
    """Layers that it declares neither in ``requires`` nor in ``uses`` make no difference to what it answers.

    What was computed for a document is looked up by the layers that are declared, and a worker is sent only these. A component that looks
    at others is given an old answer when they have changed, and finds nothing where it found something in a test. Declare what it
    cannot do without as ``requires=``, and what it looks at when it is there as ``uses=``.
    """
    # Every text stands on a page, so the list of pages is always at hand.
    declared = frozenset({*subject.info.requires, *subject.info.uses, "pages"})

    def body(stage: Stage, given: Any) -> None:
        if stage == "ingest":
            return
        bare, more = given.only(declared), _with_more(given, declared)
        if subject.answer(stage, bare).content == subject.answer(stage, more).content:
            return
        if len({subject.answer(stage, bare).content for _ in range(3)}) > 1:
            return  # it differs by itself
        for name in LAYERS:
            one = bare.with_layers(replace(bare.layers, **{name: getattr(more.layers, name)}))
            if name not in declared and subject.answer(stage, one).content != subject.answer(stage, bare).content:
                raise LawBroken(f"it reads the layer {name!r}, which it does not declare", example=one)
        raise LawBroken(f"it reads layers that it does not declare; declared are {', '.join(sorted(declared))}", example=more)

    subject.each(body)


def _with_more(document: Document, declared: frozenset[str]) -> Document:
    """The document with something in every layer that is not in ``declared``."""
    layers = document.layers
    texts = layers.text or tuple(PageText(page=page.index, content=f"Invoice 471102\nTotal: {page.index}.50 EUR") for page in layers.pages)
    spans = tuple(
        Span(artifact=text.artifact, page=text.page, start=0, end=len(line), quote=line)
        for text in texts
        if (line := text.content.partition("\n")[0])
    )
    more = Layers(
        text=texts,
        words=tuple(Words.build(text, [(0, 1, Box(0.1, 0.1, 0.2, 0.2), 0.5)]) for text in texts if text.content),
        regions=tuple(Region.of(text, "heading", 0, 1, level=1) for text in texts if text.content),
        tables=(make_table("kit", [("total", "DECIMAL(18,2)")], [(Decimal("471.10"),)]),),
        fields=(
            Field(path="total", value=Decimal("471.10"), status="ungrounded"),
            Field(path="number", value="471102", status="ungrounded"),
        ),
        labels=(Label(taxonomy="document-kind", value="invoice", confidence=0.9),),
        summary=(Summary(sentences=tuple(Sentence(text=span.quote, spans=(span,)) for span in spans[:1]), method="kit"),),
        checks=(Check(rule="kit", passed=False),),
        redactions=tuple(Redaction(kind="kit", span=span) for span in spans[:1]),
        route=(Route(destination="review", review=True),),
    )
    missing = replace(more, **{name: () for name in LAYERS if name in declared or getattr(layers, name)})
    return document.with_layers(merge_layers(layers, document.stamp("kit", missing)))


@law("contract", after=("returns-its-record",))
def says_why_it_refuses(subject: Subject) -> None:
    """A refusal says why in a few words, and does not repeat the document.

    Its text is what people see of the failure in the terminal, in the store and in logs: ``Unsupported("page 1 has a text layer")``. The
    message of a library's error may be empty, so do not rely on ``str(error)`` alone; and it may quote the whole document, which
    belongs neither into logs nor on the screen of whoever looks after the machine.
    """

    def body(stage: Stage, given: Any) -> None:
        refusal = subject.answer(stage, given).refusal
        if refusal is None:
            return
        if not refusal.what.strip() or refusal.what.strip() in (type(refusal).__name__, "None"):
            raise LawBroken(f"it raises {type(refusal).__name__}({refusal.what!r}), which does not say why")
        said = f"{refusal.what} {refusal.cause} {refusal.fix}"
        for text in _texts(given) if len(said) > _QUOTED else ():
            if any(text[start : start + _QUOTED] in said for start in range(len(text) - _QUOTED + 1)):
                raise LawBroken(f"its refusal repeats more than {_QUOTED} characters of the document: {refusal.what[:100]!r} ...")

    subject.each(body)


def _texts(given: Document | Source) -> list[str]:
    if isinstance(given, Document):
        return [text.content for text in given.layers.text]
    return [given.head(100_000).decode("utf-8", "replace")] if given.data is not None else []


@law("contract", after=("returns-its-record",))
def confidence_in_range(subject: Subject) -> None:
    """Every confidence and score lies in 0..1.

    Conditions such as ``confidence < 0.6`` compare the answers of one component with those of another. Divide percentages by 100, and
    make probabilities of the raw output of a model; where there is no measure, leave the confidence out. "Not a number" is none.
    """

    def body(stage: Stage, given: Any) -> None:
        for place, value in _confidences(subject.answer(stage, given).layers):
            if not 0 <= value <= 1:
                raise LawBroken(f"{place} is {value}, and not within 0..1")

    subject.each(body)


def _confidences(value: Any, place: str = "") -> Iterator[tuple[str, float]]:
    """Every number called a confidence or score in a record and in what it holds, with its place."""
    if isinstance(value, tuple | list) and not isinstance(value, Box):
        for number, item in enumerate(value):
            yield from _confidences(item, f"{place}[{number}]")
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            item = getattr(value, name)
            where = f"{place}.{name}".lstrip(".")
            if name in ("confidence", "raw_confidence", "score"):
                if item is not None:
                    yield where, item
            else:
                yield from _confidences(item, where)
