"""The stages as type checkers see them: a `Protocol` for each, and the shapes that the methods and functions of components may have.

Whoever annotates with them is told of what `implements` and `component` alone cannot see, and why::

    checked: type[Extractor] = InvoiceOcr      # says which argument or result of InvoiceOcr.extract does not fit

A class has a stage's method, takes as many of its arguments as it needs, under their names, and returns its result; so it is an
`Extractor` without inheriting from it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from .errors import StepError
from .records import Checks, Classification, Document, Example, Extraction, Redactions, Result, Route, Source, Summary, Training
from .stages import Context

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Checker", "Classifier", "Extractor", "Ingester", "Redactor", "Router", "Summarizer"]

_R = TypeVar("_R")
_R_co = TypeVar("_R_co", covariant=True)


# -- shapes: a stage is called with these arguments, of which a component may leave out those that it does not need ----------


class _OfNothing(Protocol[_R_co]):
    def __call__(self) -> _R_co: ...


class _OfContext(Protocol[_R_co]):
    def __call__(self, context: Context) -> _R_co: ...


class _OfSource(Protocol[_R_co]):
    def __call__(self, source: Source) -> _R_co: ...


class _OfSourceInContext(Protocol[_R_co]):
    def __call__(self, source: Source, context: Context) -> _R_co: ...


class _OfDocument(Protocol[_R_co]):
    def __call__(self, document: Document) -> _R_co: ...


class _OfDocumentInContext(Protocol[_R_co]):
    def __call__(self, document: Document, context: Context) -> _R_co: ...


_Shape: TypeAlias = _OfDocument[_R] | _OfDocumentInContext[_R] | _OfContext[_R] | _OfNothing[_R]
#: A method or function, ``def`` or ``async def``, that makes an ``_R`` of a document.
Work: TypeAlias = _Shape[_R | Coroutine[Any, Any, _R]]

_Parts: TypeAlias = Iterable[Document | Source]
#: A method that makes documents and further sources of a source.
Reading: TypeAlias = _OfSource[_Parts] | _OfSourceInContext[_Parts] | _OfContext[_Parts] | _OfNothing[_Parts]


# -- the stages ---------------------------------------------------------------------------------------------------------------


class Ingester(Protocol):
    """What has ``ingest``: a source gives documents and further sources."""

    @property
    def ingest(self) -> Reading:
        """`Stages.ingest`."""


class Extractor(Protocol):
    """What has ``extract``: a document gives an `Extraction`."""

    @property
    def extract(self) -> Work[Extraction]:
        """`Stages.extract`."""


class Classifier(Protocol):
    """What has ``classify``: a document gives a `Classification`."""

    @property
    def classify(self) -> Work[Classification]:
        """`Stages.classify`."""


class Summarizer(Protocol):
    """What has ``summarize``: a document gives a `Summary`."""

    @property
    def summarize(self) -> Work[Summary]:
        """`Stages.summarize`."""


class Checker(Protocol):
    """What has ``check``: a document or case gives `Checks`."""

    @property
    def check(self) -> Work[Checks]:
        """`Stages.check`."""


class Redactor(Protocol):
    """What has ``redact``: a document gives `Redactions`."""

    @property
    def redact(self) -> Work[Redactions]:
        """`Stages.redact`."""


class Router(Protocol):
    """What has ``route``: a document or case gives a `Route`."""

    @property
    def route(self) -> Work[Route]:
        """`Stages.route`."""


if TYPE_CHECKING:
    #: What the class of a component is at least one of.
    Component: TypeAlias = Ingester | Extractor | Classifier | Summarizer | Checker | Redactor | Router
    #: What a function may be that is a component.
    Function: TypeAlias = Reading | Work[Extraction] | Work[Classification] | Work[Summary] | Work[Checks] | Work[Redactions] | Work[Route]

    _Answer: TypeAlias = Result | Coroutine[Any, Any, Result]
    _Answers: TypeAlias = Iterable[Result | StepError] | Coroutine[Any, Any, Iterable[Result | StepError]]
    _Method = TypeVar(
        "_Method",
        bound=Callable[[Any, Document], _Answer]
        | Callable[[Any, Document, Context], _Answer]
        | Callable[[Any, Source], _Parts]
        | Callable[[Any, Source, Context], _Parts]
        | Callable[[Any, Sequence[Document]], _Answers]
        | Callable[[Any, Sequence[Document], Context], _Answers]
        | Callable[[Any, Sequence[Example], Path], Training]
        | Callable[[Any, Sequence[Example], Path, Context], Training]
        | Callable[[Any, Context], _Answer | _Parts | _Answers]
        | Callable[[Any], _Answer | _Parts | _Answers]
        | Callable[..., Image],
    )

    def implements(method: _Method, /) -> _Method:
        """Marks a method as the implementation of a stage."""
        return method
