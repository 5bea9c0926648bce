"""What a zip archive gives."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from aios_files import Zip
from aios_files import _zip as module
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Context, Encrypted, LimitExceeded, Malformed, Source, StepError

CONTEXT = Context(run="r", step="s", scratch=Path("unused"))
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def packed(members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def source(data):
    return Source(name="a.zip", data=data, media_type="application/zip")


def patched(data, offset_in_directory, form, *values):
    """``data`` with a number of its first directory entry changed."""
    place = data.index(b"PK\x01\x02") + offset_in_directory
    changed = struct.pack(form, *values)
    return data[:place] + changed + data[place + len(changed) :]


def test_members_are_yielded_in_order_with_their_bytes(ingest):
    found = ingest(Zip, source(packed([("b/ö.txt", "Öl"), ("a.bin", b"\0\1")])))
    assert [(part.name, part.read()) for part in found] == [("b/ö.txt", "Öl".encode()), ("a.bin", b"\0\1")]


def test_folders_and_resource_forks_are_no_members(ingest):
    data = packed([("a/", b""), ("__MACOSX/._a", b"x"), ("a/b", b"y")])
    assert [part.name for part in ingest(Zip, source(data))] == ["a/b"]


def test_absolute_and_climbing_names_stay_names_and_write_nowhere(ingest, tmp_path):
    names = ["/etc/passwd", "../../up.txt", "C:\\evil.exe", "a/../../b"]
    found = ingest(Zip, source(packed([(name, bytes(9 << 20)[: (9 << 20)]) for name in names], zipfile.ZIP_STORED)))
    assert [part.name for part in found] == names
    assert [Path(part.path).name for part in found] == ["member-0", "member-1", "member-2", "member-3"]


def test_large_members_are_written_to_scratch_and_small_ones_are_not(ingest):
    large = bytes(range(256)) * (33 << 10)
    small = b"x" * 100
    first, second = ingest(Zip, source(packed([("large", large), ("small", small)], zipfile.ZIP_STORED)))
    assert first.data is None
    assert first.read() == large
    assert second.data == small


def test_two_members_of_one_name_are_two_parts(ingest):
    with pytest.warns(UserWarning, match="Duplicate"):
        data = packed([("a", b"1"), ("a", b"2")])
    assert [part.read() for part in ingest(Zip, source(data))] == [b"1", b"2"]


def test_an_empty_archive_holds_nothing(ingest):
    assert ingest(Zip, source(packed([]))) == []


def test_a_bomb_is_refused_by_what_it_declares_before_anything_unpacks(ingest, monkeypatch):
    monkeypatch.setattr(module, "_unpack", lambda *_: pytest.fail("it unpacked"))
    bomb = packed([("zeros", bytes(4 << 20))])
    with pytest.raises(LimitExceeded, match="200 times"):
        ingest(Zip, source(bomb))
    with pytest.raises(LimitExceeded, match="declares 4,194,304 bytes"):
        ingest(Zip, source(bomb), max_size=1 << 20)
    with pytest.raises(LimitExceeded, match="3 members"):
        ingest(Zip, source(packed([("a", b""), ("b", b""), ("c", b"")])), max_members=2)


def test_a_bomb_that_lies_about_its_sizes_is_stopped_while_it_unpacks(ingest, monkeypatch):
    monkeypatch.setattr(Zip, "_check_declared", lambda *_: None)
    with pytest.raises(LimitExceeded, match="more than 1,048,576 bytes"):
        ingest(Zip, source(packed([("zeros", bytes(4 << 20))])), max_size=1 << 20)


def test_a_member_that_declares_less_than_it_holds_gives_no_more_than_it_declares(ingest):
    lying = patched(packed([("zeros", bytes(4 << 20))]), 24, "<L", 1000)
    with pytest.raises(Malformed, match="damaged"):
        ingest(Zip, source(lying))


def test_a_directory_that_claims_too_much_is_refused_before_it_is_read(ingest):
    data = packed([("a", b"x")])
    end = data.index(b"PK\x05\x06")
    with pytest.raises(LimitExceeded, match="65,000 members"):
        ingest(Zip, source(data[: end + 10] + struct.pack("<H", 65000) + data[end + 12 :]))


def test_the_ratio_does_not_matter_for_small_members(ingest):
    (part,) = ingest(Zip, source(packed([("zeros", bytes(1 << 20))])))
    assert part.read() == bytes(1 << 20)


def test_an_encrypted_member_does_not_cost_the_others(ingest):
    data = packed([("secret", b"x" * 20), ("open", b"y")])
    local = data.index(b"PK\x03\x04")
    data = patched(data[: local + 6] + b"\x01\x00" + data[local + 8 :], 8, "<H", 1)
    seen = []
    with pytest.raises(Encrypted, match="1 of 2 members"):
        seen.extend(part.name for part in Zip(Zip.Config()).ingest(source(data), CONTEXT))
    assert seen == ["open"]


def test_a_damaged_member_does_not_cost_the_others():
    data = packed([("first", b"first content"), ("second", b"second content")], zipfile.ZIP_STORED)
    data = data.replace(b"first content", b"first CONTENT", 1)
    seen = []
    with pytest.raises(Malformed, match="1 of 2 members could not be unpacked: 'first'"):
        seen.extend(part.read() for part in Zip(Zip.Config()).ingest(source(data), CONTEXT))
    assert seen == [b"second content"]


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"no archive at all", packed([("a", b"x" * 999)])[:-30]], ids=["empty", "a signature", "text", "cut off"]
)
def test_what_is_no_whole_archive_is_malformed(ingest, data):
    with pytest.raises(Malformed):
        ingest(Zip, source(data))


def test_names_without_a_mark_are_utf_8_or_in_the_configured_encoding(ingest):
    utf8, gbk = "Zürich.txt".encode(), "账单.txt".encode("gbk")
    for raw, config, name in ((utf8, {}, "Zürich.txt"), (gbk, {"name_encoding": "gbk"}, "账单.txt")):
        data = packed([("N" * len(raw), b"x")]).replace(b"N" * len(raw), raw)
        assert [part.name for part in ingest(Zip, source(data), **config)] == [name]


def test_a_unicode_path_field_gives_the_name(ingest):
    member = zipfile.ZipInfo("n.txt")
    name = "Übersicht.txt".encode()
    member.extra = struct.pack("<HHBL", 0x7075, 5 + len(name), 1, zlib.crc32(b"n.txt")) + name
    assert [part.name for part in ingest(Zip, source(packed([(member, b"x")])))] == ["Übersicht.txt"]


def test_every_archive_of_the_corpora_ends_in_parts_or_a_typed_refusal(corpora, ingest):
    archives = sorted(corpora.glob("hostile/**/*.zip"))
    assert archives
    for path in archives:
        assert ingest(Zip, Source(name=path.name, path=str(path)))


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), min_size=1, max_size=20).filter(
    lambda name: not name.endswith("/") and not name.startswith("__MACOSX/")
)


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, st.binary(max_size=200)), max_size=8, unique_by=lambda pair: pair[0]), st.sampled_from(METHODS))
def test_what_was_packed_comes_back(members, method):
    found = list(Zip(Zip.Config()).ingest(source(packed(members, method)), CONTEXT))
    assert [(part.name, part.read()) for part in found] == members


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_bytes_give_parts_or_a_typed_refusal(data):
    archive = bytearray(packed([("a.txt", b"some text " * 9), ("b", b"x")], data.draw(st.sampled_from(METHODS))))
    for _ in range(data.draw(st.integers(0, 6))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(archive[: data.draw(st.integers(0, len(archive)))]) if data.draw(st.booleans()) else bytes(archive)
    with tempfile.TemporaryDirectory() as scratch, suppress(StepError):
        assert list(Zip(Zip.Config()).ingest(source(cut), Context(run="r", step="s", scratch=Path(scratch)))) is not None
