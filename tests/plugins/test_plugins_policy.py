"""Policies: who may be imported, and where that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from aios_sdk.errors import ConfigurationError
from aios_sdk.plugins import Policy


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AIOS_CONFIG", "AIOS_PLUGINS_ALLOW", "AIOS_PLUGINS_DENY"):
        monkeypatch.delenv(name, raising=False)


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
    ],
)
def test_what_is_allowed_and_not_denied_is_admitted(policy: Policy, admitted: bool) -> None:
    assert (policy.refusal("Acme_OCR", "acme.ocr") == "") is admitted


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
    ("text", "said"), [('denny = ["x"]', "Did you mean 'deny'"), ('deny = "x"', "has a wrong 'deny'"), ("deny = [1]", "has a wrong 'deny'")]
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
