"""Components for workers: some do their work, the others do what ends badly."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from aios_sdk import (
    ComponentConfig,
    Context,
    Document,
    Extraction,
    Field,
    LimitExceeded,
    Malformed,
    PageInfo,
    PageText,
    Resources,
    Retryable,
    Source,
    StepError,
    Table,
    Unavailable,
    component,
    implements,
)
from aios_sdk.store import INLINE_BYTES

MIB = 1 << 20


def said(*values: object) -> Extraction:
    """An extraction that says something, one field for each value."""
    return Extraction(
        fields=tuple(Field(path=f"said[{number}]", value=str(value), status="ungrounded") for number, value in enumerate(values))
    )


def document(text: str, number: int = 0) -> Document:
    """A document of one page."""
    layers = Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),)).layers
    return Document(id=f"{number:032x}", name=f"{number}.txt", layers=layers)


# -- some that do their work ------------------------------------------------------------------------------------------------


@component("test.echo", isolation="process", provides=["fields"])
class Echo:
    """Says the text, and what it knows of its surroundings."""

    class Config(ComponentConfig):
        mark: str = ""
        threads: int = 0

    def __init__(self, config: Config) -> None:
        self.config = config
        self.resources: Resources | None = None
        self.opened = 0

    def open(self, resources: Resources) -> None:
        self.opened += 1
        self.resources = resources
        (resources.scratch / "open").write_text("")

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        assert self.resources is not None
        held = len(list(context.scratch.iterdir()))
        (context.scratch / "left-behind").write_text("x")
        logging.getLogger("test.echo").warning("heard %s", document.text)
        limits = os.environ["OMP_THREAD_LIMIT"], os.environ["OMP_NUM_THREADS"], self.resources.threads
        return said(document.text, os.getpid(), self.opened, held, self.config.mark, limits, context.run, context.step)


@component("test.nothing", isolation="process", provides=["fields"])
class Nothing:
    """Does nothing, for what a call costs."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("test.later", isolation="process", provides=["fields"])
class Later:
    """An asynchronous component that asked for a process of its own."""

    @implements
    async def extract(self, document: Document) -> Extraction:
        await asyncio.sleep(0.001)
        return said(document.text)


@component("test.function", isolation="process", provides=["fields"], version="1")
def function(document: Document) -> Extraction:
    """A function."""
    return said("function", document.text)


@component("test.instance", isolation="process", provides=["fields"], version="1")
class Counter:
    """Made by hand, with a state that travels."""

    start = 0

    @implements
    def extract(self, document: Document) -> Extraction:
        return said("instance", self.start)


@component("test.together", isolation="process", provides=["fields"])
class Together:
    """Has a batch companion, which does what its configuration says."""

    class Config(ComponentConfig):
        how: str = ""

    def __init__(self, config: Config) -> None:
        self.how = config.how

    @implements
    def extract(self, document: Document) -> Extraction:
        if document.text == "bad":
            MISDEEDS[self.how](document)
        return said("alone", document.text)

    @implements
    def extract_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Extraction | StepError]:
        if self.how in MISDEEDS and any(document.text == "bad" for document in documents):
            MISDEEDS[self.how](documents[0])
        if self.how == "one less":
            return [said("together", document.text) for document in documents[1:]]
        if self.how == "without end":
            return iter(lambda: said("more"), None)
        if self.how == "nothing":
            return None  # type: ignore[return-value]  # what is tested
        return (Malformed("it is bad") if document.text == "bad" else said("together", document.text) for document in documents)


# -- what ends badly --------------------------------------------------------------------------------------------------------


class _Unspeakable(Exception):
    """Can be neither pickled nor printed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __str__(self) -> str:
        raise RuntimeError("no words")

    def __reduce__(self) -> Any:
        raise TypeError("not picklable")


class _Exits(Exception):
    """Exits when it is asked what it is."""

    def __str__(self) -> str:
        raise SystemExit("no words")


class _Denies(Exception):
    """Its class raises when it is asked what it is."""

    @property
    def __class__(self) -> Any:
        raise KeyError("nobody")


def _odd_error(**parts: object) -> Exception:
    error = Retryable("it is odd")
    vars(error).update(parts)
    return error


def _raising(make: Callable[[], Exception]) -> Callable[[Document], None]:
    def misdeed(document: Document) -> None:
        raise make()

    return misdeed


def _spin(document: Document) -> None:
    sum(range(10**15))


def _backtrack(document: Document) -> None:
    re.match(r"(a+)+$", "a" * 64 + "b")


def _fork_and_hang(document: Document) -> None:
    """Children in the group, one in a session of its own, and one that has no parent any more."""
    sleep = [sys.executable, "-S", "-c", "import time; time.sleep(1000)"]
    subprocess.Popen(sleep)
    subprocess.Popen(sleep, start_new_session=True)
    if os.fork() == 0:
        time.sleep(1000)
    leave_a_daemon(document)
    Path(tempfile.mkdtemp(), "half").write_text("x")
    _sleep(document)


def _sleep(document: Document) -> None:
    """Sleeps, and tells who wants to know when it has fallen asleep."""
    if "AIOS_TEST_FOLDER" in os.environ:
        Path(os.environ["AIOS_TEST_FOLDER"], str(os.getpid())).write_text("")
    time.sleep(1000)


def _hold(document: Document) -> None:
    """Holds so much that the system takes a while to end it, and sleeps."""
    held = b"x" * (512 * MIB)
    _sleep(document)
    del held


def leave_a_daemon(document: Document) -> None:
    """A process that has no parent and a session of its own."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)


def _ignore_signals(document: Document) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(1000)


def _allocate(document: Document) -> None:
    held = []
    while True:
        held.append(b"x" * (8 * MIB))


def _allocate_in_children(document: Document) -> None:
    grow = "held = []\nwhile True: held.append(b'x' * (8 << 20))"
    for child in [subprocess.Popen([sys.executable, "-S", "-c", grow]) for _ in range(2)]:
        child.wait()


def _allocate_at_once(document: Document) -> None:
    bytearray(1 << 46)


def _exit(document: Document) -> None:
    os._exit(3)


def _leave(document: Document) -> None:
    sys.exit("enough")


def _crash(document: Document) -> None:
    ctypes.string_at(0)


def _flood(document: Document) -> None:
    block = b"out of the way! " * 65536
    for _ in range(16):
        os.write(1, block)
        os.write(2, block)


def _raise_unspeakable(document: Document) -> None:
    raise _Unspeakable


def _raise_malformed(document: Document) -> None:
    raise Malformed("the header is torn", cause="It was cut short", fix="Ask for it again")


def _raise_retryable(document: Document) -> None:
    raise Retryable("the service is busy", after=7.5)


def _close_and_return(document: Document) -> None:
    os.closerange(3, 4096)


def _close_everything(document: Document) -> None:
    _close_and_return(document)
    time.sleep(1000)


def _write_everywhere(document: Document) -> None:
    _write_and_return(document)
    time.sleep(1000)


def _write_and_return(document: Document) -> None:
    for descriptor in range(3, 4096):  # its numbers are those of a parent that may hold many files
        with contextlib.suppress(OSError):
            os.write(descriptor, b"printed to where it should not be ")


def _fork_and_return(document: Document) -> None:
    os.fork()


def _stop(document: Document) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


MISDEEDS: dict[str, Callable[[Document], object]] = {
    "spin": _spin,
    "backtrack": _backtrack,
    "fork and hang": _fork_and_hang,
    "daemon": leave_a_daemon,
    "ignore signals": _ignore_signals,
    "allocate": _allocate,
    "allocate in children": _allocate_in_children,
    "allocate at once": _allocate_at_once,
    "exit": _exit,
    "leave": _leave,
    "crash": _crash,
    "flood": _flood,
    "unspeakable": _raise_unspeakable,
    "malformed": _raise_malformed,
    "retryable": _raise_retryable,
    "close everything": _close_everything,
    "write everywhere": _write_everywhere,
    "close and return": _close_and_return,
    "write and return": _write_and_return,
    "exits when asked": _raising(_Exits),
    "denies": _raising(_Denies),
    "odd category": _raising(lambda: _odd_error(category="nonsense")),
    "odd parts": _raising(lambda: _odd_error(category=[], code=5, what=object(), cause=5, retryable="yes", after="soon")),
    "never again": _raising(lambda: Retryable("the service is gone", after=float("inf"))),
    "too late": _raising(lambda: Retryable("the service is gone", after=10**400)),
    "fork and return": _fork_and_return,
    "stop": _stop,
    "sleep": _sleep,
    "hold": _hold,
    "nap": lambda document: time.sleep(0.3),
    "none": lambda document: None,
    "text": lambda document: "text",
    "wrong currency": lambda document: Extraction(fields=(Field(path="a", value="b", status="ungrounded", currency=5),)),  # type: ignore[arg-type]
    "wrong items": lambda document: Extraction(fields=("no field",)),  # type: ignore[arg-type]  # what is tested
    "object": lambda document: Extraction(fields=(object(),)),  # type: ignore[arg-type]  # what is tested
    "large number": lambda document: Extraction(fields=(Field(path="a", value=10**30, status="ungrounded"),)),
}
_RETURNING = ("none", "text", "wrong currency", "wrong items", "object", "large number")


@component("test.bad", isolation="process", provides=["fields"])
class Bad:
    """Does what the document says."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if document.text in _RETURNING:
            return MISDEEDS[document.text](document)  # type: ignore[return-value]
        if document.text in MISDEEDS:
            MISDEEDS[document.text](document)
        return said(document.text, os.getpid())


@component("test.opens", isolation="process", provides=["fields"])
class Opens:
    """Does at open what its configuration says; ``count`` is a file that grows by a byte each time."""

    class Config(ComponentConfig):
        how: str
        count: str

    def __init__(self, config: Config) -> None:
        self.config = config

    def open(self, resources: Resources) -> None:
        with Path(self.config.count).open("ab") as file:
            file.write(b"!")
        if self.config.how == "unavailable":
            raise Unavailable("there is no such program", fix="Install it")
        MISDEEDS.get(self.config.how, lambda document: None)(document(""))

    @implements
    def extract(self, document: Document) -> Extraction:
        return said(document.text)

    def close(self) -> None:
        with Path(self.config.count).open("ab") as file:
            file.write(b".")
        if self.config.how == "fails to close":
            raise RuntimeError("the door is stuck")
        if self.config.how == "hangs at close":
            time.sleep(1000)


@component("test.hoards", isolation="process", provides=["fields"])
class Hoards:
    """Keeps 32 MiB more with each call."""

    def open(self, resources: Resources) -> None:
        self.held: list[bytes] = []

    @implements
    def extract(self, document: Document) -> Extraction:
        self.held.append(b"x" * (32 * MIB))
        time.sleep(0.15)
        return said(os.getpid())


@component("test.large", isolation="process", provides=["fields"])
class Large:
    """Holds 256 MiB once it is open, as a model may."""

    def open(self, resources: Resources) -> None:
        self.held = b"x" * (256 * MIB)
        time.sleep(0.15)

    @implements
    def extract(self, document: Document) -> Extraction:
        time.sleep(0.15)
        return said(len(self.held))


@component("test.declares-memory", isolation="process", provides=["fields"], memory_mb=300)
class DeclaresMemory:
    """Takes 256 MiB to open, and says so."""

    def open(self, resources: Resources) -> None:
        self.held = b"x" * (256 * MIB)
        time.sleep(0.15)

    @implements
    def extract(self, document: Document) -> Extraction:
        return said(len(self.held))


# -- ingest and render ------------------------------------------------------------------------------------------------------


@component("test.unpacks", isolation="process", provides=["pages", "text", "tables"], renders=True)
class Unpacks:
    """Makes of a source what its text says, line by line; ``trace`` is a file that tells how far it got."""

    class Config(ComponentConfig):
        trace: str = ""

    def __init__(self, config: Config) -> None:
        self.trace = config.trace

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        for number, line in enumerate(source.read().decode().splitlines()):
            if self.trace:
                Path(self.trace).write_text(str(number))
            if line == "document":
                yield Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=str(os.getpid())),))
            elif line == "table":
                yield Document.of(pages=(PageInfo(index=0),), tables=(_table(context.scratch),))
            elif line in ("data", "large data"):
                yield Source(name="a.txt", data=b"the data" if line == "data" else b"x" * (INLINE_BYTES + 1))
            elif line in ("file", "large file"):
                path = context.scratch / "b.txt"
                path.write_bytes(b"the file" if line == "file" else b"x" * (INLINE_BYTES + 1))
                yield Source(name="b.txt", path=str(path))
            elif line == "refused":
                yield Source(name="c.txt", refused="it is too large")
            elif line == "number":
                yield number  # type: ignore[misc]  # what is tested
            elif line == "wrong":
                yield Source(name=7)  # type: ignore[arg-type]  # what is tested
            elif line == "limit":
                raise LimitExceeded("there is too much of it")
            else:
                MISDEEDS[line](document(""))

    @implements
    def render(self, document: Document, page: int, dpi: int) -> Image.Image:
        with document.open() as file:
            said = file.read().decode()
        if said in MISDEEDS:
            MISDEEDS[said](document)
        if said == "no picture":
            return said  # type: ignore[return-value]  # what is tested
        if said == "palette":
            picture = Image.new("P", (4, 3))
            picture.putpalette([10, 20, 30])
            return picture
        return Image.new("RGB", (dpi, page + 1), (len(said), os.getpid() % 256, os.getpid() // 256 % 256))


@component("test.no-pictures", isolation="process", provides=["pages"])
class NoPictures:
    """Ingests, and draws nothing."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield Document.of(pages=(PageInfo(index=0),))


@component("test.looks", isolation="process", requires=["pages"], provides=["fields"])
class Looks:
    """Asks for the pictures and the bytes of a document and of its members."""

    @implements
    def extract(self, document: Document) -> Extraction:
        seen: list[object] = [f"{os.getpid() % 256}, {os.getpid() // 256 % 256}"]
        for each in (document, *(member.document for member in document.members)):
            for page in each.pages:
                seen += [page.image(dpi=50).size, page.image(dpi=50).getpixel((0, 0)), each.read().decode()]
        return said(*seen)


def _table(scratch: Path) -> Table:
    import duckdb

    path = scratch / "table.parquet"
    duckdb.sql("select 1 as a, 'x' as b").write_parquet(str(path))
    return Table.from_parquet(path, name="t")
