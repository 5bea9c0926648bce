"""What one call of a component came to, in a form in which two answers can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from aios_sdk.errors import StepError
from aios_sdk.records import Document, Layers, Result, Source, digest, to_json

from ._law import LawBroken

#: An ingest component that yields more than this from one of the kit's small inputs never ends.
_MOST_YIELDED: Final = 10_000


class Ingested(msgspec.Struct, frozen=True):
    """What an ingest component yielded from one source."""

    document: Document | None
    parts: tuple[Source, ...] = ()


class Answer(NamedTuple):
    """What one call came to: a result, or the refusal that was raised."""

    result: Result | Ingested | None
    refusal: StepError | None = None

    @property
    def layers(self) -> Layers:
        """What the result adds to a document, as it would be recorded."""
        if isinstance(self.result, Ingested):
            return self.result.document.layers if self.result.document else Layers()
        return Document().stamp("kit", self.result) if self.result is not None else Layers()

    def added(self, document: Document, step: str) -> Layers:
        """What the engine would add to ``document``. Items have the ids that others of the same result may refer to."""
        if self.result is None or isinstance(self.result, Ingested):
            return self.layers
        return document.stamp(step, self.result)

    @property
    def content(self) -> bytes:
        """The answer in one canonical form: equal answers have equal bytes. Of a refusal its category counts, not its wording."""
        if self.refusal is not None:
            return b"refused: " + self.refusal.category.encode()
        if isinstance(self.result, Ingested):
            parts = [[part.name, part.media_type, part.refused, digest(part.data or b"")] for part in self.result.parts]
            return msgspec.json.encode([msgspec.Raw(_placeless(self.layers)), parts])
        return _placeless(self.layers)


def _placeless(layers: Layers) -> bytes:
    return to_json(msgspec.structs.replace(layers, tables=tuple(msgspec.structs.replace(table, location="") for table in layers.tables)))


def gathered(found: Iterable[Any]) -> Ingested:
    """What an ingest method yields, all of it; the bytes of each part are taken before the next is asked for, as the engine does.

    Raises `LawBroken` for what is no document and no source, for a second document, and for what never ends.
    """
    documents: list[Document] = []
    parts: list[Source] = []
    for number, item in enumerate(found):
        if number >= _MOST_YIELDED:
            raise LawBroken(f"it yielded more than {_MOST_YIELDED} items", law="ends")
        if isinstance(item, Document):
            documents.append(item)
        elif isinstance(item, Source):
            parts.append(_taken(item))
        else:
            raise LawBroken(f"ingest yielded {type(item).__name__}, neither Document nor Source", law="returns-its-record")
    if len(documents) > 1:
        raise LawBroken(f"ingest yielded {len(documents)} documents from one source", law="returns-its-record")
    return Ingested(documents[0] if documents else None, tuple(parts))


def _taken(part: Source) -> Source:
    if part.data is None and part.path and Path(part.path).is_file():
        return msgspec.structs.replace(part, data=Path(part.path).read_bytes())
    return part
