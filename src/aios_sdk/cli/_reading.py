"""Reading files for a look at them: into a store that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aios_sdk.records import Outcome

from .run import ending, load_pipeline, quiet_libraries

if TYPE_CHECKING:
    from aios_sdk.pipelines import Pipeline
    from aios_sdk.store import Store


@contextmanager
def reading(inputs: Sequence[str], pipeline: str | None) -> Iterator[tuple[Store, list[Outcome]]]:
    """The outcomes of all documents, in the order of the inputs, each before its parts, and the store they lie in while this lasts.

    Without ``pipeline`` files are ingested by type, and scanned pages are read by tesseract, and their tables found, if the plugins are
    there.
    """
    from aios_sdk.engine import check_inputs
    from aios_sdk.store import Store

    quiet_libraries()
    found = load_pipeline(pipeline) if pipeline else reader()
    check_inputs(inputs)
    with tempfile.TemporaryDirectory(prefix="aios-") as folder, Store(Path(folder) / "read.aios") as store:
        outcomes = [each for outcome in found.run(list(inputs), store=store, ordered=True) for each in ending(outcome)]
        yield store, _with_parts_behind(outcomes)


def reader() -> Pipeline:
    """Ingests files by type, reads scanned pages by tesseract and finds their tables, if the plugins are there."""
    from aios_sdk.pipelines import Pipeline
    from aios_sdk.plugins import Registry

    read, known = Pipeline("read").ingest(), Registry.default().components
    for component in ("tesseract", "layout") if "aios.tesseract" in known else ():
        if f"aios.{component}" in known:
            read = read.extract(component, required=False)
    return read


def _with_parts_behind(outcomes: Sequence[Outcome]) -> list[Outcome]:
    parts: dict[str, list[Outcome]] = {}
    ids = {outcome.document.id for outcome in outcomes}
    for outcome in outcomes:
        # What lies in a mere container, such as an archive, has a parent that is no document itself.
        parts.setdefault(outcome.document.parent if outcome.document.parent in ids else "", []).append(outcome)

    def tree(parent: str) -> Iterator[Outcome]:
        for outcome in sorted(parts.get(parent, ()), key=lambda each: each.document.position) if parent else parts.get("", ()):
            yield outcome
            yield from tree(outcome.document.id)

    return list(tree(""))
