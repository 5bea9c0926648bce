"""What components are called with, and a clock that tests set."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Final, final

from aios_sdk import stages
from aios_sdk.stages import Context, Resources

from .._scratch import new_folder

#: The names of the contract's module, among them ``time``, by which `Context.remaining` looks at the time.
_module: Final = vars(stages)


@final
class Clock:
    """A clock for deadlines that stands still until a test moves it; within the block, `Context.remaining` goes by it.

    It begins at the time of ``time.monotonic``. Each look at it moves it by ``tick`` seconds, so that a component can be seen to stop
    between two looks. Code that asks ``time.monotonic`` by itself sees the true time, and so does the engine. One is in force at a time.
    Example::

        with fakes.Clock() as clock:
            context = fakes.context(deadline=5)
            clock.advance(6)
            with pytest.raises(DeadlineExceeded):
                reader.extract(document, context)
    """

    def __init__(self, *, tick: float = 0.0) -> None:
        self.tick: Final = tick
        self.looks = 0
        self._now = time.monotonic()
        self._before: Any = None

    @property
    def now(self) -> float:
        """Seconds, as ``time.monotonic`` counts them; looking here moves nothing."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move it forward. Raises ``ValueError`` for a negative number: a monotonic clock never goes back."""
        if seconds < 0:
            raise ValueError("a monotonic clock never goes back")
        self._now += seconds

    def monotonic(self) -> float:
        """What ``time.monotonic`` says within the block."""
        self.looks += 1
        found = self._now
        self._now += self.tick
        return found

    def __enter__(self) -> Clock:
        # Only the SDK's own look at the time is replaced: threads and event loops of the process need the true one.
        self._before = _module["time"]
        _module["time"] = SimpleNamespace(monotonic=self.monotonic)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _module["time"] = self._before


def context(*, deadline: float | None = None, scratch: Path | None = None, run: str = "test", step: str = "test") -> Context:
    """The context of a call: ``deadline`` in seconds from now (by a `Clock` that is in force), and an own scratch directory.

    Without ``scratch`` it is an empty one that is removed when the process ends. Example::

        Reader(Reader.Config()).extract(document, fakes.context(deadline=2.0))
    """
    now: float = _module["time"].monotonic()
    return Context(
        run=run,
        step=step,
        scratch=scratch if scratch is not None else new_folder("step-"),
        deadline=None if deadline is None else now + deadline,
    )


def resources(
    scratch: Path | None = None,
    *,
    threads: int = 1,
    device: str = "cpu",
    models: Mapping[str, Path] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Resources:
    """What ``open()`` is given. Without ``scratch`` it is an empty directory that is removed when the process ends.

    Example::

        component.open(fakes.resources(tmp_path, secrets={"ACME_KEY": "not a real one"}))
    """
    return Resources(
        scratch=scratch if scratch is not None else new_folder("open-"),
        threads=threads,
        device=device,
        models=dict(models or {}),
        secrets=dict(secrets or {}),
    )
