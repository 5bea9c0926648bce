"""The contract: what a component may implement. Start reading here.

A component is a class with a pydantic ``Config`` and one or more of the methods of `Stages`, each marked with `implements`; a method may
take fewer arguments than the specification (``protocols.py`` tells type checkers). The planner chooses one for each step and calls it::

    from aios_sdk import ComponentConfig, Document, Extraction, component, implements

    @component("acme.shout", requires=["text"], provides=["text"])
    class Shout:
        class Config(ComponentConfig):
            mark: str = "!"

        def __init__(self, config: Config) -> None:      # cheap: keep the configuration
            self.config = config

        def open(self, resources: Resources) -> None: ...    # optional; heavy work: models, sessions, programs

        @implements
        def extract(self, document: Document) -> Extraction: ...

        def close(self) -> None: ...                         # optional

Methods may be ``def`` or ``async def``. Raise `Unsupported` for what is not yours, `Malformed`, `Encrypted` or `LimitExceeded` for
bad input, `Retryable` for a passing fault; anything else counts as a fault of the component. Nobody's failure reaches another document.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

import pluggy
from msgspec import Struct

from .errors import DeadlineExceeded, StepError
from .records import Checks, Classification, Document, Example, Extraction, Redactions, Route, Source, Summary, Training

if TYPE_CHECKING:
    from PIL.Image import Image

    from .protocols import implements as implements
else:
    #: Marks a method as the implementation of a stage.
    implements = pluggy.HookimplMarker("aios")

Stage: TypeAlias = Literal["ingest", "extract", "classify", "summarize", "check", "redact", "route"]

#: The stages, in the order in which a document usually passes them.
STAGES: Final[tuple[Stage, ...]] = ("ingest", "extract", "classify", "summarize", "check", "redact", "route")

#: The version of each stage. Additive changes keep it; a break raises it and ships an adapter.
STAGE_VERSIONS: Final[Mapping[str, int]] = dict.fromkeys(STAGES, 1)

_specification = pluggy.HookspecMarker("aios")


@final
class Resources(Struct, frozen=True, kw_only=True):
    """What ``open()`` is given: a ``scratch`` directory of its own, how many ``threads`` it may use, the ``device`` (``cpu``, ``cuda:0``),
    the folders of ``models`` by reference (`ModelReference`), and ``secrets`` by name (never logged or recorded)."""

    scratch: Path
    threads: int = 1
    device: str = "cpu"
    models: Mapping[str, Path] = {}
    secrets: Mapping[str, str] = {}


@final
class Context:
    """One call: the ``run`` and ``step`` it belongs to, a ``scratch`` directory that is emptied afterwards (a path, or what makes it when
    it is first asked for), and the ``deadline`` (seconds of ``time.monotonic``, or None)."""

    __slots__ = ("_scratch", "deadline", "run", "step")

    def __init__(self, *, run: str, step: str, scratch: Path | Callable[[], Path], deadline: float | None = None) -> None:
        self.run: Final = run
        self.step: Final = step
        self.deadline: Final = deadline
        self._scratch = scratch

    @property
    def scratch(self) -> Path:
        """A directory of this call's own."""
        if not isinstance(self._scratch, Path):
            self._scratch = self._scratch()
        return self._scratch

    @property
    def log(self) -> logging.Logger:
        """A logger for this step; document text does not belong in logs."""
        return logging.getLogger(f"aios.step.{self.step}")

    def remaining(self) -> float | None:
        """Seconds until the deadline, or None without one. Raises `DeadlineExceeded` when it has passed."""
        if self.deadline is None:
            return None
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded("The step ran out of time", fix="Raise the step's timeout, or give the component less to do")
        return left


class Stages:
    """The seven stages as hook specifications, each with an optional batch companion.

    A companion takes several documents and returns as many results, in the same order and equal to single calls; in the place of a document
    that fails it returns the `StepError`.
    """

    @_specification
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:  # type: ignore[empty-body]
        """Yield what the bytes already hold: a document with pages, text, tables, and child sources that the engine ingests in turn.

        Example: ``yield Document.of(pages=pages, text=text)``, then ``yield Source(name="scan.png", data=attachment)``.
        """

    @_specification
    def render(self, document: Document, page: int, dpi: int) -> Image:  # type: ignore[empty-body]
        """Draw ``page`` (from 0) as displayed, at ``dpi``; a companion of ingest, behind `Page.image`.

        Example: ``return Image.open(document.open()).convert("RGB")``.
        """

    @_specification
    def extract(self, document: Document, context: Context) -> Extraction:  # type: ignore[empty-body]
        """Compute text, words, tables or fields, each with its spans.

        Example: ``return Extraction(fields=(Field(path="total", value=Decimal("9.50"), spans=(span,)),))``.
        """

    @_specification
    def extract_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Extraction | StepError]:  # type: ignore[empty-body]
        """Extract from several documents at once."""

    @_specification
    def classify(self, document: Document, context: Context) -> Classification:  # type: ignore[empty-body]
        """Give labels with scores to the document, a page or rows; or abstain.

        Example: ``return Classification(labels=(Label(taxonomy="document-kind", value="invoice", confidence=0.9),))``.
        """

    @_specification
    def classify_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Classification | StepError]:  # type: ignore[empty-body]
        """Classify several documents at once."""

    @_specification
    def train(self, examples: Sequence[Example], folder: Path, context: Context) -> Training:  # type: ignore[empty-body]
        """Learn from ``examples`` and write a model's files (no pickles) into the empty ``folder``; a companion of extract and classify.

        Example: ``save(fitted, folder / "weights.safetensors")``, then ``return Training(task="classification", format="safetensors")``.
        """

    @_specification
    def summarize(self, document: Document, context: Context) -> Summary:  # type: ignore[empty-body]
        """Say it shorter, each sentence with the spans it rests on.

        Example: ``return Summary(sentences=(Sentence(text="The car was hit.", spans=(span,)),), method="extractive")``.
        """

    @_specification
    def summarize_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Summary | StepError]:  # type: ignore[empty-body]
        """Summarize several documents at once."""

    @_specification
    def check(self, document: Document, context: Context) -> Checks:  # type: ignore[empty-body]
        """Hold rules against the document or case: passed, failed or unknown, with the items each verdict rests on.

        Example: ``return Checks(checks=(Check(rule="has-total", passed=True, inputs=(reference,)),))``.
        """

    @_specification
    def check_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Checks | StepError]:  # type: ignore[empty-body]
        """Check several documents at once."""

    @_specification
    def redact(self, document: Document, context: Context) -> Redactions:  # type: ignore[empty-body]
        """Name the spans to mask, by kind.

        Example: ``return Redactions(redactions=(Redaction(kind="iban", span=span),))``.
        """

    @_specification
    def redact_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Redactions | StepError]:  # type: ignore[empty-body]
        """Redact several documents at once."""

    @_specification
    def route(self, document: Document, context: Context) -> Route:  # type: ignore[empty-body]
        """Decide where the document or case goes, and why; or that a person is to look.

        Example: ``return Route(destination="pay", reasons=(Reason("all checks passed", references),))``.
        """

    @_specification
    def route_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Route | StepError]:  # type: ignore[empty-body]
        """Route several documents at once."""
