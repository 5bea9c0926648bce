"""Settings come from code, then the environment, then aios.toml, then the defaults; secrets from the environment alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from aios_sdk import (
    ComponentConfig,
    ConfigurationError,
    Document,
    Extraction,
    Pipeline,
    Registry,
    Resources,
    Source,
    Store,
    Unsupported,
    component,
    implements,
)

from ..engine._parts import Notes, note


@component("test.reader-of-settings", secrets=["TEST_TOKEN"])
class Reader:
    """Has settings."""

    class Config(ComponentConfig):
        """A few."""

        language: str = "eng"
        dpi: int = 300
        pages: str = "all"

    def __init__(self, config: Config) -> None:
        self.config = config

    def open(self, resources: Resources) -> None:
        self.token = resources.secrets["TEST_TOKEN"]

    @implements
    def extract(self, document: Document) -> Extraction:
        raise Unsupported(f"token of {len(self.token)} characters")


def created(**config: object) -> Reader.Config:
    registry = Registry()
    registry.add(Reader)
    settings = registry.create("test.reader-of-settings", config).config
    assert isinstance(settings, Reader.Config)
    return settings


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A current folder whose aios.toml sets language and dpi, and an environment that sets dpi."""
    (tmp_path / "aios.toml").write_text('[components."test.reader-of-settings"]\nlanguage = "deu"\ndpi = 200\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AIOS_TEST_READER_OF_SETTINGS__DPI", "100")
    return monkeypatch


def test_code_counts_over_the_environment_over_the_file_over_the_defaults(elsewhere: pytest.MonkeyPatch) -> None:
    settings = created()
    assert (settings.language, settings.dpi, settings.pages) == ("deu", 100, "all")
    assert created(language="fra", dpi=72).model_dump() == {"language": "fra", "dpi": 72, "pages": "all"}


def test_a_setting_in_the_file_that_there_is_not_is_named(elsewhere: pytest.MonkeyPatch) -> None:
    Path("aios.toml").write_text('[components."test.reader-of-settings"]\nlangauge = "deu"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="langauge"):
        created()


def test_a_secret_reaches_open_and_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    registry.add(Notes)
    pipeline = Pipeline("p").ingest().extract(Reader)
    with Store(tmp_path / "s.aios") as store:
        (outcome,) = pipeline.run([note("a", "x")], store=store, registry=registry)
        assert (outcome.status, outcome.failures[0].category) == ("failed", "unavailable")
        assert "TEST_TOKEN" in outcome.failures[0].message
        monkeypatch.setenv("TEST_TOKEN", "hush-hush-hush")
        (outcome,) = pipeline.run([note("a", "x")], store=store, registry=registry)
        assert outcome.steps[-1].message.endswith("token of 14 characters.")
    assert not any(b"hush-hush-hush" in path.read_bytes() for path in (tmp_path / "s.aios").rglob("*") if path.is_file())
    assert isinstance(note("a", "x"), Source)
