"""Pipeline: what shall happen, as a value that can be printed, compared, saved and run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack, final

from ..errors import PipelineError
from ..expressions import Expression
from ..records import Outcome, canonical, digest
from ..stages import Stage
from ._step import BEGIN, Collect, ComponentName, Split, Step, StepOptions, expression_of

if TYPE_CHECKING:
    from ..engine import Foreseen, Limits, Observer, Plan, Stop
    from ..plugins import Registry
    from ..store import Store


@final
class Pipeline:
    """Typed stages in a row; immutable: every method gives a new pipeline.

    The first step is ``ingest``. After ``split`` the documents of a packet go on by themselves; the steps after ``collect`` see cases.
    ``resolve`` names the steps whose values win where readings differ, first first. Relative paths in settings start at ``base`` (default:
    the current folder); that is no part of the pipeline's identity. Options of a step: ``when`` (run it if), ``fallback``, ``name`` (its
    id), ``required`` (a failure fails the document; default), ``timeout`` (seconds for a document, or for each page where the component
    works page by page), ``memo`` (may be taken from an earlier run), ``calibration`` (what turns raw confidences into
    probabilities: a calibrator of the store or a folder). ``config`` holds the
    component's own settings. Example::

        invoices = (
            Pipeline("invoices")
            .ingest()
            .extract("tesseract")
            .extract("fields", config={"output": Invoice}, when='media_type == "application/pdf"')
        )
        with Store("invoices.aios") as store:
            for outcome in invoices.run("inbox/", store=store):
                print(outcome.name, outcome.status)
    """

    __slots__ = ("base", "collected", "divided", "name", "resolve", "steps")

    name: str
    resolve: tuple[str, ...]
    steps: tuple[Step, ...]
    collected: tuple[int, Collect] | None
    divided: tuple[int, Split] | None
    base: Path | None

    def __init__(
        self,
        name: str,
        *,
        resolve: Sequence[str] = (),
        steps: Sequence[Step] = (),
        collected: tuple[int, Collect] | None = None,
        divided: tuple[int, Split] | None = None,
        base: str | Path | None = None,
    ) -> None:
        if not name or not name.replace("-", "").replace("_", "").isalnum():
            raise PipelineError(f"{name!r} is no name for a pipeline", fix="Use letters, digits, - and _")
        values = {
            "name": name,
            "resolve": tuple(resolve),
            "steps": tuple(steps),
            "collected": collected,
            "divided": divided,
            "base": None if base is None else Path(base),
        }
        for slot, value in values.items():
            object.__setattr__(self, slot, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a pipeline is immutable, so {name} cannot be set; its methods give a new one")

    def __reduce__(self) -> tuple[object, ...]:
        options = {slot: getattr(self, slot) for slot in self.__slots__ if slot != "name"}
        return (partial(Pipeline, self.name, **options), ())

    # -- building -----------------------------------------------------------------------------------------------------

    def ingest(self, component: ComponentName | None = None, **options: Unpack[StepOptions]) -> Pipeline:
        """Read the bytes. Without a component each document is read by the one that fits its media type best; ``config`` then maps
        component ids to their settings."""
        return self._step("ingest", component, options)

    def extract(self, component: ComponentName | None = None, **options: Unpack[StepOptions]) -> Pipeline:
        """Compute text, words, tables or fields."""
        return self._step("extract", component, options)

    def classify(self, component: ComponentName | None = None, **options: Unpack[StepOptions]) -> Pipeline:
        """Give labels."""
        return self._step("classify", component, options)

    def summarize(self, component: ComponentName | None = None, **options: Unpack[StepOptions]) -> Pipeline:
        """Say it shorter."""
        return self._step("summarize", component, options)

    def check(self, component: ComponentName | None = None, **options: Unpack[StepOptions]) -> Pipeline:
        """Hold rules against it."""
        return self._step("check", component, options)

    def redact(self, component: ComponentName | None = None, **options: Unpack[StepOptions]) -> Pipeline:
        """Name the places to mask."""
        return self._step("redact", component, options)

    def route(self, component: ComponentName | None = None, **options: Unpack[StepOptions]) -> Pipeline:
        """Decide where it goes."""
        return self._step("route", component, options)

    def split(self, *, by: str = "page-role") -> Pipeline:
        """Part packets into their documents, by what a step before has said of each page in the taxonomy ``by``.

        ``first`` begins a document, ``separator`` is a sheet that lies between two and belongs to none, and whatever else is said, or
        nothing, continues the one before. Each document is a part that holds its pages with their numbers in the packet, and goes through
        the steps that follow by itself; a file that is a single document goes through them as it is. Example::

            Pipeline("post").ingest().extract("tesseract").classify("page-roles").split().classify("lexical", config=...)
        """
        if self.divided is not None:
            raise PipelineError(f"Pipeline {self.name!r} splits twice", fix="Split once; what follows sees the documents of packets")
        if not self.steps or self.collected is not None:
            wrong, fix = ("before it ingests", BEGIN) if not self.steps else ("cases", "Split before .collect()")
            raise PipelineError(f"Pipeline {self.name!r} splits {wrong}", fix=fix)
        if not isinstance(by, str) or not by:
            raise PipelineError(f"by= is {by!r}", fix="Give the name of a taxonomy of page labels, such as 'page-role'")
        return self._with(divided=(len(self.steps), Split(by=by)))

    def collect(self, *, by: str | Expression = "parent") -> Pipeline:
        """Make cases: by ``parent`` (a document and everything found in it), by ``thread`` (a conversation), or by the value of an
        expression."""
        if self.collected is not None:
            raise PipelineError(f"Pipeline {self.name!r} collects twice", fix="Collect once; what follows sees cases")
        if not self.steps:
            raise PipelineError(f"Pipeline {self.name!r} collects before it ingests", fix=BEGIN)
        if by not in ("parent", "thread") if isinstance(by, str) else True:
            by = expression_of(by, "by=")  # type: ignore[assignment]
        return self._with(collected=(len(self.steps), Collect(by=by)))

    def step(self, step: Step) -> Pipeline:
        """Add ``step``. Raises `PipelineError` when its id is taken or it comes in the wrong place."""
        if (step.stage == "ingest") == bool(self.steps):
            fix = "Ingest comes first, and once" if self.steps else BEGIN
            raise PipelineError(f"Step {step.id!r} cannot stand here in pipeline {self.name!r}", fix=fix, stage=step.stage)
        if any(other.id == step.id for other in self.steps):
            raise PipelineError(
                f"Pipeline {self.name!r} has two steps with the id {step.id!r}",
                fix=f"Give one a name: .{step.stage}(..., name='...')",
                stage=step.stage,
            )
        return self._with(steps=(*self.steps, step))

    def _with(self, **changes: Any) -> Pipeline:
        return Pipeline(self.name, **{**{slot: getattr(self, slot) for slot in self.__slots__ if slot != "name"}, **changes})

    def _step(self, stage: Stage, component: ComponentName | None, options: Mapping[str, Any]) -> Pipeline:
        known = set(Step.__struct_fields__) - {"stage", "component"}
        unknown = set(options) - known
        if unknown:
            raise PipelineError(
                f"Step {stage} has no option {', '.join(sorted(unknown))}",
                cause="Settings of the component go into config=, options of the step stand beside it",
                fix=f"The options are {', '.join(sorted(known))}",
                stage=stage,
            )
        return self.step(Step(stage=stage, component=component, **options))

    # -- reading ------------------------------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        """SHA-256 of the canonical form: equal pipelines have equal versions, wherever they were written."""
        from ._yaml import definition

        return digest(canonical(definition(self, portable=False)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pipeline) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    def __str__(self) -> str:
        from ._yaml import describe

        return describe(self)

    def __repr__(self) -> str:
        return f"<Pipeline {self.name!r}, {len(self.steps)} steps, version {self.version[:12]}>"

    def to_yaml(self) -> str:
        """The pipeline as YAML that `from_yaml` reads back to an equal one. Raises `PipelineError` for code without an import path."""
        from ._yaml import to_yaml

        return to_yaml(self)

    @classmethod
    def from_yaml(cls, source: str | Path) -> Pipeline:
        """The pipeline in a YAML file (a ``Path``, or a string ending in .yaml or .yml) or in YAML text.

        Files named in settings are found relative to the YAML file. Raises `PipelineError` naming the line or key that is wrong.
        """
        from ._yaml import from_yaml

        return from_yaml(source)

    # -- running ------------------------------------------------------------------------------------------------------

    def compile(self, registry: Registry | None = None) -> Plan:
        """Choose and check everything before the first document: components, settings, conditions, and that each step's needs are met.

        Raises `PipelineError`, `ExpressionError`, `ConfigurationError` or `PluginError`, naming the step and what would help.
        """
        from ._compile import compile_pipeline

        return compile_pipeline(self, registry)

    def run(self, inputs: Inputs, *, store: Store, **options: Any) -> Iterator[Outcome]:
        """Run over ``inputs`` (paths of files and folders, `Source` objects, or an iterable of them) and yield outcomes as they
        become durable.

        Yields the outcome of every case if the pipeline collects, else that of every document. Options are those of `arun`;
        ``progress`` defaults to a bar where standard error is a terminal. Closing the iterator early ends the run and keeps what is
        done. Ctrl-C while the next outcome is waited for has what is under way finished, for ten seconds unless ``stop`` says
        otherwise, and raises `KeyboardInterrupt` after the last outcome; a second one ends the run at once.
        """
        from ..engine import run

        return run(self.compile(options.pop("registry", None)), inputs, store=store, **options)

    def preview(self, inputs: Inputs, *, store: Store, registry: Registry | None = None) -> Iterator[Foreseen]:
        """What running over ``inputs`` would compute and what it would take from ``store``, for each step of each document, and why.

        Nothing is run or recorded; every input is read once, to know its bytes. Raises what `compile` raises. Example::

            for step in invoices.preview("inbox/", store=store):
                if step.will != "recall":
                    print(step.document, step.step, step.why)
        """
        from ..engine import check_inputs, preview

        check_inputs(inputs)
        return preview(self.compile(registry), inputs, store)

    def arun(
        self,
        inputs: Inputs,
        *,
        store: Store,
        registry: Registry | None = None,
        observers: Sequence[Observer] = (),
        limits: Limits | None = None,
        workers: int | None = None,
        window: int | None = None,
        progress: bool | None = None,
        fresh: bool = False,
        ordered: bool = False,
        stop: Stop | None = None,
    ) -> AsyncIterator[Outcome]:
        """The same for callers that have an event loop.

        ``workers`` is how many worker processes there are for components that parse, read or predict (default: the cores); ``window`` how
        many deliveries may be under way at once (default: 512); ``limits`` bound what one delivery may unfold into. Results that the store
        holds are taken from there unless ``fresh``. Outcomes come as they are ready, or with ``ordered`` in the order of the inputs.
        ``stop`` is asked, from elsewhere, to stop the run before its end.
        """
        from ..engine import arun

        return arun(
            self.compile(registry),
            inputs,
            store=store,
            observers=observers,
            limits=limits,
            workers=workers,
            window=window,
            progress=progress,
            fresh=fresh,
            ordered=ordered,
            stop=stop,
        )


#: What a pipeline runs over.
Inputs: TypeAlias = "str | Path | object | Iterable[str | Path | object]"
