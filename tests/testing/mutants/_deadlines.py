"""Mutants that know no time, or do not bear company."""

from __future__ import annotations

import asyncio
import threading
import time

from aios_sdk import Classification, Context, DeadlineExceeded, Document, Extraction, Label, Resources, Unavailable, component, implements

from ._texts import found


@component("mutant.sleeps", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class Sleeps:
    """Waits for its turn as long as there is time, also when there is none."""

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        if context.deadline is not None:
            time.sleep(min(0.0001, context.deadline - time.monotonic()))
        return found(document)


@component("mutant.stays-busy", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class StaysBusy:
    """Marks itself busy, and forgets to take the mark off when the time is over."""

    def open(self, resources: Resources) -> None:
        self.busy = False

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        if self.busy:
            raise Unavailable("another call is under way")
        self.busy = True
        context.remaining()
        self.busy = False
        return found(document)


@component("mutant.time-of-day", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class TimeOfDay:
    """Takes the deadline for a time of day."""

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        if context.deadline is not None and time.time() > context.deadline:
            raise DeadlineExceeded("the time is over")
        return found(document)


@component("mutant.watchdog", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class Watchdog:
    """Sets a timer for each call, and stops it only when the call goes well."""

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        timer = threading.Timer(6.0, lambda: None)
        timer.daemon = True
        timer.start()
        context.remaining()
        result = found(document)
        timer.cancel()
        timer.join()
        return result


@component("mutant.module-state", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class ModuleState:
    """Keeps the document that it works on where all instances keep theirs."""

    current: Document | None = None

    @implements
    def extract(self, document: Document) -> Extraction:
        ModuleState.current = document
        time.sleep(0.0005)  # as a parser in C does, which lets other threads go on
        assert ModuleState.current is not None
        text = ModuleState.current
        ModuleState.current = None
        return found(text)


@component("mutant.one-desk", version="1", requires=["text"], provides=["labels"])
class OneDesk:
    """Keeps what belongs to one call in the instance."""

    @implements
    async def classify(self, document: Document) -> Classification:
        self.size = len(document.text)
        await asyncio.sleep(0)
        return Classification(labels=(Label(taxonomy="size", value=f"about {self.size // 10}"),))


@component("mutant.keeps-the-lock", version="1", requires=["text"], provides=["labels"])
class KeepsTheLock:
    """Does not give its lock back when it is cancelled."""

    def open(self, resources: Resources) -> None:
        self.lock = asyncio.Lock()

    @implements
    async def classify(self, document: Document) -> Classification:
        await self.lock.acquire()
        await asyncio.sleep(0.0005)
        self.lock.release()
        return Classification(labels=(Label(taxonomy="size", value=f"about {len(document.text) // 10}"),))


MUTANTS = [
    ("deadline-passed", Sleeps),
    ("deadline-passed", StaysBusy),
    ("deadline-far-off", TimeOfDay),
    ("deadline-leaves-no-thread", Watchdog, {"limit": 2.0}),
    ("two-threads-at-once", ModuleState),
    ("calls-at-once", OneDesk),
    ("can-be-cancelled", KeepsTheLock, {"limit": 2.0}),
]
