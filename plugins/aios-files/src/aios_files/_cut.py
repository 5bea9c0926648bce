"""JPEG files that end too early: what is left of them, and how much is missing."""

from __future__ import annotations

import io
import random
from typing import BinaryIO, Final

#: A picture of which more is missing at its end is not read.
_MOST: Final = 0.1
_BEGIN, _SCAN, _END = b"\xff\xd8\xff", b"\xda", b"\xff\xd9"
_FILLING: Final = bytes(byte for byte in random.Random(1).randbytes(1 << 16) if byte != 0xFF)


def mended(file: BinaryIO, max_pixels: int) -> tuple[BinaryIO, float]:
    """``file`` from its start, and the share (0..1) of the picture that is missing at its bottom: 0 for a whole one, and for one that is
    left as it is because it is no JPEG, lacks more than a tenth, or is stored in passes that are missing everywhere alike.

    What a decoder makes of the missing rest depends on what follows in the file: where two endings first make a difference, it begins.
    """
    import PIL.Image
    from PIL import ImageChops

    begin = file.read(len(_BEGIN))
    if begin != _BEGIN or _ends(file):
        file.seek(0)
        return file, 0.0
    file.seek(0)
    data = file.read()
    if _ends_within(data):
        return io.BytesIO(data), 0.0
    data = data.rstrip(b"\xff")  # half of a marker would make one of what is put behind it
    try:
        with PIL.Image.open(io.BytesIO(data + _END), formats=("JPEG",)) as image:
            width, height = image.size
            if image.info.get("progressive") or width * height > max_pixels:
                return io.BytesIO(data), 0.0
            with PIL.Image.open(io.BytesIO(data + _FILLING + _END), formats=("JPEG",)) as other:
                differing = ImageChops.difference(image.convert("L"), other.convert("L")).getbbox()
    except (OSError, SyntaxError, ValueError):
        return io.BytesIO(data), 0.0
    missing = (height - differing[1]) / height if differing else 0.0
    return (io.BytesIO(data + _END), missing) if missing <= _MOST else (io.BytesIO(data), 0.0)


def _ends(file: BinaryIO) -> bool:
    """Whether the file ends as a JPEG does, but for zeros and line ends."""
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - 64))
    return file.read().rstrip(b"\x00\r\n").endswith(_END)


def _ends_within(data: bytes) -> bool:
    """Whether the picture ends before the file does: telephones put more behind it, such as a film.

    The segments before the picture say how long they are, and may hold a small picture with an end of its own; within the picture itself
    nothing looks like an end (ITU-T T.81, B.1.1).
    """
    place = 2
    while data[place : place + 1] == b"\xff" and data[place + 1 : place + 2] not in (_SCAN, b"\xff"):
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return data[place : place + 2] == b"\xff" + _SCAN and data.find(_END, place) >= 0
