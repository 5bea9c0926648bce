"""Reading with libtesseract through tesserocr: its models stay loaded between pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aios_sdk import Context, StepError, Unavailable

from ._program import check_languages, folder_and_languages, stopped

if TYPE_CHECKING:
    from PIL.Image import Image


class Library:
    """Libtesseract in this process. It cannot be interrupted while it looks for lines; the worker that it runs in can be ended."""

    def __init__(self, languages: Sequence[str]) -> None:
        """Raises `Unavailable`, with what to install, when tesserocr or the data of a language is missing."""
        tesserocr = _module()
        tesserocr.set_leptonica_log_level(tesserocr.LeptLogLevel.NONE)  # of odd pictures it would write to the log of the run
        self._folder, installed = _data(tesserocr)
        check_languages(languages, installed)
        self.name = f"tesserocr {tesserocr.__version__} with {tesserocr.tesseract_version().splitlines()[0]}"
        self.finds_orientation = "osd" in installed
        self._api = tesserocr.PyTessBaseAPI(path=self._folder, lang="+".join(languages))
        self._osd: Any = None

    def read(self, picture: Image, psm: int, dpi: int, context: Context) -> str:
        """Tesseract's table (TSV) of what it reads in ``picture``. Raises `DeadlineExceeded`."""
        self._api.SetPageSegMode(psm)
        self._api.SetImage(picture)
        self._api.SetSourceResolution(dpi)
        left = context.remaining()
        done = self._api.Recognize(0 if left is None else max(1, int(1000 * left)))
        context.remaining()  # what is late is not read to its end
        if not done:
            raise (
                stopped(left)
                if left is not None
                else StepError(
                    "libtesseract could not read the picture", cause="It gives no reason", fix="Try the setting binding: pytesseract"
                )
            )
        table: str = self._api.GetTSVText(0)
        self._api.Clear()
        return table

    def orientation(self, picture: Image, dpi: int, context: Context) -> int | None:
        """By how many degrees against the clock ``picture`` is to be turned; None where that cannot be told, as of too few letters."""
        if self._osd is None:
            tesserocr = _module()
            self._osd = tesserocr.PyTessBaseAPI(path=self._folder, lang="osd", psm=tesserocr.PSM.OSD_ONLY)
        self._osd.SetImage(picture)
        self._osd.SetSourceResolution(dpi)
        found = self._osd.DetectOrientationScript()
        self._osd.Clear()
        return None if found is None else int(found["orient_deg"])

    def close(self) -> None:
        """Let go of the models."""
        for api in (self._api, self._osd):
            if api is not None:
                api.End()


def _module() -> Any:
    """The module tesserocr, on one thread: OpenMP looks at the environment when it is loaded, and only then."""
    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        import tesserocr
    except ImportError as error:
        raise Unavailable(
            "The setting binding asks for tesserocr, which is not installed", fix="Run: pip install 'aios-tesseract[tesserocr]'"
        ) from error
    finally:
        if before is None:
            del os.environ["OMP_THREAD_LIMIT"]
        else:
            os.environ["OMP_THREAD_LIMIT"] = before
    return tesserocr


def _data(tesserocr: Any) -> tuple[str, frozenset[str]]:
    """Where language data lies, with the languages there: in ``TESSDATA_PREFIX``, where the program has it, or where the library looks."""
    told = os.environ.get("TESSDATA_PREFIX")
    if told is None and shutil.which("tesseract") is not None:
        return folder_and_languages()
    folder, languages = tesserocr.get_languages(f"{told.rstrip(os.sep)}{os.sep}") if told else tesserocr.get_languages()
    return folder, frozenset(languages)
