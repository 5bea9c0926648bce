"""The gate between components and records: types, places, spans and references, before anything is merged or recorded."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..records import Document, Layers, Result, UnitFailure, check_references, check_spans, from_json, to_json
from ._calls import readable


def verified(
    document: Document, step: str, result: Result | Layers, component: str, *, parts: bool = False
) -> tuple[Layers, UnitFailure | None]:
    """What ``result`` adds to ``document``; or nothing, and why, when it holds values of a wrong type or spans that do not resolve."""
    try:
        layers = document.stamp(step, result)
        # The types of records are checked where they are read from JSON, not where they are made; what is large in texts and words
        # was checked when they were built.
        text = tuple(msgspec.structs.replace(each, content="") for each in layers.text)
        words = tuple(msgspec.structs.replace(each, starts=b"", ends=b"", boxes=b"", confidences=b"") for each in layers.words)
        from_json(to_json(msgspec.structs.replace(layers, text=text, words=words)), Layers)
        problems = [*check_spans(document, layers, parts=parts), *check_references(document, layers), *_misplaced(document, layers)]
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a result is its component's fault
        problems = [f"{type(error).__name__}: {error}"]
    if problems:
        return Layers(), UnitFailure("contract", readable(f"{component} gave what cannot be: {'; '.join(problems[:3])}"[:2000]))
    return layers, None


def _misplaced(document: Document, added: Layers) -> Iterator[str]:
    """Texts and words of pages that are not there, and words that count in another text."""
    pages = {page.index for layers in (document.layers, added) for page in layers.pages}
    texts = {text.artifact for layers in (document.layers, added) for text in layers.text}
    for text in added.text:
        if text.page not in pages:
            yield f"it gave text for page {text.page}, which is not there"
    for words in added.words:
        if words.artifact not in texts or words.page not in pages:
            yield f"the words of page {words.page} count in a text that is not there"
