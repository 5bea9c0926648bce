"""The component on trial: making it, calling it the way the engine does, and finding the smallest input that shows what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import signal
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, final

from aios_sdk.errors import StepError
from aios_sdk.expressions import MEMBER_ATTRIBUTES, Scope, Type
from aios_sdk.expressions import TYPE_OF_VALUE as TYPES
from aios_sdk.plugins import ComponentInfo, Instance, Provided, Registry, model_references, secret_name
from aios_sdk.records import Checks, Classification, Document, Extraction, Redactions, Route, Source, Summary
from aios_sdk.stages import Context, Resources, Stage

from ._answers import Answer, gathered
from ._law import LawBroken
from ._own_files import document_of, source_of
from ._process import shared
from ._show import shown

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

RESULTS: Final[Mapping[Stage, type]] = {
    "extract": Extraction,
    "classify": Classification,
    "summarize": Summary,
    "check": Checks,
    "redact": Redactions,
    "route": Route,
}

#: Seconds that one call may take before the kit takes it for one that never ends.
LIMIT: Final = 60.0


#: Seconds in which a smaller input is looked for that breaks a law too.
SHRINKING: Final = 3.0


class _Endless(BaseException):
    """A call took too long; not an ``Exception``, so that neither a component nor hypothesis goes on after it."""


@final
class Subject:
    """A component on trial, with its configuration and what it is to be tried on.

    Attributes:
        info: what it declares; registry, config: how it is made.
        given: the fields, labels and checks that earlier steps provide in the pipelines it is made for.
        documents, sources: the author's own examples, tried before anything that is generated; of files as ingest makes them.
        seed, examples: of what is generated, and how much for each law; limit: seconds that one call may take.
        shrinking: seconds in which a smaller input is looked for that breaks a law too; at 0 the first that is found is told.
        shared: what all code in this process shares, as it was before the component was called.
    """

    def __init__(
        self,
        target: Any,
        *,
        config: Mapping[str, Any] | None = None,
        given: Provided | None = None,
        documents: Sequence[Document] = (),
        sources: Sequence[Source] = (),
        files: Sequence[Path | str] = (),
        registry: Registry | None = None,
        secrets: Mapping[str, str] | None = None,
        seed: int = 0,
        examples: int = 25,
        limit: float = LIMIT,
        shrinking: float = SHRINKING,
    ) -> None:
        registry = registry or Registry.default()
        if not isinstance(target, str):
            registry = registry.copy()
        self.info: Final[ComponentInfo] = registry.resolve(target) if isinstance(target, str) else registry.add(target)
        self.target: Final = target
        self.registry: Final = registry
        self.config: Final[dict[str, Any]] = dict(config or {})
        self.given: Final = given or Provided()
        self.documents: Final = (*documents, *(document_of(Path(file), registry) for file in files if set(self.stages) - {"ingest"}))
        self.sources: Final = (*sources, *(source_of(Path(file)) for file in files if "ingest" in self.stages))
        self.seed: Final = seed
        self.examples: Final = examples
        self.limit: Final = limit
        self.shrinking: Final = shrinking
        self.shared: Final = shared()
        self.secrets: Final = dict(secrets or {name: f"secret-{name}-of-the-kit" for name, _ in map(secret_name, self.info.secrets)})
        self._folder: Final = tempfile.TemporaryDirectory(prefix="aios-kit-")
        self._warm: dict[Stage, Instance] = {}
        self._runner: asyncio.Runner | None = None
        self._count = itertools.count(1)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that it implements."""
        return self.info.stages

    @property
    def version(self) -> str:
        """The version of its distribution, or its own."""
        return next((entry.version for entry in self.registry.entries if entry.info.id == self.info.id), "")

    @property
    def folder(self) -> Path:
        """A directory that is there until `close`."""
        return Path(self._folder.name)

    def new_folder(self, name: str = "scratch") -> Path:
        """A new, empty directory."""
        path = self.folder / f"{name}-{next(self._count)}"  # threads ask for folders too
        path.mkdir()
        return path

    def load(self) -> Any:
        """Its code: the class, function or instance."""
        return self.registry.load(self.info.id)

    # -- instances ----------------------------------------------------------------------------------------------------

    def create(self, stage: Stage, config: Mapping[str, Any] | None = None) -> Instance:
        """A new instance with its scope bound, not yet opened; ``config`` takes the place of the configuration on trial."""
        instance = self.registry.create(self.info.id, self.config if config is None else config)
        instance.bind(self.scope, stage)
        return instance

    def open(self, instance: Instance) -> None:
        """Open it with the models in folders that it names, a scratch directory and secrets of the kit's own."""
        named = () if instance.settings is None else model_references(instance.settings)
        models: dict[str, Path] = {reference: reference.folder for reference in named if reference.folder is not None}
        instance.open(Resources(scratch=self.new_folder("open"), models=models, secrets=self.secrets))

    @contextmanager
    def opened(self, stage: Stage, config: Mapping[str, Any] | None = None) -> Iterator[Instance]:
        """A new instance, opened, and closed at the end of the block; ``config`` takes the place of the configuration on trial."""
        instance = self.create(stage, config)
        try:
            self.open(instance)
            yield instance
        finally:
            instance.close()

    def warm(self, stage: Stage) -> Instance:
        """The instance that most calls go to, as in a worker: opened once and kept."""
        found = self._warm.get(stage)
        if found is None:
            found = self.create(stage)
            self.open(found)
            self._warm[stage] = found
        return found

    @property
    def scope(self) -> Scope:
        """What the component's expressions may name: all that `given` says, and the attributes of documents and cases."""
        fields: dict[str, Type] = {path: TYPES[kind] for path, kind in self.given.fields.items()}
        labels = {name: frozenset(values) if values else None for name, values in self.given.labels.items()}
        inner = Scope(attributes=MEMBER_ATTRIBUTES, fields=fields, labels=labels, checks=frozenset(self.given.checks))
        return Scope(attributes=MEMBER_ATTRIBUTES, fields=fields, labels=labels, checks=frozenset(self.given.checks), members=inner)

    # -- calls --------------------------------------------------------------------------------------------------------

    def call(
        self, instance: Instance, stage: Stage, given: Document | Source, *, deadline: float | None = None, context: Context | None = None
    ) -> Answer:
        """What the component makes of a document or source: its answer, in an own scratch directory, or in that of ``context``.

        Raises `LawBroken` under the law that it breaks when it raises anything but the SDK's refusals, returns something else than
        its stage's record, or does not end.
        """
        implementation = instance.implementation(stage)
        assert implementation is not None  # it is one of its stages
        context = context or self.context(stage, deadline=deadline)
        arguments = {"source" if stage == "ingest" else "document": given, "context": context}

        def work() -> Answer:
            found = implementation.call(**arguments)
            if implementation.is_async:
                found = self.wait(found)
            return Answer(gathered(found) if stage == "ingest" else found)

        answer = self.guarded(work, given)
        if answer.refusal is None and stage != "ingest" and not isinstance(answer.result, RESULTS[stage]):
            raise LawBroken(
                f"{stage} returned {type(answer.result).__name__}, not {RESULTS[stage].__name__}", law="returns-its-record", example=given
            )
        return answer

    def answer(self, stage: Stage, given: Document | Source) -> Answer:
        """What the warm instance makes of a document or source; raises as `call` does."""
        return self.call(self.warm(stage), stage, given)

    def context(self, stage: Stage, *, deadline: float | None = None) -> Context:
        """A context with a scratch directory of its own; ``deadline`` in seconds of ``time.monotonic``."""
        return Context(run="kit", step=stage, scratch=self.new_folder("step"), deadline=deadline)

    def wait(self, awaitable: Any) -> Any:
        """The result of a coroutine, on the kit's own loop."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(awaitable)

    def guarded(self, work: Callable[[], Answer], example: Any) -> Answer:
        """``work()``, with refusals as answers, and all else that it raises as `LawBroken`."""
        try:
            with ending_within(self.limit):
                return work()
        except (LawBroken, KeyboardInterrupt):
            raise
        except StepError as refusal:
            return Answer(None, refusal)
        except _Endless:
            raise LawBroken(f"it did not end within {self.limit:g} s", law="ends", example=example) from None
        except BaseException as error:  # noqa: BLE001 - parsers call sys.exit, and extensions raise panics that are no Exception
            _foreign(error, example)

    # -- examples -----------------------------------------------------------------------------------------------------

    def inputs(self, stage: Stage) -> SearchStrategy[Any]:
        """Documents or sources that the component may be given in this stage."""
        from ._inputs import documents_for, sources_for

        return sources_for(self) if stage == "ingest" else documents_for(self)

    def own(self, stage: Stage) -> tuple[Document | Source, ...]:
        """The author's examples, and the kit's samples of the media types that the component names, at most `examples` of these."""
        from ._inputs import samples_for

        mine: tuple[Document | Source, ...] = self.sources if stage == "ingest" else self.documents
        return (*mine, *samples_for(self, stage)[: self.examples])

    def some(self, stage: Stage, count: int = 4) -> list[Any]:
        """The author's examples and the kit's samples, and about ``count`` generated inputs, for laws that need several at once."""
        found: list[Any] = list(self.own(stage))
        self.forall(self.inputs(stage), found.append, examples=count)
        return found

    def each(
        self,
        body: Callable[[Stage, Any], None],
        inputs: Callable[[Stage], SearchStrategy[Any]] | None = None,
        *,
        examples: int | None = None,
    ) -> None:
        """Call ``body(stage, given)`` for every stage with the author's examples and the kit's samples, then with generated ones.

        Own ``inputs`` for a stage take the place of all of these. Raises the `LawBroken` of ``body`` for the smallest input that shows it.
        """
        for stage in self.stages:
            found = None
            for example in self.own(stage) if inputs is None else ():
                try:
                    body(stage, example)
                except LawBroken as broken:
                    broken.example = example if broken.example is None else broken.example
                    found = broken
                    break
            try:
                self.forall((inputs or self.inputs)(stage), partial(body, stage), examples=examples)
            except LawBroken as broken:
                # What is generated is made as small as can be; examples are as they are.
                if found is None or (broken.law == found.law and len(shown(broken.example)) < len(shown(found.example))):
                    raise
            if found is not None:
                raise found

    def forall(self, inputs: SearchStrategy[T], body: Callable[[T], None], *, examples: int | None = None) -> None:
        """Call ``body`` with generated inputs; raises its `LawBroken` for the smallest that shows it."""
        import hypothesis
        from hypothesis import HealthCheck, Phase, Verbosity

        last: list[T] = []
        known: dict[str, LawBroken] = {}
        until = math.inf

        @hypothesis.seed(self.seed)
        @hypothesis.settings(
            max_examples=examples or self.examples,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            print_blob=False,
            phases=[Phase.generate, Phase.shrink] if self.shrinking else [Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(inputs)
        def hold(example: T) -> None:
            nonlocal until
            last[:] = [example]
            if time.monotonic() > until:
                # Nothing smaller is looked for any more; what was found is told again when hypothesis asks for it.
                if (broken := known.get(repr(example))) is not None:
                    raise broken
                return
            try:
                body(example)
            except LawBroken as broken:
                known[repr(example)] = broken
                until = min(until, time.monotonic() + self.shrinking)
                raise

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", hypothesis.errors.HypothesisWarning)  # such as that an example is large
                hold()
        except LawBroken as broken:
            broken.example = last[0] if broken.example is None else broken.example
            raise
        except BaseExceptionGroup as group:
            # The same input sometimes breaks the law and sometimes does not.
            found = group.subgroup(LawBroken)
            if found is None:
                raise
            first = next(_leaves(found))
            first.details = f"{first.details}\nThe same input does not break it every time.".strip()
            first.example = last[0] if first.example is None else first.example
            raise first from None

    def cool(self) -> None:
        """Close the warm instances; the next call opens another. What a fault has left in one goes with it."""
        for instance in self._warm.values():
            with contextlib.suppress(Exception):  # the law on closing says it
                instance.close()
        self._warm.clear()

    def close(self) -> None:
        """Close what is open and remove what was written."""
        self.cool()
        if self._runner is not None:
            self._runner.close()
        self._folder.cleanup()


def _foreign(error: BaseException, example: Any) -> NoReturn:
    said = "it ran out of memory" if isinstance(error, MemoryError) else f"it raised {type(error).__name__}: {error}"
    lines = traceback.format_exception(error)
    raise LawBroken(
        f"{said}; only the SDK's own refusals (Unsupported, Malformed ...) may leave a component",
        law="gives-a-result-or-refuses",
        example=example,
        details="".join(lines[-3:]).rstrip(),
    ) from None


def _leaves(group: BaseExceptionGroup[LawBroken]) -> Iterator[LawBroken]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(each)
        else:
            yield each


@contextmanager
def ending_within(seconds: float) -> Iterator[None]:
    """Break off what takes longer, if this is the main thread, which alone can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    late = False

    def interrupt(*_: object) -> NoReturn:
        nonlocal late
        late = True
        raise _Endless

    begun = time.monotonic()
    before = signal.signal(signal.SIGALRM, interrupt)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except BaseException as error:
        if late:
            raise _Endless from error  # libraries that are interrupted raise something of their own
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            # Somebody else's alarm, such as a test's time-out, goes on.
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - begun), 0.001))
