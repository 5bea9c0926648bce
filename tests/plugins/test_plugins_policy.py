"""Policies: who may be imported, and where that is said."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.errors import ConfigurationError, PluginDenied
from aios_sdk.plugins import Policy, Registry, in_force, unmatched
from aios_sdk.plugins import _unmatched as told
from aios_sdk.plugins._rules import parse_rule, split_entries
from aios_sdk.plugins._versions import in_range

from .conftest import Site
from .test_plugins_discovery import imported
from .test_plugins_versions import CLAUSES, VERSIONS

DIGEST = "a1" * 32


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AIOS_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("policy", "admitted"),
    [
        (Policy(), True),
        (Policy(allow=()), False),
        (Policy(allow=("aios-*",)), False),
        (Policy(allow=("acme-ocr",)), True),
        (Policy(allow=("Acme-OCR",)), True),
        (Policy(allow=("acme.ocr",)), True),
        (Policy(deny=("acme.*",)), False),
        (Policy(allow=("acme-ocr",), deny=("acme.ocr",)), False),
        (Policy(deny=("acme",)), True),
        (Policy(deny=("acme_ocr",)), False),
        (Policy(deny=("ACME--ocr",)), False),
        (Policy(allow=("acme_*",)), True),
    ],
)
def test_what_is_allowed_and_not_denied_is_admitted(policy: Policy, admitted: bool) -> None:
    assert (policy.refusal("Acme_OCR", "acme.ocr") == "") is admitted


@pytest.mark.parametrize(
    ("policy", "refusal"),
    [
        (Policy(allow=("acme-ocr>=1.2,<2",)), ""),
        (Policy(allow=("acme.ocr >= 1.2",)), ""),
        (Policy(allow=("acme-*~=1.3",)), ""),
        (Policy(allow=("acme-ocr>=2", "acme-ocr<1")), "version 1.4 is outside of 'acme-ocr>=2'"),
        (Policy(allow=("acme-ocr>=2", "acme-ocr<2")), ""),
        (Policy(allow=("*",), deny=("acme-ocr<1.5",)), "denied by 'acme-ocr<1.5'"),
        (Policy(deny=("acme-ocr<1.4", "acme-ocr>1.4")), ""),
        (Policy(allow=(f"acme-ocr@sha256:{DIGEST}",)), ""),
        (Policy(allow=(f"acme-ocr@sha256:{DIGEST.upper()}",)), ""),
        (Policy(allow=(f"acme-ocr@sha256:{64 * '0'}",)), f"its files are not those of 'acme-ocr@sha256:{64 * '0'}'"),
        (Policy(deny=(f"acme-*@sha256:{DIGEST}",)), f"denied by 'acme-*@sha256:{DIGEST}'"),
        (Policy(deny=(f"acme-ocr@sha256:{64 * '0'}",)), ""),
    ],
)
def test_an_entry_may_speak_of_versions_or_of_files(policy: Policy, refusal: str) -> None:
    assert policy.refusal("acme-ocr", "acme.ocr", "1.4", DIGEST) == refusal


@settings(deadline=None)
@given(VERSIONS, CLAUSES)
def test_a_range_is_allowed_and_denied_alike(version: str, clause: str) -> None:
    entry = f"acme-ocr{clause}"
    assert (Policy(allow=(entry,)).refusal("acme-ocr", "acme.ocr", version) == "") is in_range(version, clause)
    assert (Policy(deny=(entry,)).refusal("acme-ocr", "acme.ocr", version) == "") is not in_range(version, clause)


def test_a_version_that_cannot_be_read_is_in_no_range_that_is_allowed_and_in_every_one_that_is_denied() -> None:
    assert Policy(allow=("acme-ocr>=0",)).refusal("acme-ocr", "acme.ocr", "from-git") == "version from-git is outside of 'acme-ocr>=0'"
    assert Policy(deny=("acme-ocr>=9",)).refusal("acme-ocr", "acme.ocr", "") == "denied by 'acme-ocr>=9'"


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["acme-ocr", "aios-*>=1,<2", "a.b!=1.2, ~=1.1", f"x@sha256:{DIGEST}", "b<1"])), st.sampled_from([",", ", "])
)
def test_a_list_of_entries_is_parted_at_the_commas_between_them(entries: list[str], comma: str) -> None:
    assert split_entries(comma.join(entries)) == tuple(entries)
    assert [parse_rule(entry).text for entry in entries] == entries


@pytest.mark.parametrize(
    "entry", ["?!", "acme ocr", "acme-ocr>=", "acme-ocr@sha256:12", "acme-ocr@md5:12", ">=1", "acme-ocr=>1", "acme-ocr>=1@sha256:a"]
)
def test_what_is_no_entry_is_refused_wherever_it_is_said(entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="deny in Policy has a wrong entry"):
        Policy(deny=(entry,))
    (tmp_path / "aios.toml").write_text(f"[plugins]\nallow = ['{entry}']\n")
    with pytest.raises(ConfigurationError, match=r"allow in aios\.toml has a wrong entry"):
        Policy.load()
    monkeypatch.setenv("AIOS_PLUGINS_ALLOW", entry)
    with pytest.raises(ConfigurationError, match="allow in AIOS_PLUGINS_ALLOW has a wrong entry"):
        Policy.load()


def test_without_anything_said_everything_is_admitted() -> None:
    assert Policy.load() == Policy(allow=("*",), deny=())


def test_the_environment_wins_over_the_file_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "aios.toml").write_text('[plugins]\nallow = ["aios-*"]\ndeny = ["aios-pdf"]\n[store]\npath = "x"\n')
    assert Policy.load() == Policy(allow=("aios-*",), deny=("aios-pdf",))
    monkeypatch.setenv("AIOS_PLUGINS_DENY", "acme-*, aios-timm,")
    assert Policy.load() == Policy(allow=("aios-*",), deny=("acme-*", "aios-timm"))
    monkeypatch.setenv("AIOS_PLUGINS_ALLOW", "")
    assert Policy.load().allow == ()


def test_the_file_may_lie_elsewhere_and_must_then_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOS_CONFIG", str(tmp_path / "other.toml"))
    with pytest.raises(ConfigurationError, match=r"Cannot read .*other\.toml"):
        Policy.load()
    (tmp_path / "other.toml").write_text('[plugins]\ndeny = ["x"]\n')
    assert Policy.load().deny == ("x",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('denny = ["x"]', "Did you mean 'deny'"),
        ('deny = "x"', "has a wrong 'deny'"),
        ("deny = [1]", "has a wrong 'deny'"),
        ("lock = true", "has a wrong 'lock'"),
        ('modules = "claims"', "has a wrong 'modules'"),
    ],
)
def test_a_wrong_section_is_refused_with_the_key_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "aios.toml").write_text(f"[plugins]\n{text}\n")
    with pytest.raises(ConfigurationError) as raised:
        Policy.load()
    assert said in str(raised.value)


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "aios.toml").write_text("plugins = [\n")
    with pytest.raises(ConfigurationError, match=r"Cannot read 'aios\.toml'"):
        Policy.load()


def test_plugins_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "aios.toml").write_text('plugins = ["aios-pdf"]\n')
    with pytest.raises(ConfigurationError, match="is no table"):
        Policy.load()


def test_where_each_part_was_said_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (in_force().origins, in_force().configuration) == ({}, None)
    (tmp_path / "aios.toml").write_text('[plugins]\nallow = ["a"]\ndeny = ["b"]\nlock = "x.lock"\n')
    monkeypatch.setenv("AIOS_PLUGINS_DENY", "c")
    found = in_force()
    assert found.origins == {"allow": "aios.toml", "deny": "AIOS_PLUGINS_DENY", "lock": "aios.toml"}
    assert (found.policy, found.lock_file, found.configuration) == (Policy(allow=("a",), deny=("c",)), Path("x.lock"), Path("aios.toml"))


# -- with real distributions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deny", "allow", "reason", "fix"),
    [
        ("acme-plain,x", None, "denied by 'acme-plain'", "Run `export AIOS_PLUGINS_DENY=x`"),
        ("acme.plain", None, "denied by 'acme.plain'", "Run `unset AIOS_PLUGINS_DENY`"),
        ("acme-plain<1.1", None, "denied by 'acme-plain<1.1'", "Run `unset AIOS_PLUGINS_DENY`"),
        (None, "acme-plain>=1.1,<2", "version 1.0 is outside of 'acme-plain>=1.1,<2'", "Run `pip install 'acme-plain>=1.1,<2'`, or change"),
        (None, "aios-*", "not among the allowed (aios-*)", "Run `export AIOS_PLUGINS_ALLOW='aios-*,acme-plain'`"),
        (None, f"acme-plain@sha256:{DIGEST}", "its files are not those of", "Install the file that was allowed, or change"),
    ],
)
def test_the_refusal_says_by_which_entry_and_what_lifts_it(
    deny: str | None, allow: str | None, reason: str, fix: str, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("DENY", deny), ("ALLOW", allow)):
        if value is not None:
            monkeypatch.setenv(f"AIOS_PLUGINS_{name}", value)
    with pytest.raises(PluginDenied) as raised:
        Registry.discover(path=[str(shop)]).load("acme.plain")
    assert reason in raised.value.what
    assert raised.value.fix.startswith(fix)


def test_the_place_to_edit_is_named_for_a_file_and_for_a_policy_in_code(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(PluginDenied, match=r"Remove 'acme-\*' from deny of the Policy"):
        Registry.discover(Policy(deny=("acme-*",)), path=[str(shop)]).load("acme.plain")
    (tmp_path / "aios.toml").write_text('[plugins]\nallow = ["aios-*"]\n')
    with pytest.raises(PluginDenied, match=r"Add 'acme-plain' to allow of \[plugins\] in aios\.toml"):
        Registry.discover(path=[str(shop)]).load("acme.plain")


def test_a_version_that_is_denied_is_never_imported(shop: Path, aios: Callable[..., Any]) -> None:
    done = aios("plugin", "inspect", "acme.plain", "--load", AIOS_PLUGINS_DENY="acme-plain>=1,<1.0.5")
    assert done.returncode == 4
    assert "denied by 'acme-plain>=1,<1.0.5'" in done.stderr
    assert "acme_plain" not in imported(done)
    assert aios("plugin", "inspect", "acme.plain", "--load", AIOS_PLUGINS_DENY="acme-plain>=1.0.5").returncode == 0


def test_what_is_allowed_by_the_digest_of_its_files_has_exactly_these_files(shop: Path) -> None:
    (plugin,) = [each for each in Registry.discover(Policy(), path=[str(shop)]).plugins if each.name == "acme-plain"]
    policy = Policy(allow=(f"acme-plain@sha256:{plugin.installed.digest}",))
    registry = Registry.discover(policy, path=[str(shop)])
    assert list(registry.components) == ["acme.plain"]
    (shop / "acme_plain/_words.py").write_text("WORD = 'another'\n")
    refused = Registry.discover(policy, path=[str(shop)])
    with pytest.raises(PluginDenied, match=r"acme_plain/_words\.py was changed after it was installed"):
        refused.load("acme.plain")
    with pytest.raises(PluginDenied, match="is not the file that was admitted"):
        registry.load("acme.plain")


# -- entries that name nothing --------------------------------------------------------------------------------------------


def test_an_entry_that_looks_like_a_slip_is_warned_of_once_and_others_are_only_told(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "_told", set())
    site.install("acme_ocr")
    policy = Policy(deny=("acme-orc<2", "aios-rapidocr", "another-*", "acme-*"), allow=("*", "acme.acme-ocrr"))
    with caplog.at_level(logging.INFO, "aios.plugins"):
        plugins = Registry.discover(policy, path=[str(site.path)]).plugins
        Registry.discover(policy, path=[str(site.path)])
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "'acme.acme-ocrr' in allow matches no installed plugin; did you mean 'acme.acme-ocr'?"),
        ("WARNING", "'acme-orc<2' in deny matches no installed plugin; did you mean 'acme-ocr'?"),
        ("INFO", "'aios-rapidocr' in deny matches no installed plugin"),
        ("INFO", "'another-*' in deny matches no installed plugin"),
    ]
    assert [entry.text for entry in unmatched(policy, plugins)] == ["acme.acme-ocrr", "acme-orc<2", "aios-rapidocr", "another-*"]


def test_listing_tells_of_a_slip_on_standard_error(site: Site, aios: Callable[..., Any]) -> None:
    site.install("acme_ocr")
    done = aios("plugin", "list", AIOS_PLUGINS_DENY="acme-orc,aios-rapidocr")
    assert done.stderr.startswith("'acme-orc' in deny matches no installed plugin; did you mean 'acme-ocr'?\n")
    assert "rapidocr" not in done.stderr.partition("\n\n")[0]
