"""Computing a recorded run again from the bytes in its store, and telling every difference."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..engine import RunModels
from ..engine import run as run_plan
from ..errors import UsageError
from ..plugins import Registry
from ..records import Source
from ..store import Store, readable
from ._pipeline import Pipeline


class Difference(NamedTuple):
    """What a step gave then and now; ``was`` and ``now`` are artifact ids (or how it ended), None where there was nothing.

    ``made_by`` says who did the step then and now, where that differs: component, version, code, configuration or model.
    """

    document_id: str
    name: str
    step: str
    layer: str
    was: str | None
    now: str | None
    made_by: str


class Replayed(NamedTuple):
    """What a replay compared: documents and results of deterministic steps; what could not be compared, by step with the reason."""

    run_id: str
    documents: int
    results: int
    differences: tuple[Difference, ...]
    left_out: dict[str, str]


# Containers are no documents: what lies in them is given to the replay as it was found.
_DONE = """
    FROM attempts a
    JOIN documents d ON d.document_id = a.document_id AND d.run_id = a.run_id AND d.kind <> 'container'
    LEFT JOIN plugins u ON u.run_id = a.run_id AND u.step = a.step AND u.component = a.component
"""
_RESULTS = f"""
    SELECT a.document_id, a.step, coalesce(r.layer, ''), coalesce(r.artifact_id, a.status) {_DONE}
    LEFT JOIN artifacts r ON r.document_id = a.document_id AND r.run_id = a.run_id AND r.attempt_id = a.attempt_id
    WHERE a.run_id = $1 AND coalesce(u.deterministic, 'true') <> 'false'
"""
_LOOSE = f"SELECT DISTINCT a.step, a.component {_DONE} WHERE a.run_id = $1 AND u.deterministic = 'false' ORDER BY ALL"
_MAKERS = "SELECT step, component, version, code_digest, config_digest, model FROM plugins WHERE run_id = $1"


def replay(store: Store, run: str = "", *, registry: Registry | None = None, workers: int | None = None) -> Replayed:
    """Run the pipeline of ``run`` (its id or the beginning of it; the latest without) again over the bytes that it read, beside the store,
    with the models that it worked with, and compare what deterministic steps gave. Nothing is written into the store.

    Raises `UsageError` when there is no such run or its pipeline cannot be made from its record, and what running it raises. Example::

        with Store("claims.aios") as store:
            assert not replay(store).differences
    """
    run_id, definition = _recorded(store, run)
    pipeline = Pipeline.from_yaml(f"{definition}\n")
    with tempfile.TemporaryDirectory(prefix="aios-replay-") as folder, Store(Path(folder) / "replay.aios") as again:
        sources = list(_sources(store, run_id, Path(folder)))
        models = RunModels(store, _models(store, run_id))
        plan = pipeline.compile(registry)
        documents = sum(1 for _ in run_plan(plan, sources, store=again, models=models, workers=workers, progress=False, fresh=True))
        now_id = again.sql("select max(run_id) from runs").fetchall()[0][0]
        return _compared(store, run_id, again, now_id, documents)


def _recorded(store: Store, run: str) -> tuple[str, str]:
    found = store.sql(
        "SELECT run_id, definition FROM pipelines WHERE starts_with(run_id, $1) ORDER BY run_id DESC LIMIT 2", [run]
    ).fetchall()
    if not found or (run and len(found) > 1):
        raise UsageError(
            f"The store has {'several runs' if found else 'no run'} {run!r}", fix="Take an id from: select run_id, pipeline from runs"
        )
    return found[0][0], found[0][1]


def _models(store: Store, run_id: str) -> dict[str, str]:
    """Which model of the store each reference stood for in the run."""
    rows = store.sql("SELECT DISTINCT reference, model || '#' || model_digest FROM model_uses WHERE run_id = $1", [run_id]).fetchall()
    return {reference: model for reference, model in rows if reference}


def _sources(store: Store, run_id: str, folder: Path) -> Iterator[Source]:
    """What the run was given, in the order in which it was found, with the bytes that the store keeps."""
    rows = store.sql(
        "SELECT document_id, name, key, path, content_id, content FROM documents "
        "WHERE run_id = $1 AND kind = 'file' AND parent_id = '' AND content_id <> '' ORDER BY found_at, document_id",
        [run_id],
    ).fetchall()
    for _, name, key, origin, content_id, content in rows:
        if content is not None:
            yield Source(name=name, key=key, origin=origin, data=content)
        else:
            yield Source(name=name, key=key, origin=origin, path=str(store.blobs.path(content_id)))


def _compared(store: Store, run_id: str, again: Store, now_id: str, documents: int) -> Replayed:
    then, now = _makers(store, run_id), _makers(again, now_id)
    left_out = {step: f"{component} is not deterministic" for step, component in store.sql(_LOOSE, [run_id]).fetchall()}
    was, came = _results(store, run_id), _results(again, now_id)
    names = dict(store.sql("SELECT document_id, name FROM documents WHERE run_id = $1", [run_id]).fetchall())
    differences = []
    compared = sorted(dict.fromkeys((*was, *came)))
    for key in compared:
        if was.get(key) != came.get(key):
            document, step, layer = key
            made_by = _change(then.get(step, frozenset()), now.get(step, frozenset()))
            differences.append(Difference(document, names.get(document, ""), step, layer, was.get(key), came.get(key), made_by))
    return Replayed(run_id, documents, len(compared), tuple(differences), left_out)


def _results(store: Store, run_id: str) -> dict[tuple[str, str, str], str]:
    return {(document, step, layer): what for document, step, layer, what in store.sql(_RESULTS, [run_id]).fetchall()}


def _makers(store: Store, run_id: str) -> dict[str, frozenset[tuple[Any, ...]]]:
    found: dict[str, set[tuple[Any, ...]]] = {}
    for step, *maker in store.sql(_MAKERS, [run_id]).fetchall():
        found.setdefault(step, set()).add(tuple(maker))
    return {step: frozenset(makers) for step, makers in found.items()}


def _change(then: frozenset[tuple[Any, ...]], now: frozenset[tuple[Any, ...]]) -> str:
    """What changed about those who do a step, in words; empty when nothing did."""
    if then == now:
        return ""
    told = []
    for was, came in zip(sorted(then - now), sorted(now - then), strict=False):
        for what, before, after in zip(("component", "version", "code", "configuration", "model"), was, came, strict=False):
            if before != after:
                told.append(f"{what} {_short(what, before)} -> {_short(what, after)}")
    return ", ".join(told) or "other components were chosen"


def _short(what: str, value: str) -> str:
    return value[:8] if what in ("code", "configuration") else readable(value) or "none"
