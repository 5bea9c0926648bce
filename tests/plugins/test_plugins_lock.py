"""The lock: what it lists is imported, exactly so; what differs is not imported at all."""

from __future__ import annotations

import importlib
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from aios_sdk import Document, Pipeline, PluginDenied, Policy, Registry, Store
from aios_sdk.plugins import Lock, Plugin
from aios_sdk.plugins._discovery import read_manifest
from aios_sdk.plugins._record import hash_of

from ..engine._parts import Notes, note
from ._wheels import build, install
from .conftest import Site

Aios = Callable[..., "subprocess.CompletedProcess[str]"]


def lock_of(place: Path) -> Lock:
    """The lock of what is installed there."""
    return Lock.parse(Lock.of(Registry.discover(Policy(), path=[str(place)]).plugins).text())


def under(lock: Lock, place: Path) -> dict[str, Plugin]:
    """What is installed there, by name, under a lock."""
    return {plugin.name: plugin for plugin in Registry.discover(Policy(lock=lock), path=[str(place)]).plugins}


def refusal(plugin: Plugin) -> str:
    assert plugin.state == "compatible"
    assert all(isinstance(entry.failure, PluginDenied) for entry in plugin.entries)
    return f"{plugin.reason} | {plugin.fix}"


# -- what was locked ------------------------------------------------------------------------------------------------------


def test_what_was_locked_is_admitted_and_runs(shop: Path) -> None:
    registry = Registry.discover(Policy(lock=lock_of(shop)), path=[str(shop)])
    assert [(plugin.name, plugin.state, plugin.pinned) for plugin in registry.plugins] == [
        ("acme-needy", "allowed", True),
        ("acme-plain", "allowed", True),
    ]
    instance = registry.create("acme.plain")
    found = instance.implementation("extract").call(document=Document.of(text=["x"]), context=None)  # type: ignore[union-attr]
    assert found.fields[0].value == "1.0"


def test_a_plugin_that_was_added_later_is_refused(shop: Path) -> None:
    lock = lock_of(shop)
    only = Lock(tuple(locked for locked in lock.plugins if locked.distribution == "acme-plain"))
    assert refusal(under(only, shop)["acme-needy"]) == (
        "acme-needy is not admitted: aios-plugins.lock does not list it | "
        "Review it with `aios plugin inspect acme-needy`, then run `aios plugin lock`; or run `pip uninstall acme-needy`, or deny it"
    )
    assert under(only, shop)["acme-plain"].state == "allowed"


def test_another_version_is_refused(shelf: Path, shop: Path) -> None:
    lock = lock_of(shop)
    shutil.rmtree(shop)
    shutil.copytree(shelf / "two", shop)
    assert refusal(under(lock, shop)["acme-plain"]) == (
        "acme-plain is not admitted: version 1.1 is installed, aios-plugins.lock has 1.0 | "
        "Run `pip install acme-plain==1.0`, or `aios plugin lock` after a review of 1.1"
    )
    assert [locked.distribution for locked in lock.missing(Registry.discover(Policy(), path=[str(shop)]).plugins)] == ["acme-needy"]


def test_the_same_version_with_other_files_is_refused(shop: Path, tmp_path: Path) -> None:
    lock = lock_of(shop)
    other = tmp_path / "other"
    install(other, build(tmp_path / "wheels", "acme_plain", files={"_more.py": "x = 1\n"}))
    assert refusal(under(lock, other)["acme-plain"]) == (
        "acme-plain is not admitted: its files are not those of aios-plugins.lock | "
        "Run `pip install --force-reinstall --no-deps acme-plain==1.0`, or `aios plugin lock` if the change is meant"
    )


def edit(path: Path) -> None:
    path.write_text(path.read_text() + "\n# edited\n")


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda site: edit(site / "acme_plain/_words.py"), "acme_plain/_words.py was changed after it was installed"),
        (lambda site: edit(site / "acme_plain/aios_plugin.toml"), "acme_plain/aios_plugin.toml was changed after it was installed"),
        (lambda site: edit(site / "acme_plain-1.0.dist-info/METADATA"), "acme_plain-1.0.dist-info/METADATA was changed after"),
        (lambda site: (site / "acme_plain/_words.py").unlink(), "acme_plain/_words.py is missing"),
        (lambda site: shutil.copytree(site / "acme_needy", site / "acme_plain/_words"), "acme_plain/_words/__init__.py was added"),
        (lambda site: (site / "acme_plain/_words.so").touch(), "acme_plain/_words.so was added after it was installed"),
        (lambda site: (site / "acme_plain/extra.pyc").touch(), "acme_plain/extra.pyc was added after it was installed"),
    ],
)  # fmt: skip
def test_files_that_were_altered_after_the_installation_are_found_though_record_is_as_it_was(
    alter: Callable[[Path], object], said: str, shop: Path
) -> None:
    lock = lock_of(shop)
    alter(shop)
    found = under(lock, shop)
    assert said in refusal(found["acme-plain"])
    assert "Run `pip install --force-reinstall --no-deps acme-plain==1.0`, and find out who changed it" in refusal(found["acme-plain"])
    assert found["acme-needy"].state == "allowed"


def test_a_changed_file_with_a_record_to_match_is_refused_too(shop: Path) -> None:
    lock = lock_of(shop)
    words, record = shop / "acme_plain/_words.py", shop / "acme_plain-1.0.dist-info/RECORD"
    before = hash_of(words.read_bytes())
    edit(words)
    assert before in record.read_text()
    record.write_text(record.read_text().replace(before, hash_of(words.read_bytes())))
    assert "its files are not those of aios-plugins.lock" in refusal(under(lock, shop)["acme-plain"])


def test_byte_code_and_what_installers_write_do_not_count(shop: Path) -> None:
    lock = lock_of(shop)
    assert (shop / "acme_plain/__pycache__").is_dir()
    shutil.rmtree(shop / "acme_plain/__pycache__")
    (shop / "acme_plain-1.0.dist-info/INSTALLER").write_text("another\n")
    record = shop / "acme_plain-1.0.dist-info/RECORD"
    record.write_text("".join(sorted(line for line in record.read_text().splitlines(keepends=True) if "__pycache__" not in line)))
    assert under(lock, shop)["acme-plain"].state == "allowed"


def test_a_package_in_front_of_the_installed_one_is_not_what_was_locked(shop: Path, tmp_path: Path) -> None:
    lock = lock_of(shop)
    shutil.copytree(shop / "acme_plain", tmp_path / "front" / "acme_plain")
    found = Registry.discover(Policy(lock=lock), path=[str(tmp_path / "front"), str(shop)])
    (plugin,) = [plugin for plugin in found.plugins if plugin.name == "acme-plain"]
    assert "its files are not those of aios-plugins.lock (a folder of source code instead of an installed wheel)" in refusal(plugin)


def test_an_editable_installation_is_locked_by_its_folder(site: Site, tmp_path: Path) -> None:
    site.install("acme_editable", where=tmp_path / "src")
    path = [str(site.path), str(tmp_path / "src")]
    lock = Lock.parse(Lock.of(Registry.discover(Policy(), path=path).plugins).text())
    assert lock.plugins[0].files == "folder"
    (plugin,) = Registry.discover(Policy(lock=lock), path=path).plugins
    assert plugin.state == "allowed"
    edit(tmp_path / "src" / "acme_editable" / "__init__.py")
    (plugin,) = Registry.discover(Policy(lock=lock), path=path).plugins
    assert "its files are not those of aios-plugins.lock | Run `git diff` to see the change, or `aios plugin lock`" in refusal(plugin)


@pytest.mark.parametrize("record", [None, "", "acme_bare/__init__.py,,\nacme_bare/aios_plugin.toml,,\n"])
def test_where_record_does_not_vouch_for_the_code_the_folder_counts(record: str | None, site: Site) -> None:
    site.install("acme_bare")
    file = site.path / "acme_bare-1.0.dist-info" / "RECORD"
    file.unlink() if record is None else file.write_text(record)
    lock = lock_of(site.path)
    assert lock.plugins[0].files == "folder"
    assert under(lock, site.path)["acme-bare"].state == "allowed"
    edit(site.path / "acme_bare" / "__init__.py")
    assert "its files are not those of aios-plugins.lock" in refusal(under(lock, site.path)["acme-bare"])


def test_a_zipped_wheel_is_refused_since_nobody_compares_its_content(site: Site) -> None:
    site.install("acme_zipped")
    wheel = site.wheel("acme_zipped")
    lock = lock_of(wheel)
    (plugin,) = under(lock, wheel).values()
    assert "it lies in a zip file, whose content is not compared" in refusal(plugin)


# -- imports --------------------------------------------------------------------------------------------------------------


def test_what_is_put_in_place_after_admission_is_not_imported(shop: Path) -> None:
    registry = Registry.discover(Policy(lock=lock_of(shop)))
    (shop / "acme_plain/_words.py").write_text("raise SystemExit('not what was admitted')\n")
    with pytest.raises(PluginDenied, match=r"acme_plain\._words is not imported: .*_words\.py is not the file that was admitted"):
        registry.load("acme.plain")
    assert "acme_plain._words" not in sys.modules


def test_a_module_that_appears_after_admission_is_not_imported(shop: Path) -> None:
    registry = Registry.discover(Policy(lock=lock_of(shop)))
    (shop / "acme_plain/_words").mkdir()
    (shop / "acme_plain/_words/__init__.py").write_text("raise SystemExit('a package goes before a module')\n")
    with pytest.raises(PluginDenied, match=r"_words/__init__\.py is none of the files that were admitted"):
        registry.load("acme.plain")


def test_a_compiled_module_that_appears_after_admission_is_not_imported(shop: Path) -> None:
    registry = Registry.discover(Policy(lock=lock_of(shop)))
    (shop / f"acme_plain/_words{EXTENSION_SUFFIXES[0]}").write_bytes(b"it goes before the module of that name")
    with pytest.raises(PluginDenied, match="is none of the files that were admitted"):
        registry.load("acme.plain")


def test_a_manifest_that_is_exchanged_while_it_is_read_is_not_believed(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = lock_of(shop)

    def exchanged(value: str, path: Sequence[str] | None) -> tuple[str, Path]:
        text, place = read_manifest(value, path)
        return text.replace('network = ["api.acme.com"]\n', ""), place

    monkeypatch.setattr("aios_sdk.plugins._admission.read_manifest", exchanged)
    found = under(lock, shop)
    assert "aios_plugin.toml was changed after it was installed" in refusal(found["acme-needy"])
    assert found["acme-plain"].state == "allowed"


def test_byte_code_that_says_something_else_is_not_run(shop: Path, tmp_path: Path) -> None:
    words = shop / "acme_plain/_words.py"
    said, stat = words.read_text(), words.stat()
    words.write_text(said.replace("1.0", "6.6"))
    os.utime(words, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    py_compile.compile(str(words), doraise=True)
    words.write_text(said)
    os.utime(words, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    program = f"import sys; sys.path.insert(0, {str(shop)!r}); import acme_plain._words as w; print(w.WORD)"
    plain = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={"PYTHONPATH": os.pathsep.join(sys.path)})
    assert plain.stdout.strip() == "6.6", "Python itself takes the byte code for that of the file"
    registry = Registry.discover(Policy(lock=lock_of(shop)))
    assert sys.modules[registry.load("acme.plain").__module__].WORD == "1.0"


def test_what_is_locked_is_guarded_whoever_imports_it(shop: Path) -> None:
    Registry.discover(Policy(lock=lock_of(shop)))
    (shop / "acme_plain/_words.py").write_text("raise SystemExit('not what was admitted')\n")
    with pytest.raises(PluginDenied, match=r"acme_plain\._words is not imported"):
        importlib.import_module("acme_plain._words")


def test_only_what_is_locked_is_guarded(shop: Path, site: Site) -> None:
    registry = Registry.discover(Policy(lock=lock_of(shop)))
    registry.load("acme.plain")
    site.install("acme_free")
    assert Registry.discover(Policy()).load("acme.acme-free").__module__ == "acme_free"


# -- runs -----------------------------------------------------------------------------------------------------------------


def test_a_run_is_refused_when_a_locked_plugin_differs_even_one_that_it_does_not_name(shop: Path) -> None:
    lock = lock_of(shop)
    edit(shop / "acme_needy/_words.py")
    registry = Registry.discover(Policy(lock=lock))
    registry.add(Notes)
    pipeline = Pipeline("p").ingest(Notes).extract("acme.plain")
    with pytest.raises(PluginDenied, match=r"acme-needy is not admitted: acme_needy/_words\.py was changed"):
        pipeline.compile(registry)
    edit(shop / "acme_plain/_words.py")
    with pytest.raises(PluginDenied, match=r"2 plugins are not as aios-plugins\.lock lists them: 'acme-needy', 'acme-plain'"):
        pipeline.compile(Registry.discover(Policy(lock=lock)))
    assert not {"acme_needy", "acme_plain"} & set(sys.modules)


def test_a_plugin_that_is_not_in_the_lock_does_not_keep_others_from_running(shop: Path) -> None:
    lock = Lock(tuple(locked for locked in lock_of(shop).plugins if locked.distribution == "acme-plain"))
    registry = Registry.discover(Policy(lock=lock))
    registry.add(Notes)
    Pipeline("p").ingest(Notes).extract("acme.plain").compile(registry)
    with pytest.raises(PluginDenied, match=r"acme-needy is not admitted: aios-plugins\.lock does not list it"):
        Pipeline("p").ingest(Notes).extract("acme.needy").compile(registry)


def test_what_a_plugin_declares_to_need_is_recorded_with_the_digest_that_the_lock_has(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_TOKEN", "a-value-that-nobody-records")
    lock = lock_of(shop)
    registry = Registry.discover(Policy(lock=lock))
    registry.add(Notes)
    with Store(tmp_path / "s.aios") as store:
        list(Pipeline("p").ingest(Notes).extract("acme.needy").run([note("a.txt")], store=store, registry=registry, progress=False))
        query = "select 'sha256:' || files_digest, isolation, network, secrets, programs, memory_mb, gpu from plugins where component = $1"
        assert store.sql(query, ["acme.needy"]).fetchall() == [
            (lock.plugins[0].files_digest, "process", ["api.acme.com"], ["ACME_TOKEN"], ["no-such-program"], 2000, True)
        ]
        [(digest, network)] = store.sql("select files_digest, network from plugins where component = $1", ["test.notes"]).fetchall()
        assert (digest, network) == ("", [])
    for file in (tmp_path / "s.aios").rglob("*"):
        assert file.is_dir() or b"a-value-that-nobody-records" not in file.read_bytes()


def test_refusals_by_the_lock_are_logged_and_raised_in_strict_mode(
    shop: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    under(Lock(()), shop)
    assert [record.getMessage() for record in caplog.records] == [
        "aios-plugins.lock does not list 'acme-needy', 'acme-plain'; they are not used (aios plugin doctor)"
    ]
    lock = lock_of(shop)
    edit(shop / "acme_plain/_words.py")
    caplog.clear()
    under(lock, shop)
    (record,) = caplog.records
    assert record.getMessage() == (
        "acme-plain is not used: acme-plain is not admitted: acme_plain/_words.py was changed after it was installed "
        "(aios plugin inspect acme-plain)"
    )
    monkeypatch.setenv("AIOS_PLUGINS_STRICT", "1")
    with pytest.raises(PluginDenied, match="was changed after"):
        under(lock, shop)
    with pytest.raises(PluginDenied, match="does not list it"):
        under(Lock(()), shop)
