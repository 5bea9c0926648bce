"""Progress: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, TextIO

from ..records import Document, Outcome
from ._events import Observer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY = 5.0


def progress_for(wanted: bool | None) -> tuple[Observer, ...]:
    """The observer that shows progress on standard error: by default only where that is a terminal."""
    terminal = sys.stderr is not None and sys.stderr.isatty()  # None in a program that was started without it
    if wanted is False or sys.stderr is None or (wanted is None and not terminal):
        return ()
    return (Bar(),) if terminal else (Lines(sys.stderr),)


class _Counting(Observer):
    def __init__(self) -> None:
        self.found = 0
        self.ended: Counter[str] = Counter()

    def document_found(self, document: Document) -> None:
        self.found += document.kind != "case"

    def document_split(self, packet: Document, parts: tuple[Document, ...]) -> None:
        self.found -= 1

    def document_finished(self, outcome: Outcome) -> None:
        self.ended["cases" if outcome.document.kind == "case" else outcome.status] += 1

    @property
    def done(self) -> int:
        """Documents that have an outcome."""
        return sum(count for what, count in self.ended.items() if what != "cases")

    def stopping(self) -> str:
        """What is said when the run was asked to stop."""
        left = self.found - self.done
        many = f"{left:,} document{' is' if left == 1 else 's are'}" if left else "what is under way is"
        return f"Stopping: {many} being finished; press Ctrl-C again to stop at once"

    def told(self) -> str:
        """What has ended, in words."""
        return ", ".join(f"{count:,} {what}" for what, count in self.ended.items()) or "nothing yet"


class Ending(_Counting):
    """How a run ended, its ``status`` being empty before; that it is about to stop is said on ``out``, unless ``quiet``."""

    def __init__(self, out: TextIO, *, quiet: bool) -> None:
        super().__init__()
        self.status = ""
        self._out = out
        self._quiet = quiet

    def run_stopping(self, run: str, seconds: float) -> None:
        if not self._quiet:
            self._out.write(f"{self.stopping()}\n")
            self._out.flush()

    def run_finished(self, run: str, status: str) -> None:
        self.status = status


class Lines(_Counting):
    """A line every five seconds, and one at the end."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out
        self._said = time.monotonic()

    def document_finished(self, outcome: Outcome) -> None:
        super().document_finished(outcome)
        if time.monotonic() - self._said >= _EVERY:
            self._say("")

    def run_stopping(self, run: str, seconds: float) -> None:
        self._out.write(f"{self.stopping()}\n")
        self._out.flush()

    def run_finished(self, run: str, status: str) -> None:
        self._say(f"; run {status}")

    def _say(self, more: str) -> None:
        self._said = time.monotonic()
        self._out.write(f"{self.done:,} of {self.found:,} documents: {self.told()}{more}\n")
        self._out.flush()


class Bar(_Counting):
    """A bar with counts, rate and the document at hand."""

    def __init__(self) -> None:
        super().__init__()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def run_started(self, run: str, pipeline: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[told]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task(pipeline, total=None, told="")
        self._progress.start()

    def document_found(self, document: Document) -> None:
        super().document_found(document)
        self._show()

    def document_finished(self, outcome: Outcome) -> None:
        super().document_finished(outcome)
        self._show()

    def run_stopping(self, run: str, seconds: float) -> None:
        if self._progress is not None:
            self._progress.console.print(self.stopping(), highlight=False)

    def run_finished(self, run: str, status: str) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _show(self) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=self.done, total=self.found, told=self.told())
