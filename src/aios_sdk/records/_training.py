"""What models are made of: examples to learn from, and what learning gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, final

import msgspec

from ._document import Document
from ._identity import canonical, digest
from ._items import Value
from ._layers import LAYERS, layers_digest
from ._page import PageInfo, PageText


@final
class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A document with what is true of it, to train or evaluate a component with.

    Attributes:
        document: as the component would be given it, with its layers.
        labels: the values of one taxonomy that belong to it; none where the example teaches fields.
        fields: the true value of each path; a path that is left out has no value in this document.
        source: whom it came from (a company, a sender); examples of one source are never on both sides of a split.

    Example::

        Example(document=document, fields={"total": Decimal("9.50")}, source="Cafe Luna")
    """

    document: Document
    labels: tuple[str, ...] = ()
    fields: Mapping[str, Value] = {}
    source: str = ""

    @classmethod
    def of_text(cls, text: str, *labels: str, source: str = "") -> Example:
        """An example of one page with this text.

        Example::

            Example.of_text("Please send me a new card", "card")
        """
        document = Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))
        return cls(document=document, labels=labels, source=source)


@final
class Training(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What ``train`` did: the ``task`` that the model is for and the ``format`` of its files; ``classes`` that it tells apart, or paths of
    the fields that it finds; ``metrics`` on examples that it was not fitted to, by name.

    Example::

        Training(task="classification", format="skops", classes=("bill", "letter"), metrics={"accuracy": 0.93})
    """

    task: str
    format: str
    classes: tuple[str, ...] = ()
    metrics: Mapping[str, float] = {}

    def __post_init__(self) -> None:
        if not self.task or not self.format:
            raise ValueError("a training names the task of the model, such as 'classification', and the format of its files")


_ALL: Final = frozenset(LAYERS)


def examples_digest(examples: Iterable[Example]) -> str:
    """SHA-256 over what the examples teach, whatever their order: content (layers, of what is no file), labels, values and sources.

    Example::

        examples_digest(examples) == model.examples_digest      # whether it was trained on these
    """
    return digest(canonical(sorted(digest(canonical(_taught(example))) for example in examples)))


def _taught(example: Example) -> Any:
    document = example.document
    return [document.content_id or layers_digest(document.layers, _ALL), sorted(example.labels), dict(example.fields), example.source]
