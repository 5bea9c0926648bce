"""What tar archives and compressed files give."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from aios_files import Tar
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Context, LimitExceeded, Malformed, Pipeline, Source, StepError, Store

PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def packed(*members, form=tarfile.PAX_FORMAT):
    """A tar of names with bytes, or of whole headers with bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in members:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def header(name, kind, size=0):
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, size
    return member


def source(data, name="a.tar"):
    return Source(name=name, data=data)


def taken(data, name="a.tar", **config):
    """The parts that came before the failure, and the failure."""
    parts = []
    with tempfile.TemporaryDirectory() as scratch:
        try:
            for part in Tar(Tar.Config(**config)).ingest(source(data, name), Context(run="r", step="s", scratch=Path(scratch))):
                parts.append((part.name, part.read()))
        except StepError as error:
            return parts, error
    return parts, None


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("form", FORMATS)
def test_members_are_yielded_in_order_with_their_bytes(ending, form):
    long = "folder/" * 12 + "ö" * 30 + ".txt"
    data = packed((long, "Öl".encode()), ("b.bin", b"\0\1"), ("empty", b""), form=form)
    assert taken(PACKERS[ending](data)) == ([(long, "Öl".encode()), ("b.bin", b"\0\1"), ("empty", b"")], None)


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_a_compressed_file_that_is_no_tar_is_one_part_without_the_ending(ending):
    assert taken(PACKERS[ending](b"a;b\n1;2\n"), f"report.csv{ending.upper()}") == ([("report.csv", b"a;b\n1;2\n")], None)


def test_a_compressed_tar_may_have_a_short_ending_and_a_gzip_file_its_name_inside():
    assert taken(gzip.compress(b"no tar"), "x.tgz") == ([("x.tar", b"no tar")], None)
    buffer = io.BytesIO()
    with gzip.GzipFile("../C:\\inside.csv", "wb", fileobj=buffer) as file:
        file.write(b"x")
    assert taken(buffer.getvalue(), "download") == ([("inside.csv", b"x")], None)


def test_streams_one_behind_the_other_are_one_and_what_follows_them_is_passed_over():
    for ending in (".gz", ".bz2", ".xz"):
        pack = PACKERS[ending]
        assert taken(pack(b"one ") + pack(b"two") + bytes(700), f"a{ending}") == ([("a", b"one two")], None)
        assert taken(pack(b"one") + b"something else", f"a{ending}") == ([("a", b"one")], None)


def test_folders_links_devices_and_resource_forks_are_no_members():
    fork = bytes(range(256)) * (5 << 10)
    data = packed(
        (header("d", tarfile.DIRTYPE), b""), (header("l", tarfile.SYMTYPE), b""), (header("h", tarfile.LNKTYPE), b""),
        (header("p", tarfile.FIFOTYPE), b""), (header("c", tarfile.CHRTYPE), b""), ("d/._a", fork), ("d/a", b"y"),
    )  # fmt: skip
    assert taken(data) == ([("d/a", b"y")], None)


def test_absolute_and_climbing_names_stay_names_and_write_nowhere(ingest):
    names = ["/etc/passwd", "../../up.txt", "a/../../b"]
    found = ingest(Tar, source(packed(*((name, bytes(9 << 20)) for name in names))), max_ratio=10_000)
    assert [part.name for part in found] == names
    assert [Path(part.path).name for part in found] == ["member-1", "member-2", "member-3"]


def test_a_name_that_is_no_utf_8_has_its_odd_bytes_written_out():
    data = packed(("caf\udce9.txt", b"x"), form=tarfile.GNU_FORMAT)
    assert taken(data)[0] == [("caf\\xe9.txt", b"x")]


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_a_bomb_is_refused_before_much_of_it_is_unpacked(ending, tmp_path):
    bomb = PACKERS[ending](bytes(64 << 20))
    with pytest.raises(LimitExceeded, match="200 times its packed size"):
        list(Tar(Tar.Config()).ingest(source(bomb, f"a{ending}"), Context(run="r", step="s", scratch=tmp_path)))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 60 << 20
    parts, error = taken(PACKERS[ending](packed(("zeros", bytes(64 << 20)))), f"a.tar{ending}")
    assert (parts, type(error)) == ([], LimitExceeded)


def test_size_and_count_are_limited():
    noise = random.Random(1).randbytes(200_000)
    for data, name in ((gzip.compress(noise), "a.gz"), (packed(("a", noise)), "a.tar"), (gzip.compress(packed(("a", noise))), "a.tgz")):
        parts, error = taken(data, name, max_size=100_000)
        assert (parts, type(error)) == ([], LimitExceeded)
        assert "more than 100,000 bytes" in str(error)
    parts, error = taken(packed(("a", b"1"), ("b", b"2"), ("c", b"3")), max_members=2)
    assert ([name for name, _ in parts], type(error)) == (["a", "b"], LimitExceeded)


def test_a_member_that_declares_more_than_is_allowed_is_refused_before_it_is_unpacked():
    data = bytearray(packed(("a", b"x" * 600)))
    huge = tarfile.TarInfo("a")
    huge.size = 8 << 30
    data[:512] = huge.tobuf(tarfile.GNU_FORMAT)
    parts, error = taken(bytes(data))
    assert (parts, type(error)) == ([], LimitExceeded)


def test_a_sparse_file_that_is_all_holes_is_refused():
    sparse = header("holes", tarfile.GNUTYPE_SPARSE)
    raw = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    raw[483:495] = b"%011o\0" % (8 << 30)  # its true size
    raw[148:156] = b"        "
    raw[148:156] = b"%06o\0 " % sum(raw)
    parts, error = taken(bytes(raw) + bytes(1024))
    assert (parts, type(error)) == ([], LimitExceeded)


def test_a_header_of_many_megabytes_is_refused():
    name = header("././@LongLink", tarfile.GNUTYPE_LONGNAME, 4 << 20)
    parts, error = taken(name.tobuf(tarfile.GNU_FORMAT) + b"n" * (4 << 20) + packed(("a", b"x")))
    assert (parts, type(error)) == ([], LimitExceeded)
    assert "header of more than a megabyte" in str(error)


def test_an_xz_file_that_asks_for_gigabytes_of_memory_is_refused():
    greedy = lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}])
    parts, error = taken(greedy, "a.xz")
    assert (parts, type(error)) == ([], LimitExceeded)


def test_what_comes_before_a_damaged_place_is_kept():
    data = packed(("first", b"1" * 600), ("second", b"2" * 600), ("third", b"3" * 600))
    second = data.index(b"second")
    broken = data[:second] + b"\xff" * 300 + data[second + 300 :]
    assert str(taken(b"no archive at all")[1]).startswith("[AIOS-402] 'a.tar' is no tar archive and not compressed")
    for damaged, kept in ((broken, 1), (data[: second + 700], 1), (data[: second + 100], 1), (data[:300], 0)):
        parts, error = taken(damaged)
        assert ([name for name, _ in parts], type(error)) == (["first"][:kept], Malformed)
        assert ("'a.tar' is damaged" if kept else "'a.tar' is no tar archive") in str(error)


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_a_compressed_file_that_is_cut_off_or_changed_is_malformed(ending):
    whole = PACKERS[ending](random.Random(2).randbytes(5000))
    for data in (whole[:20], whole[:-9], whole[: len(whole) // 2] + b"\0\0\0\0" + whole[len(whole) // 2 + 4 :]):
        parts, error = taken(data, f"a{ending}")
        assert (parts, type(error)) == ([], Malformed)


def test_archives_within_archives_are_unpacked_in_turn_and_a_file_that_holds_itself_ends(tmp_path, corpora):
    (tmp_path / "inbox").mkdir()
    inner = packed(("notes/a.txt", b"Hello"))
    (tmp_path / "inbox" / "outer.tar.gz").write_bytes(gzip.compress(packed(("inner.tar.xz", lzma.compress(inner)), ("b.txt", b"World"))))
    (quine,) = corpora.glob("hostile/**/quine.gz")
    (tmp_path / "inbox" / "quine.gz").write_bytes(quine.read_bytes())
    with Store(tmp_path / "s.aios") as store:
        outcomes = {outcome.name: outcome for outcome in Pipeline("p").ingest().run(tmp_path / "inbox", store=store, workers=1)}
    texts = {name: outcome.document.text for name, outcome in outcomes.items() if outcome.status == "completed"}
    assert texts == {"notes/a.txt": "Hello", "b.txt": "World"}
    (ended,) = (outcome for outcome in outcomes.values() if outcome.status != "completed")
    assert (ended.status, ended.failures[0].category) == ("refused", "limit")
    assert "levels deep" in ended.failures[0].message


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda name: not name.endswith("/") and not name.startswith("._") and "/._" not in name and not name.startswith("__MACOSX/")
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(NAMES, st.binary(max_size=200)), max_size=6), st.sampled_from(FORMATS), st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_comes_back(members, form, ending):
    assert taken(PACKERS[ending](packed(*members, form=form)), f"a.tar{ending}") == (members, None)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_bytes_give_parts_or_a_typed_refusal(data):
    form, pack = data.draw(st.sampled_from(FORMATS)), PACKERS[data.draw(st.sampled_from(sorted(PACKERS)))]
    archive = bytearray(packed(("a.txt", b"some text " * 9), ("f/" * 60 + "ö", b"x"), form=form))
    for _ in range(data.draw(st.integers(0, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    packed_again = bytearray(pack(bytes(archive)))
    for _ in range(data.draw(st.integers(0, 2))):
        packed_again[data.draw(st.integers(0, len(packed_again) - 1))] = data.draw(st.integers(0, 255))
    with suppress(StepError):
        taken(bytes(packed_again[: data.draw(st.integers(0, len(packed_again)))]))
