"""A reader who does what a page says: runs its Python, its commands and its SQL, and compares what comes out."""

from __future__ import annotations

import contextlib
import doctest
import io
import linecache
import os
import re
import shlex
import shutil
import subprocess
import sys
import types
from pathlib import Path

import yaml

from aios_sdk import Pipeline, Registry, Store
from tests.conftest import REPOSITORY

from ._pages import Block

_PROGRESS = re.compile(r"^[\d,]+ of [\d,]+ documents: .*\n", re.MULTILINE)
_DONE_BEFORE = ("git clone ", "cd ", "source ")
_LANGUAGES = ("python", "console", "sql", "yaml", "toml", "")  # none: a drawing
_CHECKER = doctest.OutputChecker()


class Reader:
    """Works through one page in ``folder``; Python blocks share one namespace."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.module = types.ModuleType("docs_" + re.sub(r"\W", "_", page.stem))
        sys.modules[self.module.__name__] = self.module
        self._exit_code = 0

    def read(self, block: Block) -> None:
        """Do what ``block`` says. Raises ``AssertionError`` where the outcome is another than the page shows."""
        assert block.language in _LANGUAGES, f"{self._place(block)}: nobody runs {block.language}; use one of {_LANGUAGES}"
        if block.options == "no-run":
            assert re.search(r"# not run: \w+", block.text), f"{self._place(block)}: say why it is not run: '# not run: REASON'"
            return
        if block.file:
            target = self.folder / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        if block.language in ("yaml", "toml"):
            self._check_data(block)
        elif block.language == "python" and not block.file:
            self._compare(block, block.output, self._python(block))
        elif block.language == "sql":
            self._compare(block, block.output, self._sql(block))
        elif block.language == "console":
            self._console(block)

    # -- each kind of block -------------------------------------------------------------------------------------------

    def _python(self, block: Block) -> str:
        name = f"{self.page}:{block.line}"
        linecache.cache[name] = (len(block.text), None, block.text.splitlines(keepends=True), name)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(block.text, name, "exec"), self.module.__dict__)
        return out.getvalue()

    def _sql(self, block: Block) -> str:
        stores = sorted(self.folder.glob("*.aios"))
        assert len(stores) == 1, f"{self._place(block)}: a page with SQL works with one store, here are {stores}"
        shown = ""
        with Store(stores[0]) as store:
            for query in re.split(r";\s*$", block.text, flags=re.MULTILINE):
                if re.sub(r"--.*", "", query).strip():
                    shown += str(store.sql(query))
        return shown

    def _check_data(self, block: Block) -> None:
        if block.language == "toml":
            import tomllib

            tomllib.loads(block.text)
            return
        form = yaml.safe_load(block.text)
        if isinstance(form, dict) and "pipeline" in form:
            pipeline = Pipeline.from_yaml(block.text)
            assert Pipeline.from_yaml(pipeline.to_yaml()) == pipeline
        elif isinstance(form, dict) and {"checks", "routes"} & set(form):
            rules = self.folder / (block.file or "examples/claims/block.rules.yaml")  # beside the tables of the example
            rules.write_text(block.text, encoding="utf-8")
            Registry.default().create("aios.rules", {"rules": rules})
        elif isinstance(form, list):
            Pipeline.from_yaml("pipeline: block\nsteps:\n- ingest\n" + block.text)

    def _console(self, block: Block) -> None:
        for command, expected in _commands(block.text):
            if command == "echo $?":
                assert int(expected) == self._exit_code, f"{self._place(block)}: the exit code is {self._exit_code}"
                self._exit_code = 0
                continue
            self._ended_well(block)
            out = self._command(command, block)
            self._compare(block, expected or None, out)
        self._ended_well(block)

    def _ended_well(self, block: Block) -> None:
        code = self._exit_code
        assert code == 0, f"{self._place(block)}: a command ended with {code} and the page does not show it with '$ echo $?'"

    def _command(self, command: str, block: Block) -> str:
        if command.startswith(_DONE_BEFORE):
            return ""
        words = shlex.split(command, comments=True)
        if words[0] == "make":
            targets = set(re.findall(r"^(\w+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
            assert set(words[1:]) <= targets, f"{self._place(block)}: there is no such target: {words[1:]}"
            return ""
        if words[:2] == ["pip", "install"]:
            return self._install(words[2:], block)
        assert "=" in words[0] or words[0] in ("aios", "python", "pytest", "cat", "ls"), f"{self._place(block)}: {words[0]} is not run"
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(self._site), os.environ.get("PYTHONPATH")))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "100",
        }
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self._exit_code = done.returncode
        return _PROGRESS.sub("", done.stdout)

    def _install(self, words: list[str], block: Block) -> str:
        names = [word for word in words if not word.startswith("-")]
        for name in names:
            if name.startswith("./"):
                # Another folder than the environment's own, which other tests share; everything else is as pip does it.
                subprocess.run(
                    [
                        sys.executable,
                        "-m",
                        "pip",
                        "install",
                        "--quiet",
                        "--disable-pip-version-check",
                        "--no-deps",
                        "--no-index",
                        "--no-build-isolation",
                        "--target",
                        str(self._site),
                        name,
                    ],
                    cwd=self.folder,
                    check=True,
                )
                if "-e" in words:
                    self._link(self.folder / name.partition("[")[0] / "src")
            else:
                distribution = name.partition("[")[0]
                own = {"aios-sdk", *(path.name for path in (REPOSITORY / "plugins").iterdir())}
                assert distribution in own, f"{self._place(block)}: there is no distribution {distribution!r}"
        return ""

    def _link(self, source: Path) -> None:
        """Make the installed packages those of the checkout, as ``-e`` does; pip has no ``-e`` for another folder."""
        for package in source.iterdir():
            if (self._site / package.name).is_dir():
                shutil.rmtree(self._site / package.name)
                (self._site / package.name).symlink_to(package, target_is_directory=True)

    # -- comparing ----------------------------------------------------------------------------------------------------

    @property
    def _site(self) -> Path:
        return self.folder / ".site"

    def _compare(self, block: Block, expected: str | None, out: str) -> None:
        if expected is None:
            return
        want, have = (re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE).strip("\n") + "\n" for text in (expected, out))
        if not _CHECKER.check_output(want, have, doctest.ELLIPSIS):
            raise AssertionError(f"{self._place(block)} shows\n{want}\nbut the output is\n{have}")

    def _place(self, block: Block) -> str:
        return f"{self.page}:{block.line}"


def _commands(text: str) -> list[tuple[str, str]]:
    """The lines that begin with ``$ ``, each with the output shown below it."""
    found: list[tuple[str, str]] = []
    for part in re.split(r"^\$ ", text.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        found.append((command.partition("     #")[0].strip(), output))
    return found
