"""A clean environment: the SDK's wheel, and what is installed beside it; all else is that of the tests, further down the path."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.conftest import REPOSITORY

#: Nothing is fetched: the build backend and every dependency are those of the tests.
_OFFLINE = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-build-isolation")


class Environment:
    """A virtual environment in ``folder`` with the wheel of the SDK in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder / "venv", symlinks=True)
        self.bin = folder / "venv" / "bin"
        self.site = next((folder / "venv" / "lib").glob("python*/site-packages"))
        shared = sorted({path for path in sys.path if path.endswith("-packages")})
        (self.site / "tests.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in shared))
        self.install(*self.wheels(REPOSITORY))

    def wheels(self, *projects: Path) -> list[Path]:
        """Build the wheels of ``projects``; their paths."""
        target = Path(tempfile.mkdtemp(prefix="wheels-", dir=self.folder))
        self._pip("wheel", *_OFFLINE, "--wheel-dir", str(target), *map(str, projects))
        return sorted(target.glob("*.whl"))

    def install(self, *what: Path, editable: bool = False, target: Path | None = None) -> None:
        """Install wheels or projects, without what they depend on; into a folder of their own when ``target`` says so."""
        mark, where = ["-e"] if editable else [], ["--target", str(target)] if target else []
        words = (word for path in what for word in (*mark, str(path)))
        self._pip("--python", str(self.bin / "python"), "install", *_OFFLINE, *where, *words)

    def run(self, *command: str, cwd: Path, code: int | None = 0) -> str:
        """Run a program of the environment; what it says. Fails with that for another exit ``code`` (None: any)."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIOS_", "PYTHON"))}
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=cwd,
            env={**kept, "VIRTUAL_ENV": str(self.folder / "venv"), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert code in (None, done.returncode), f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def _pip(self, *arguments: str) -> None:
        done = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
