"""Judging answers: whether one is sound, whether it gives anything, and in what two differ."""

from __future__ import annotations

import difflib
import json
import math
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from aios_sdk.plugins import Instance
from aios_sdk.records import Document, Layers, Source, check_references, check_spans, from_json, to_json
from aios_sdk.stages import Stage

from ._answers import Answer, Ingested
from ._law import LawBroken
from ._subject import Subject

_LINES: Final = 14
#: By how much numbers may differ that were computed in another order, such as in a batch.
_NOISE: Final = 1e-5


def sound(subject: Subject, stage: Stage, given: Document | Source, instance: Instance | None = None) -> Answer:
    """What the component makes of ``given``, which must be a valid record whose spans and references resolve, or a refusal.

    Raises `LawBroken`; the law that asks is the one that is broken, for what is odd about its inputs is the cause.
    """
    with here():
        answer = subject.call(instance or subject.warm(stage), stage, given)
    layers = answer.layers
    try:
        from_json(to_json(layers), Layers)
    except Exception as error:
        raise LawBroken(f"its result is no valid record: {error}", example=given) from error
    of_parts = isinstance(given, Source)
    document = Document(content_id=given.content_id, id=given.document_id) if isinstance(given, Source) else given
    layers = answer.added(document, stage)
    problems = [*check_spans(document, layers, parts=of_parts), *check_references(document, layers)]
    if problems:
        raise LawBroken("; ".join(problems[:3]), example=given)
    return answer


@contextmanager
def here() -> Iterator[None]:
    """Lay what breaks a law in a single call at the door of the law that asks."""
    try:
        yield
    except LawBroken as broken:
        broken.law = ""
        raise


def gives(answer: Answer) -> bool:
    """Whether there is anything in it."""
    if answer.refusal is not None:
        return False
    if isinstance(answer.result, Ingested):
        return answer.result.document is not None or bool(answer.result.parts)
    return answer.layers != Layers()


def facts(answer: Answer) -> Any:
    """The answer as plain values, without the ids that follow from them; of a refusal its category."""
    if answer.refusal is not None:
        return {"refused": answer.refusal.category}
    found: dict[str, list[dict[str, Any]]] = json.loads(to_json(answer.layers))
    for items in found.values():
        for item in items:
            for name in ("id", "location"):
                item.pop(name, None)
    if "words" in found:
        for item, words in zip(found["words"], answer.layers.words, strict=True):
            for name in ("boxes", "confidences"):
                item[name] = [number / 1_000_000 for number in array("I", getattr(words, name))]
    if isinstance(answer.result, Ingested):
        parts = [{"name": part.name, "media_type": part.media_type, "refused": part.refused} for part in answer.result.parts]
        return {**found, "parts": parts}
    return found


def alike(first: Any, second: Any) -> bool:
    """Whether two plain values are equal, but for the last digits of computed numbers."""
    if isinstance(first, float) or isinstance(second, float):
        both = isinstance(first, int | float) and isinstance(second, int | float)
        return both and math.isclose(first, second, rel_tol=_NOISE, abs_tol=_NOISE)
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(alike(value, second[key]) for key, value in first.items())
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(alike, first, second))
    return bool(first == second)


def difference(first: Any, second: Any, names: tuple[str, str]) -> str:
    """Two plain values as a short diff."""
    one, other = (msgspec.json.format(msgspec.json.encode(value), indent=1).decode().splitlines() for value in (first, second))
    found = list(difflib.unified_diff(one, other, *names, lineterm="", n=1))
    shown = [line if len(line) <= 160 else line[:160] + " ..." for line in found]
    return "\n".join(shown[:_LINES] + (["..."] if len(shown) > _LINES else []))
