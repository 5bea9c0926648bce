"""The tesseract program: is it there, in which version and with which languages, and one run of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytesseract

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


def prepare() -> None:
    """Let pytesseract start tesseract with ``OMP_THREAD_LIMIT=1``; the environment of this process stays as it is.

    Several readers on one machine slow each other down by an order of magnitude otherwise; parallelism comes from pages.
    """
    pytesseract.pytesseract.environ = {**os.environ, "OMP_THREAD_LIMIT": "1"}


def read_tsv(picture: Path, language: str, psm: int, dpi: int, timeout: float | None) -> str:
    """Tesseract's table of what it reads in the image file ``picture``, within ``timeout`` seconds.

    What tesseract writes lies beside the picture: temporary files of pytesseract's own would outlive a worker that is killed. The child
    stays in the process group of the caller, so that killing a worker's group ends it.
    Raises `DeadlineExceeded` after the child was killed and reaped, and `StepError` with its last words when it fails.
    """
    try:
        told = f"-c tessedit_create_tsv=1 --psm {psm} --dpi {dpi}"
        pytesseract.pytesseract.run_tesseract(str(picture), str(picture.with_suffix("")), "tsv", language, told, timeout=timeout or 0)
    except pytesseract.TesseractError as error:
        raise StepError(
            f"tesseract ended with status {error.status}",
            cause=str(error.message)[-500:] or "It said nothing",
            fix="Run `tesseract` on the page by hand to see more",
        ) from error
    except RuntimeError as error:  # what pytesseract raises when time is up, after it has killed the program
        raise DeadlineExceeded(
            f"tesseract was stopped after {timeout:.1f} s",
            cause="The page is large or full of texture",
            fix="Raise the step's timeout, or lower dpi",
        ) from error
    return picture.with_suffix(".tsv").read_text(encoding="utf-8")


def _ask(option: str) -> str:
    done = subprocess.run(["tesseract", option], capture_output=True, timeout=30, check=False)
    return (done.stdout or done.stderr).decode(errors="replace")
