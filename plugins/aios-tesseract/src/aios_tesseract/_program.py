"""Reading with the tesseract program through pytesseract: is it there, in which version and with which languages, and its runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from aios_sdk import Context, DeadlineExceeded, StepError, Unavailable

if TYPE_CHECKING:
    from PIL.Image import Image

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


def folder_and_languages() -> tuple[str, frozenset[str]]:
    """Where the program keeps its language data, and the languages there by its names (``eng``, ``deu``, ``chi_sim``)."""
    first, *rest = _ask("--list-langs").splitlines() or [""]
    folder = re.search(r'"(.*)"', first)
    return folder[1] if folder else "", frozenset(line.strip() for line in rest if line.strip())


def check_languages(wanted: Iterable[str], installed: Iterable[str]) -> None:
    """Raise `Unavailable` naming the packages to install, unless all ``wanted`` language data is ``installed``."""
    missing = [language for language in wanted if language not in installed]
    if missing:
        debian = " ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in missing)
        fedora = " ".join(f"tesseract-langpack-{language}" for language in missing)
        raise Unavailable(
            f"tesseract has no data for {' and '.join(map(repr, missing))}; it has {', '.join(sorted(installed)) or 'none'}",
            fix=f"Install it: Debian and Ubuntu `apt install {debian}`, Fedora `dnf install {fedora}`, macOS `brew install tesseract-lang`",
        )


class Program:
    """The tesseract program, started for every page through pytesseract.

    It is started with ``OMP_THREAD_LIMIT=1`` in its own environment; that of this process stays as it is. Several readers on one machine
    slow each other down by an order of magnitude otherwise; parallelism comes from pages.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        """Raises `Unavailable`, with the command that installs it, when the program or the data of a language is missing."""
        import pytesseract  # and numpy with it, which who reads through tesserocr does without

        self.name = f"tesseract {version()}"
        self._languages = "+".join(languages)
        installed = folder_and_languages()[1]
        check_languages(languages, installed)
        self.finds_orientation = "osd" in installed
        self._pytesseract: Final[Any] = pytesseract.pytesseract
        self._pytesseract.environ = {**os.environ, "OMP_THREAD_LIMIT": "1"}

    def read(self, picture: Image, psm: int, dpi: int, context: Context) -> str:
        """Tesseract's table (TSV) of what it reads in ``picture``. Raises `DeadlineExceeded`, and `StepError` with its last words."""
        return self._run(picture, "tsv", self._languages, f"-c tessedit_create_tsv=1 --psm {psm} --dpi {dpi}", context)

    def orientation(self, picture: Image, dpi: int, context: Context) -> int | None:
        """By how many degrees against the clock ``picture`` is to be turned; None where that cannot be told, as of too few letters."""
        try:
            told = self._run(picture, "osd", "osd", f"--psm 0 --dpi {dpi}", context)
        except DeadlineExceeded:
            raise
        except StepError:
            return None  # "Too few characters" ends the program with an error
        found = re.search(r"Orientation in degrees: (\d+)", told)
        return int(found[1]) if found else None

    def close(self) -> None:
        """There is nothing to let go."""

    def _run(self, picture: Image, kind: str, language: str, told: str, context: Context) -> str:
        # What tesseract reads and writes lies in the step's own folder: temporary files of pytesseract's would outlive a worker that is
        # killed. The child belongs to the process group of the caller, so that killing a worker's group ends it.
        file, timeout = context.scratch / "page.ppm", context.remaining()
        picture.save(file, "PPM")
        try:
            self._pytesseract.run_tesseract(str(file), str(file.with_suffix("")), kind, language, told, timeout=timeout or 0)
        except self._pytesseract.TesseractError as error:
            raise StepError(
                f"tesseract ended with status {error.status}",
                cause=str(error.message)[-500:] or "It said nothing",
                fix="Run `tesseract` on the page by hand to see more",
            ) from error
        except RuntimeError as error:  # what pytesseract raises when time is up, after it has killed the program
            raise stopped(timeout) from error
        return file.with_suffix(f".{kind}").read_text(encoding="utf-8")


def stopped(timeout: float | None) -> DeadlineExceeded:
    """The error of a page that took longer than ``timeout`` seconds."""
    return DeadlineExceeded(
        f"tesseract was stopped after {timeout or 0:.1f} s",
        cause="The page is large or full of texture",
        fix="Raise the step's timeout, or lower dpi",
    )


def _ask(option: str) -> str:
    done = subprocess.run(["tesseract", option], capture_output=True, timeout=30, check=False)
    return (done.stdout or done.stderr).decode(errors="replace")
