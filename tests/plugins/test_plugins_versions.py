"""Versions and ranges: what PEP 440 says, as the packaging library has it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from aios_sdk.plugins._versions import _version, in_range, release_of

NUMBERS = st.integers(0, 3).map(str)
RELEASES = st.lists(NUMBERS, min_size=1, max_size=3).map(".".join)
EPOCHS = st.sampled_from(["", "", "1!"])
PUBLIC = st.tuples(
    EPOCHS, RELEASES, st.sampled_from(["", "a1", ".alpha.1", "b0", "c1", "rc2"]), st.sampled_from(["", ".post1", "-2", ".rev3"]),
    st.sampled_from(["", ".dev0", ".dev2"]),
).map("".join)  # fmt: skip
VERSIONS = st.tuples(PUBLIC, st.sampled_from(["", "+1", "+abc.2", "+ab-1"])).map("".join)
CLAUSES = st.one_of(
    st.tuples(st.sampled_from([">=", "<=", ">", "<", "==", "!="]), PUBLIC).map("".join),
    st.tuples(st.sampled_from(["==", "!="]), VERSIONS).map("".join),
    st.tuples(st.sampled_from(["==", "!="]), EPOCHS, RELEASES, st.just(".*")).map("".join),
    RELEASES.filter(lambda release: "." in release).map("~=".__add__),
)


@settings(deadline=None)
@given(VERSIONS, VERSIONS)
def test_versions_are_ordered_as_pep_440_orders_them(one: str, other: str) -> None:
    assert (_version(one) < _version(other), _version(one) == _version(other)) == (
        Version(one) < Version(other),
        Version(one) == Version(other),
    )


@settings(deadline=None)
@given(VERSIONS, st.lists(CLAUSES, max_size=3).map(", ".join))
def test_a_range_holds_what_pep_440_puts_into_it(version: str, clauses: str) -> None:
    assert in_range(version, clauses) is SpecifierSet(clauses).contains(version, prereleases=True)


@pytest.mark.parametrize("clauses", ["1.2", ">1.2+local", "~=1", ">=", "===1", ">=1.2.*", "==1.0a1.*", "==1; x", ">=1,,<x"])
def test_what_is_no_clause_is_named(clauses: str) -> None:
    with pytest.raises(ValueError, match="is no version clause; write for example"):
        in_range("1.0", clauses)


def test_what_is_no_version_lies_in_no_range() -> None:
    with pytest.raises(ValueError, match=r"'1\.0-what' is no version"):
        in_range("1.0-what", ">=1")


@settings(deadline=None)
@given(PUBLIC)
def test_the_release_that_a_version_leads_to_is_its_numbers(version: str) -> None:
    assert in_range(release_of(version), f"=={release_of(version)}")
    assert Version(release_of(version)).release == Version(version).release
