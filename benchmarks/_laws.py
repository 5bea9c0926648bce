"""The rows of `authors.py` about the conformance kit: how long the contract tier takes, and whether every law tells wrong from right."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _table import Row, fail

if TYPE_CHECKING:
    from tests.scaffold._environment import Environment

REPOSITORY = Path(__file__).resolve().parent.parent
SEEDS = 20


def laws(environment: Environment, quick: bool) -> list[Row]:
    """The contract tier for each component of the echo plugin, and every law on many seeds."""
    return [contract_tier(environment, quick), *trials(2 if quick else SEEDS)]


def contract_tier(environment: Environment, quick: bool) -> Row:
    """``aios plugin check ID --tier contract`` for the installed echo plugin; the slowest of its components."""
    from aios_sdk.testing import fakes

    folder = environment.folder / "echo"
    made = fakes.distribution(folder)
    (environment.site / "echo.pth").write_text(f"import site; site.addsitedir({str(folder)!r})\n")
    ids = [line.partition('"')[2].rstrip('"') for line in made.manifest.read_text().splitlines() if line.startswith("id = ")]
    seconds: dict[str, float] = {}
    for id in ids[:2] if quick else ids:
        report = json.loads(environment.run("aios", "plugin", "check", id, "--tier", "contract", "--json", cwd=folder))
        if report["tier"] != "contract":
            fail(f"{id} does not keep the contract tier")
        seconds[id] = sum(verdict["wall"] for verdict in report["verdicts"])
    slowest = max(seconds, key=lambda id: seconds[id])
    about = f"{len(report['verdicts'])} laws, {report['examples']} examples each"
    beside = f"{slowest}, the slowest of {len(seconds)} components; {about}; the fastest {min(seconds.values()):.1f} s"
    return Row(case="contract tier for the echo plugin", figure=seconds[slowest], unit="s", bar=20, beside=beside)


# -- laws on many seeds -------------------------------------------------------------------------------------------------------


def trials(seeds: int) -> list[Row]:
    """Each law by itself, for its mutants and for correct components, on ``seeds`` seeds; which others it rests on is tested elsewhere."""
    from aios_sdk.testing import LAWS
    from tests.testing.mutants import MUTANTS

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=context, initializer=prepare, initargs=(sys.path,)) as pool:
        wrong = [("mutant", mutant.law, number, seed) for number, mutant in enumerate(MUTANTS) for seed in range(seeds)]
        alive = {trial: said for trial, said in zip(wrong, pool.map(verdict, wrong), strict=True) if said != "broken"}
        asked = [("correct", law, number, 0) for law, number in product(LAWS, range(len(correct())))]
        first = dict(zip(asked, pool.map(verdict, asked), strict=True))
        right = [trial for trial, said in first.items() if said != "not applicable"]
        again = [(*trial[:3], seed) for trial in chosen(right) for seed in range(1, seeds)]
        said = {**{trial: first[trial] for trial in right}, **dict(zip(again, pool.map(verdict, again), strict=True))}
    hurt = [trial for trial, told in said.items() if told != "passed"]
    untried = sorted(set(LAWS) - {law for _, law, _, _ in right})
    for trial in (*alive, *hurt):
        print(f"{trial}: {said.get(trial, alive.get(trial))}", file=sys.stderr)
    return [
        Row(
            case=f"{len(LAWS)} laws x {seeds} seeds: the mutant is killed",
            figure=len(wrong) - len(alive),
            unit="kills",
            bar=len(wrong),
            at_least=True,
            beside=f"{len(MUTANTS)} mutants",
        ),
        Row(
            case=f"{len(LAWS) - len(untried)} laws x {seeds} seeds: a correct component keeps it",
            figure=len(said) - len(hurt),
            unit="passes",
            bar=len(said),
            at_least=True,
            beside=f"{len(correct())} correct components" + (f"; none that {', '.join(untried)} applies to" if untried else ""),
        ),
    ]


Trial = tuple[str, str, int, int]


def chosen(trials: list[Trial]) -> Iterator[Trial]:
    """Of each law one trial, of a component to which it applies."""
    seen = set()
    for trial in trials:
        if trial[1] not in seen:
            seen.add(trial[1])
            yield trial


def prepare(path: list[str]) -> None:
    """Let a worker find what this process finds."""
    sys.path[:] = path


def verdict(trial: Trial) -> str:
    """What becomes of a law for a mutant or a correct component: broken, passed, or not applicable."""
    from tests.testing.alone import alone
    from tests.testing.mutants import MUTANTS

    kind, law, number, seed = trial
    code, options = (MUTANTS[number].code, MUTANTS[number].options) if kind == "mutant" else correct()[number]
    return alone(law, code, {"seed": seed, **options})


@cache
def correct() -> list[tuple[Any, Mapping[str, Any]]]:
    """Components in which nothing is wrong, and how they are tried: those of the echo plugin, installed, and what they do not declare."""
    from aios_sdk.plugins import Policy, Registry
    from aios_sdk.testing import fakes
    from tests.testing.correct import CORRECT

    folder = fakes.distribution(Path(tempfile.mkdtemp(prefix="echo-"))).folder
    sys.path.append(str(folder))
    registry = Registry.discover(Policy(), [str(folder)])
    return [*((id, {"registry": registry}) for id in registry.components), *((code, {}) for code in CORRECT)]
