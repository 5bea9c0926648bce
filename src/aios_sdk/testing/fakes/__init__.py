"""Stand-ins for what a component meets in a run, and a correct component for every stage.

Example::

    from aios_sdk import Pipeline
    from aios_sdk.testing import fakes, samples

    recorder = fakes.EventRecorder()
    pipeline = Pipeline("numbers").ingest().extract("echo.numbers")
    with fakes.MemoryStore() as store:
        list(pipeline.run(samples.text().source(), store=store, registry=fakes.registry(), observers=[recorder]))
        print(store.sql("from current_fields"))
"""

from __future__ import annotations

from typing import Any, Final

from aios_sdk.plugins import Registry

from ._distribution import Distribution, distribution
from ._echo import EchoDesk, EchoDigits, EchoFirstLines, EchoGrounded, EchoImage, EchoInk, EchoLength, EchoNumbers, EchoTable, EchoText
from ._events import Event, EventRecorder
from ._memory import MemoryStore
from ._sources import admitted
from ._times import Clock, context, resources

#: The correct components, at least one for every stage.
ECHO: Final[tuple[type, ...]] = (
    EchoText,
    EchoTable,
    EchoImage,
    EchoNumbers,
    EchoInk,
    EchoLength,
    EchoFirstLines,
    EchoGrounded,
    EchoDigits,
    EchoDesk,
)

__all__ = [
    "ECHO",
    "Clock",
    "Distribution",
    "EchoDesk",
    "EchoDigits",
    "EchoFirstLines",
    "EchoGrounded",
    "EchoImage",
    "EchoInk",
    "EchoLength",
    "EchoNumbers",
    "EchoTable",
    "EchoText",
    "Event",
    "EventRecorder",
    "MemoryStore",
    "admitted",
    "context",
    "distribution",
    "registry",
    "resources",
]


def registry(*components: Any) -> Registry:
    """A registry of ``components`` (classes, functions or instances) and no others; without any, of the echo components.

    Example::

        pipeline.run(inputs, store=store, registry=fakes.registry(MyReader, *fakes.ECHO))
    """
    made = Registry()
    for each in components or ECHO:
        made.add(each)
    return made
