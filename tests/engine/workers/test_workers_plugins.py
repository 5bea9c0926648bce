"""Components from elsewhere: of installed plugins, under the policy of the parent, and of programs without a guard."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from aios_sdk import Policy, Registry
from aios_sdk.engine import PlannedComponent
from aios_sdk.expressions import Scope
from aios_sdk.plugins import Lock
from tests.conftest import REPOSITORY
from tests.plugins.conftest import Site, site

from ._pools import Bench, problem, words

__all__ = ["site"]  # a fixture

CODE = """\
import os
from aios_sdk import ComponentConfig, Document, Extraction, Field, component, implements

@component("acme.{name}", requires=["text"])
class Finder:
    "Finds nothing."
    class Config(ComponentConfig):
        word: str = "none"

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=(Field(path="a", value=self.config.word, status="ungrounded"),))
"""


def _finder(name: str, **config: str) -> PlannedComponent:
    return PlannedComponent(id=f"acme.{name}", stage="extract", config=config, scope=Scope())


def _install(site: Site, name: str, *, record: bool = True) -> Path:
    site.install(f"acme_{name}", id=f"acme.{name}", code=CODE.replace("{name}", name), record=record)
    return site.path / f"acme_{name}" / "__init__.py"


def test_an_installed_component_runs_with_the_settings_that_the_parent_found(site: Site, another: Callable[..., Bench]) -> None:
    _install(site, "one")
    (site.path.parent / "aios.toml").write_text('[components."acme.one"]\nword = "from the file"\n')
    bench = another(known=Registry.discover())
    assert words(bench.call(_finder("one"), ["x"])[0]) == ["from the file"]
    assert words(bench.call(_finder("one", word="given"), ["x"])[0]) == ["given"]


def test_the_policy_of_the_parent_holds_in_workers(site: Site, another: Callable[..., Bench]) -> None:
    file = _install(site, "locked", record=False)
    plugins = Registry.discover(Policy(), path=[str(site.path)]).plugins
    known = Registry.discover(Policy(lock=Lock.of(plugins)))
    assert list(known.components) == ["acme.locked"]
    known.load("acme.locked")
    file.write_text(file.read_text() + f"\nopen({str(site.path / 'imported')!r}, 'w')\n")
    bench = another(known=known)
    category, message = problem(bench.call(_finder("locked"), ["x"])[0])
    assert category == "unavailable"
    assert "acme_locked" in message or "acme-locked" in message
    assert not (site.path / "imported").exists()


def test_a_plugin_that_was_upgraded_meanwhile_is_not_used(site: Site, another: Callable[..., Bench]) -> None:
    file = _install(site, "new")
    record = next(site.path.glob("acme_new-*.dist-info")) / "RECORD"
    record.write_text(f"acme_new/__init__.py,sha256={'a' * 43},1\nacme_new/aios_plugin.toml,sha256={'b' * 43},1\n")
    known = Registry.discover(Policy())
    assert known.plugins[0].installed.by == "record"
    bench = another(known=known)
    known.create("acme.new")
    record.write_text(record.read_text().replace("a" * 43, "c" * 43))
    file.write_text(file.read_text().replace('"none"', '"other"'))
    category, message = problem(bench.call(_finder("new"), ["x"])[0])
    assert category == "unavailable"
    assert "The code of acme.new in the worker is not the code that the run began with" in message


PROGRAM = """\
import asyncio, sys, tempfile
from pathlib import Path
from aios_sdk import Document, Extraction, Registry, component, implements
from aios_sdk.engine.workers import Pool, Unit
from tests.engine.workers import _parts, _pools

print("a program without a guard")

@component("test.mine", isolation="process")
class Mine:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()

async def main():
    known = Registry()
    known.add(Mine)
    known.add(_parts.Bad)
    folder = Path(tempfile.mkdtemp(dir=sys.argv[1]))
    pool = Pool(known, count=1, scratch=folder / "scratch", blobs=folder / "blobs")
    for name in ("bad", "mine"):
        async for answer in pool.call(_pools.planned(name), "extract", "s", [Unit(_parts.document("x"))], run="r", timeout=30.0):
            print(answer.failure.message if answer.failure else answer.result.fields[0].value)
    await pool.close()

asyncio.run(main())
"""


def test_a_program_needs_no_guard_and_its_own_classes_are_refused_with_the_way_out(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    ran = subprocess.run(
        [sys.executable, str(program), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    first, good, refused = ran.stdout.splitlines()
    assert (first, good, ran.stderr) == ("a program without a guard", "x", "")
    assert refused == (
        "[AIOS-303] __main__:Mine cannot be imported in a worker: it is defined in the program's main module, which workers do not run. "
        "Put it into a module that can be imported, or declare the component isolation='inline'. (component test.mine)"
    )


def test_what_a_worker_is_told_fits_any_lock() -> None:
    """It is handed over in a file, since the arguments of a program have a limit."""
    from aios_sdk.engine.workers._options import Options

    plugins = Registry.discover(Policy()).plugins
    lock = Lock.of(plugins[:1]) if plugins else Lock(())
    options = Options(
        path=("/a",), parent=1, policy=Policy(lock=msgspec.structs.replace(lock, plugins=lock.plugins * 3000)), connection=3, board=4,
        key=b"k", scratch="/s", blobs="/b", threads=1, logging=30,
    )  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(options), type=Options) == options
