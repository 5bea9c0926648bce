"""What an author of plugins waits for: the list of fifty plugins, and the way from nothing to a plugin that is certified and runs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from _laws import laws
from _table import Row, benchmark, fail

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from aios_sdk.scaffold import MODALITIES, Skeleton, create  # noqa: E402
from tests.scaffold._environment import Environment  # noqa: E402

T = TypeVar("T")

PLUGINS = 50
#: Its import ends the process, so that a list that comes to its end has imported none.
TRAP = "import os\nos._exit(99)\n"


def main(quick: bool) -> list[Row]:
    """Every section in turn, in one clean environment; the distributions that it needs besides are those of this Python."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Environment(Path(folder))
        return [row for section in SECTIONS for row in section(environment, quick)]


def listing(environment: Environment, quick: bool) -> list[Row]:
    """``aios plugin list`` with fifty installed wheels."""
    projects, site = environment.folder / "fifty", environment.folder / "site"
    varieties = [(stage, modality) for stage, modalities in MODALITIES.items() for modality in modalities]
    for number in range(PLUGINS):
        stage, modality = varieties[number % len(varieties)]
        skeleton = Skeleton.of(f"bench{number}-plugin", stage, modality)
        create(skeleton, projects / skeleton.distribution)
        (projects / skeleton.distribution / "src" / skeleton.package / "__init__.py").write_text(TRAP)
    wheels = environment.wheels(*projects.iterdir())
    environment.install(*wheels, target=site)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AIOS_")}
    surroundings = {**kept, "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(site)])}

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([sys.executable, *arguments], env=surroundings, cwd=site, capture_output=True, check=False)

    aios = ("-c", "import sys; from aios_sdk.cli import main; sys.exit(main())")
    listed = run(*aios, "plugin", "list", "--json")
    found = [row for row in json.loads(listed.stdout or "[]") if row["distribution"].startswith("bench")]
    if len(found) != PLUGINS or any(row["state"] != "allowed" or row["reason"] for row in found):
        fail(f"{len(found)} components are listed in good standing, not {PLUGINS}")
    if run("-c", "import bench7_plugin").returncode != 99:
        fail("importing a plugin does not end the process, so nothing proves that none was imported")
    times: dict[str, list[float]] = {"bare": [], "list": []}
    for turn in range((5 if quick else 11) + 1):
        for name, command in (("bare", ("-c", "pass")), ("list", (*aios, "plugin", "list"))):
            seconds, done = timed(lambda command=command: run(*command))
            if done.returncode:
                fail(f"{name} ended with {done.returncode}")
            if turn:  # the first one writes the byte code and warms the file cache
                times[name].append(seconds)
    beside = f"bare Python {statistics.median(times['bare']):.3f} s"
    case = f"aios plugin list, {PLUGINS} installed wheels, none imported"
    return [Row(case=case, figure=statistics.median(times["list"]), unit="s", bar=0.40, beside=beside)]


def stages(environment: Environment, quick: bool) -> list[Row]:
    """From ``aios plugin new`` to a green ``aios plugin check`` and a pipeline run, without an edit; of a stage the slowest modality."""
    rows = []
    for stage, modalities in MODALITIES.items():
        tried = [from_nothing(environment, Skeleton.of(f"new-{stage}-{each}", stage, each)) for each in modalities[: 1 if quick else None]]
        slowest = max(tried, key=lambda steps: sum(steps.values()))
        beside = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in slowest.items())
        of = "" if len(tried) == 1 else f" (slowest of {', '.join(modalities)})"
        case = f"{stage}{of}: new, install, check green, run"
        rows.append(Row(case=case, figure=sum(slowest.values()), unit="s", bar=60, beside=beside))
    return rows


def from_nothing(environment: Environment, skeleton: Skeleton) -> dict[str, float]:
    """Seconds of each step of a new author, in the order in which ``aios plugin new`` names them."""
    folder = environment.folder / skeleton.distribution
    aios = ("aios", "plugin", "new", skeleton.distribution, "--stage", skeleton.stage, "--modality", skeleton.modality)
    steps = {"new": timed(lambda: environment.run(*aios, cwd=environment.folder))[0]}
    steps["install"] = timed(lambda: environment.install(folder, editable=True))[0]
    steps["check"], said = timed(lambda: environment.run("aios", "plugin", "check", skeleton.id, "--json", cwd=folder))
    if not json.loads(said)["ok"]:
        fail(f"{skeleton.id} is not green")
    (example,) = (path for path in (folder / "example").iterdir() if path.name != "pipeline.yaml")
    command = ("aios", "run", "example/pipeline.yaml", str(example), "--store", "example.aios")
    steps["run"], said = timed(lambda: environment.run(*command, cwd=folder))
    if "1 document: 1 completed" not in said:
        fail(f"the example of {skeleton.id} does not run: {said}")
    return steps


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Wall seconds of ``work``, and what it gave."""
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, done


#: Each gives rows of the table.
SECTIONS: tuple[Callable[[Environment, bool], list[Row]], ...] = (listing, stages, laws)

if __name__ == "__main__":
    sys.exit(benchmark("From nothing to a certified plugin", main))
