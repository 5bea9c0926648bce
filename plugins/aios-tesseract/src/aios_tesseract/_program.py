"""The tesseract program: is it there, in which version and with which languages, and one run of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from typing import Final

from aios_sdk import DeadlineExceeded, StepError, Unavailable

#: Versions before 4 have no neural reader and give other confidences.
OLDEST: Final = 4

_INSTALL: Final = (
    "Install it: Debian and Ubuntu `apt install tesseract-ocr`, Fedora `dnf install tesseract`, macOS `brew install tesseract`"
)


def version() -> str:
    """The version of the tesseract on the PATH, such as ``5.3.0``. Raises `Unavailable` when there is none, or only one before 4."""
    if shutil.which("tesseract") is None:
        raise Unavailable("There is no program 'tesseract'", cause="It is not installed, or not on the PATH", fix=_INSTALL)
    found = re.search(r"tesseract v?(\d+)([\d.]*)", _ask("--version"))
    if found is None:
        raise Unavailable("The program 'tesseract' does not tell its version", cause="It is another program of that name", fix=_INSTALL)
    if int(found[1]) < OLDEST:
        raise Unavailable(f"tesseract {found[1]}{found[2]} is too old; {OLDEST}.0 or newer is needed", fix=_INSTALL)
    return found[1] + found[2]


def languages() -> frozenset[str]:
    """The languages whose data is installed, by tesseract's names (``eng``, ``deu``, ``chi_sim``)."""
    return frozenset(line.strip() for line in _ask("--list-langs").splitlines()[1:] if line.strip())


def check_languages(wanted: Iterable[str]) -> None:
    """Raise `Unavailable` naming the packages to install, unless all ``wanted`` language data is there (``osd`` finds orientations)."""
    installed = languages()
    missing = [language for language in wanted if language not in installed]
    if missing:
        debian = " ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in missing)
        fedora = " ".join("tesseract-osd" if language == "osd" else f"tesseract-langpack-{language}" for language in missing)
        raise Unavailable(
            f"tesseract has no data for {' and '.join(map(repr, missing))}; it has {', '.join(sorted(installed)) or 'none'}",
            fix=f"Install it: Debian and Ubuntu `apt install {debian}`, Fedora `dnf install {fedora}`, macOS `brew install tesseract-lang`",
        )


def read_tsv(picture: bytes, language: str, psm: int, dpi: int, timeout: float | None) -> str:
    """Tesseract's table of what it reads in ``picture`` (the bytes of an image file), within ``timeout`` seconds.

    The picture goes in and the table comes out through pipes, so that nothing is left in a temporary folder whatever is killed. The child
    stays in the process group of the caller, so that killing a worker's group ends it; it alone runs with ``OMP_THREAD_LIMIT=1``, because
    several readers on one machine slow each other down by an order of magnitude otherwise, and parallelism comes from pages.

    Raises `DeadlineExceeded` after the child was killed and reaped, and `StepError` with its last words when it fails.
    """
    command = ["tesseract", "stdin", "stdout", "-l", language, "--psm", str(psm), "--dpi", str(dpi), "tsv"]
    try:
        done = subprocess.run(command, input=picture, capture_output=True, timeout=timeout, check=False, env=_environment())
    except subprocess.TimeoutExpired as error:
        raise DeadlineExceeded(
            f"tesseract was stopped after {timeout:.1f} s", cause="The page is large or full of texture",
            fix="Raise the step's timeout, or lower dpi",
        ) from error
    if done.returncode != 0:
        raise StepError(
            f"tesseract ended with status {done.returncode}",
            cause=done.stderr.decode(errors="replace").strip()[-500:] or "It said nothing",
            fix="Run `tesseract` on the page by hand to see more",
        )
    return done.stdout.decode(errors="replace")


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}


def _ask(option: str) -> str:
    done = subprocess.run(["tesseract", option], capture_output=True, timeout=30, check=False)
    return (done.stdout or done.stderr).decode(errors="replace")
