"""What a pool and its workers say to each other: typed messages in frames of msgpack.

Orders go to a worker and reports come back. A worker parses hostile bytes, so nothing that comes back is ever unpickled: it is decoded
into typed records, which checks it too. A frame starts with the worker's own key, so that what a component writes into the connection
is not taken for one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from ...records import Document, Source
from ...stages import Stage
from ._faults import Fault

#: Bytes that a frame may have; a result or picture that takes more is refused.
LARGEST: Final = 1 << 30

_HEAD: Final = struct.Struct("<8sI")
_SPACE: Final = bytes(_HEAD.size)

#: The number of those who draw pages and cannot be sent to a worker.
IN_PARENT: Final = -1

#: Bytes of the key at the start of each frame.
KEY_SIZE: Final = 8


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """How a component travels: where its code is, and by pickle its settings, its scope, and the object where it is an instance.

    ``installed`` says that it comes from a plugin; ``code_digest`` is that of the code the parent knows, empty where it may change;
    ``models`` are the folders of its models, each with the reference by which its settings name it.
    """

    id: str
    object: str
    installed: bool
    stage: Stage
    code_digest: str
    settings: bytes
    models: tuple[tuple[str, str], ...] = ()


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """One unit of work: a view of a document, and the page it stands for.

    By id of the document and of its members: ``contents``, their bytes where the blobs do not hold them, and who draws
    them (``renderers``), by the number of the parcel, or `IN_PARENT`.
    """

    document: Document
    page: int | None = None
    contents: dict[str, bytes] = {}
    renderers: dict[str, int] = {}


class Task(msgspec.Struct, frozen=True, array_like=True):
    """What is common to all work: its number, the component by number, with the parcels that the worker does not have yet.

    ``data`` is how many more bytes of data the system may give the worker than it has now, 0 for any number.
    """

    number: int
    component: int
    parcels: dict[int, Parcel]
    data: int


class Call(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """Call ``stage`` for each piece, or with ``together`` for all of them at once where the component can."""

    task: Task
    stage: Stage
    step: str
    run: str
    timeout: float | None
    together: bool
    pieces: list[Piece]


class Ingest(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Ingest ``source`` up to the first source that it yields; `Next` asks for what follows."""

    task: Task
    step: str
    run: str
    timeout: float | None
    source: Source


class Next(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Go on after a source."""


class Render(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Draw a page of a document."""

    task: Task
    piece: Piece
    dpi: int


class Shown(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """The picture that was `Wanted`, or why there is none."""

    picture: Picture | None
    fault: Fault | None = None


class Close(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """Close every component and end."""


class Learn(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """Make these components, which may be asked for; nothing comes back."""

    parcels: dict[int, Parcel]


Order: TypeAlias = Call | Ingest | Next | Render | Shown | Close | Learn


class Answer(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """What came of one piece of a call, by its place: a result in msgpack, or a fault; times in seconds."""

    place: int
    result: bytes | None
    fault: Fault | None
    wall: float
    cpu: float


class Found(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Something that was yielded: a `Document` or a `Source` in msgpack."""

    document: bytes | None = None
    source: bytes | None = None


class Picture(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A page as drawn: the mode and size that pillow knows it by, and its pixels."""

    mode: str
    width: int
    height: int
    pixels: bytes


class Wanted(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """A page is to be drawn in the parent, by a component that lives only there; `Shown` answers it."""

    document: str
    page: int
    dpi: int


class Done(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """The end of some work; with the fault that ended it as a whole, or that pieces are to be tried one by one (``apart``)."""

    number: int
    fault: Fault | None = None
    apart: bool = False


class Said(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A line that was logged."""

    logger: str
    level: int
    message: str


Report: TypeAlias = Answer | Found | Picture | Wanted | Done | Said

_encoder: Final = msgspec.msgpack.Encoder()
_orders: Final = msgspec.msgpack.Decoder(Order)
_reports: Final = msgspec.msgpack.Decoder(Report)

encode: Final = _encoder.encode


def read_order(data: bytes) -> Order:
    """The order in the body of a frame. Raises ``msgspec.MsgspecError`` when it is none."""
    order: Order = _orders.decode(data)
    return order


def read_report(data: bytes) -> Report:
    """The report in the body of a frame. Raises ``msgspec.MsgspecError`` when it is none."""
    report: Report = _reports.decode(data)
    return report


def frame(message: Order | Report, key: bytes) -> bytearray:
    """``message`` as it goes over the wire. Raises ``ValueError`` when it is larger than `LARGEST`."""
    data = bytearray(_SPACE)
    _encoder.encode_into(message, data, len(_SPACE))
    size = len(data) - len(_SPACE)
    if size > LARGEST:
        raise ValueError(f"a message of {size:,} bytes is larger than {LARGEST:,}")
    _HEAD.pack_into(data, 0, key, size)
    return data


class Frames:
    """Takes bytes as they come and gives whole frames."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._held = bytearray()
        self._wanted = 0  # bytes that the next frame needs with its head, once that is known

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies of the frames that are complete with ``data``. Raises ``ValueError`` for what is no frame."""
        held = self._held
        held += data
        place = 0
        while len(held) - place >= max(self._wanted, len(_SPACE)):
            key, size = _HEAD.unpack_from(held, place)
            if key != self._key or size > LARGEST:
                raise ValueError("something else than the worker's messages came over its connection")
            end = place + len(_SPACE) + size
            if len(held) < end:
                self._wanted = len(_SPACE) + size
                break
            self._wanted = 0
            yield bytes(memoryview(held)[place + len(_SPACE) : end])
            place = end
        del held[:place]
