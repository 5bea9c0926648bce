"""The section `steps` of `engine.py`: what a document-step costs, beside the floor and frameworks that do the same work."""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from _peers import Options, Peers
from _programs import Absent, ours
from _table import Row, fail, number
from _work import STEPS, result_hash, texts

DOCUMENTS = 10_000
UNIT = "µs/doc-step"


class Case(NamedTuple):
    """How a peer does the work: in batches of ``size``, over no more ``documents``; ``durable`` if it keeps records."""

    peer: str
    what: str
    size: int = 256
    documents: int = DOCUMENTS
    durable: bool = True


CASES = (
    Case("dbos", "DBOS on SQLite, workflow per 256"),
    Case("dbos", "DBOS on SQLite, workflow per document", size=1, documents=500),
    Case("hamilton", "Hamilton with cache, per 256"),
    Case("llama_index", "LlamaIndex with docstore and cache, persisted per 256"),
    Case("dagster", "Dagster, partition per 256, files", documents=2_560),
    Case("haystack", "haystack, per 256", durable=False),
)


def steps(options: Options) -> list[Row]:
    """Ours, the floor and the peers in alternation, each in fresh processes and a fresh folder; medians."""
    count, rounds = (DOCUMENTS // 5, 1) if options.quick else (DOCUMENTS, 3)
    first, again, floor = [], [], []
    measured: dict[Case, list[tuple[dict[str, Any], dict[str, Any] | None]]] = defaultdict(list)
    absent: dict[Case, str] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            first.append(_ours(count, Path(folder, "bench.aios"), "miss"))
            again.append(_ours(count, Path(folder, "bench.aios"), "hit"))
        with tempfile.TemporaryDirectory() as folder:
            floor.append(_checked(ours("floor", *_options(count, 256, folder)), count))
        for case in CASES if options.peers else ():
            if case not in absent:
                try:
                    measured[case].append(_peer(options.peers, case, _documents(case, count)))
                except Absent as error:
                    absent[case] = str(error)
    floor_cost = statistics.median(cost(each, count) for each in floor)
    with tempfile.TemporaryDirectory() as folder:
        filled = ours("fill", "--attempts", options.attempts, "--store", Path(folder, "bench.aios"))
        _ours(count, Path(folder, "bench.aios"), "miss")
        late = _ours(count, Path(folder, "bench.aios"), "hit")
    rows = [*_own_rows(count, first, again, floor_cost), _late_row(count, late, filled)]
    rows.append(Row(case="floor: plain Python, a DuckDB commit per 256 documents", figure=floor_cost, unit=UNIT))
    rows += [_peer_row(case, measured[case], _documents(case, count)) for case in CASES if measured[case]]
    rows += [Row(case=f"peer: {case.what}", figure=None, unit=UNIT, beside=f"not measured: {why}") for case, why in absent.items()]
    durable = {case: _cost_of(measured[case], _documents(case, count)) for case in CASES if case.durable and measured[case]}
    if durable:
        fastest = min(durable, key=lambda case: durable[case])
        against = rows[0].figure / durable[fastest] if rows[0].figure else None
        rows.append(
            Row(case="acknowledged, against the fastest durable peer", figure=against, unit="of its time", bar=1, beside=fastest.what)
        )
    return rows


# -- rows ---------------------------------------------------------------------------------------------------------------------


def _own_rows(count: int, first: list[dict[str, Any]], again: list[dict[str, Any]], floor: float) -> list[Row]:
    beside = f"floor {number(floor)}; {_apart(first)}"
    work = f"{count:,} texts x {len(STEPS)} steps"
    return [
        Row(case=f"{work}: acknowledged", figure=_median(first, "acknowledged", count), unit=UNIT, bar=30, beside=beside),
        Row(
            case=f"{work}: all in DuckDB, lag 0", figure=_median(first, "folded", count), unit=UNIT, bar=50, beside=f"floor {number(floor)}"
        ),
        Row(
            case="rerun in a new process, all memoized: acknowledged",
            figure=_median(again, "acknowledged", count),
            unit=UNIT,
            bar=20,
            beside=_apart(again),
        ),
    ]


def _late_row(count: int, late: dict[str, Any], filled: dict[str, Any]) -> Row:
    made = f"{filled['recording']:.0f} s journaled, {filled['folding']:.0f} s folded, {filled['indexing']:.0f} s indexed"
    return Row(
        case=f"the same rerun with {filled['attempts']:,} attempts in the store",
        figure=_median([late], "acknowledged", count),
        unit=UNIT,
        bar=20,
        beside=f"{_apart([late])}; {late['megabytes']:,.0f} MB; store made in: {made}",
    )


def _peer_row(case: Case, runs: list[tuple[dict[str, Any], dict[str, Any] | None]], count: int) -> Row:
    told = [runs[0][0]["version"], f"{count:,} documents"]
    if case.durable:
        reruns = [rerun for _, rerun in runs if rerun is not None]
        nothing = "" if reruns[0]["documents"] else ", which gives nothing back"
        told.append(f"rerun {number(statistics.median(cost(each, count) for each in reruns))}{nothing}")
    else:
        told.append("not durable")
    return Row(case=f"peer: {case.what}", figure=_cost_of(runs, count), unit=UNIT, beside="; ".join(told))


def _apart(runs: list[dict[str, Any]]) -> str:
    loading, opening = (statistics.median(run[what] for run in runs) for what in ("loading", "opening"))
    return f"apart: start {loading:.2f} s, opening {opening:.2f} s"


def _median(runs: list[dict[str, Any]], what: str, count: int) -> float:
    seconds: float = statistics.median(run[what] for run in runs)
    return seconds / (count * len(STEPS)) * 1e6


def _cost_of(runs: list[tuple[dict[str, Any], dict[str, Any] | None]], count: int) -> float:
    return statistics.median(cost(first, count) for first, _ in runs)


def cost(run: dict[str, Any], count: int) -> float:
    """Microseconds for a document-step of what a program of a peer says."""
    seconds: float = run["seconds"]
    return seconds / (count * len(STEPS)) * 1e6


# -- measuring ----------------------------------------------------------------------------------------------------------------


def _ours(count: int, store: Path, cache: str) -> dict[str, Any]:
    run = _checked(ours("steps", "--documents", count, "--store", store), count)
    if run["caches"] != {cache: count * len(STEPS)}:
        fail(f"the results of the steps were to be a {cache} each, and are {run['caches']}")
    if run["lag"]:
        fail(f"{run['lag']} rows are not in DuckDB")
    return run


def _peer(peers: Peers, case: Case, count: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
    with tempfile.TemporaryDirectory() as folder:
        first = _checked(peers.run(case.peer, *_options(count, case.size, folder)), count)
        if not case.durable:
            return first, None
        rerun = peers.run(case.peer, *_options(count, case.size, folder))
        return first, _checked(rerun, count) if rerun["documents"] else rerun


def _documents(case: Case, count: int) -> int:
    """As many as we have, or that part of as many as are enough for a slow one."""
    return count * case.documents // DOCUMENTS


def _options(count: int, size: int, folder: str) -> list[object]:
    return ["--documents", count, "--size", size, "--folder", folder]


def _checked(run: dict[str, Any], count: int) -> dict[str, Any]:
    if run["documents"] != count or run["hash"] != expected(count):
        fail(f"{run['documents']} documents came out with the hash {run['hash']}, not {count} with {expected(count)}: {run}")
    return run


def expected(count: int) -> str:
    """The hash of the same work in plain Python."""
    if count not in _expected:
        _expected[count] = result_hash({name: step(text) for name, step in STEPS.items()} for text in texts(count))
    return _expected[count]


_expected: dict[int, str] = {}
