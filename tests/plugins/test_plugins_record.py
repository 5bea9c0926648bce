"""RECORD and the digest of a plugin's files: the same for the same wheel, another for any other."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.plugins._record import digest_of, hash_of, matches, wheel_rows

NAMES = st.from_regex(r"[a-z_][a-z0-9_ ,\"é]{0,6}", fullmatch=True)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join).map(lambda path: f"acme/{path}.py")
FILES = st.dictionaries(PATHS, st.binary(max_size=8), min_size=1, max_size=6)
#: What pip, uv and others put beside the wheel's own files.
ADDED = st.lists(
    st.sampled_from(
        [
            "../../../bin/acme,sha256=q4Ea,166",
            "bin/acme,sha256=5Nvt,301",
            "/etc/x,sha256=a,1",
            "acme-1.0.dist-info/INSTALLER,sha256=zuuu,4",
            "acme-1.0.dist-info/RECORD,,",
            "acme-1.0.dist-info/direct_url.json,sha256=Ts6k,257",
            "acme-1.0.dist-info/uv_cache.json,sha256=O3FC,127",
            "acme-1.0.dist-info/licenses/LICENSE,sha256=abc,3",
            "acme/__pycache__/a.cpython-311.pyc,,",
            "acme/../x.py,sha256=abc,1",
            "",
        ]
    )
)


def _record(files: dict[str, bytes], added: list[str]) -> list[str]:
    quoted = {path: '"' + path.replace('"', '""') + '"' if set(path) & set(',"') else path for path in files}
    return [*(f"{quoted[path]},{hash_of(data)},{len(data)}" for path, data in files.items()), *added]


@settings(deadline=None)
@given(FILES, ADDED, st.randoms())
def test_the_digest_is_the_wheels_whoever_installs_it_and_in_whatever_order(
    files: dict[str, bytes], added: list[str], random: object
) -> None:
    rows = _record(files, added)
    random.shuffle(rows)  # type: ignore[attr-defined]
    found = wheel_rows("\n".join(rows))
    assert found == {path: hash_of(data) for path, data in files.items()}
    assert digest_of(found) == digest_of(wheel_rows("\r\n".join(_record(files, []))))


@settings(deadline=None)
@given(FILES, FILES)
def test_other_files_have_another_digest(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    digests = [digest_of(wheel_rows("\n".join(_record(files, [])))) for files in (one, other)]
    assert (digests[0] == digests[1]) is (one == other)


@settings(deadline=None)
@given(st.binary(max_size=20), st.binary(max_size=20), st.sampled_from(["sha256", "sha384", "sha512"]))
def test_a_hash_matches_its_own_bytes_alone(data: bytes, other: bytes, algorithm: str) -> None:
    assert matches(data, hash_of(data, algorithm))
    assert matches(other, hash_of(data, algorithm)) is (data == other)


def test_weak_and_missing_hashes_match_nothing() -> None:
    assert not matches(b"x", hash_of(b"x", "md5"))
    assert not matches(b"x", hash_of(b"x", "sha1"))
    assert not matches(b"", "")


def test_a_record_that_is_no_table_vouches_for_nothing() -> None:
    assert wheel_rows('"' + "a" * 200_000) == {}
    assert digest_of({}) == ""
