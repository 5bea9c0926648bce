"""The components keep the laws of the conformance kit."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import tempfile
from functools import cache
from pathlib import Path

from aios_sdk import Source
from aios_sdk.testing import conformance, samples


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """A folder with files, one hidden, one empty and one in a folder below; it is there until the tests end."""
    folder = tempfile.TemporaryDirectory(prefix="aios-files-")
    root = Path(folder.name)
    (root / "scans").mkdir()
    samples.text().write(root)
    samples.page_image().write(root / "scans")
    (root / "Größe ü.txt").write_text("42", encoding="utf-8")
    (root / "empty.txt").touch()
    (root / ".hidden").write_text("not seen", encoding="utf-8")
    return folder


def folders() -> list[Source]:
    return [Source(name="inbox", key="inbox", path=_folder().name, media_type="inode/directory")]


def _file(name: str, media_type: str, text: str) -> Source:
    return samples.Sample(name=name, media_type=media_type, data=text.encode()).source()


ORDER = '{"customer": {"name": "Jürgen Groß"}, "lines": [{"total": 471.30}, {"total": 2}], "open": true, "note": "\\ud83d\\udcb6"}'
ORDER_XML = '<?xml version="1.0"?><order n="1"><name>Jürgen Groß</name><line>471.30</line><line>2</line></order>'


def tars() -> list[Source]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for sample in (samples.mail(), samples.text()):
            member = tarfile.TarInfo(f"inbox/{sample.name}")
            member.size = len(sample.data)
            archive.addfile(member, io.BytesIO(sample.data))
    data = buffer.getvalue()
    return [
        Source(name="a.tar", data=data),
        Source(name="a.tar.gz", data=gzip.compress(data, mtime=0)),
        Source(name="a.xz", data=lzma.compress(b"x")),
    ]


JAPANESE = samples.text("請求書\n合計 471円\n", encoding="shift_jis", name="invoice.txt").source()

test_folder = conformance("aios.folder", sources=folders, examples=10)
test_folder_with_hidden_files = conformance("aios.folder", config={"hidden": True}, sources=folders, tier="contract", examples=10)
test_zip = conformance("aios.zip", sources=[samples.zip(samples.mail(), samples.zip()).source()], examples=10)
test_tar = conformance("aios.tar", sources=tars, examples=10)
test_image = conformance("aios.image", examples=4)
test_plain_text = conformance("aios.plain-text", sources=[samples.text(samples.WORLD, encoding="utf-16").source()], examples=10)
test_json = conformance("aios.json", sources=[_file("order.json", "application/json", ORDER)], examples=3)
test_xml = conformance("aios.xml", sources=[_file("order.xml", "application/xml", ORDER_XML)], examples=3)
test_japanese_text = conformance("aios.plain-text", config={"encoding": "shift_jis"}, sources=[JAPANESE], tier="behaviour", examples=5)
