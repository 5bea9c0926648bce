"""The lock as a file: its form, where it is found, and the command that writes and compares it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import ConfigurationError, Policy, Registry
from aios_sdk.plugins import Lock, Locked
from aios_sdk.plugins._record import hash_of

from ._wheels import texts
from .conftest import Site
from .test_plugins_discovery import imported
from .test_plugins_lock import edit, lock_of, under

Aios = Callable[..., "subprocess.CompletedProcess[str]"]


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,3}){0,2}", fullmatch=True)
TEXTS = st.lists(st.text(max_size=6), max_size=2).map(tuple)
LOCKED = st.builds(
    Locked,
    distribution=NAMES,
    version=st.text(max_size=5),
    files=st.sampled_from(["record", "folder"]),
    files_digest=st.binary(min_size=32, max_size=32).map(lambda data: f"sha256:{data.hex()}"),
    components=TEXTS,
    network=TEXTS,
    secrets=TEXTS,
    programs=TEXTS,
    memory_mb=st.integers(0, 10**6),
    gpu=st.booleans(),
    isolation=st.sampled_from([(), ("inline",), ("async", "process")]),
)
LOCKS = st.lists(LOCKED, max_size=4, unique_by=lambda locked: locked.distribution).map(
    lambda plugins: Lock(tuple(sorted(plugins, key=lambda locked: locked.distribution)))
)


@settings(deadline=None)
@given(LOCKS)
def test_a_lock_is_read_as_it_was_written(lock: Lock) -> None:
    assert Lock.parse(lock.text()) == lock
    assert list(lock.changes(Lock.parse(lock.text()))) == []


@settings(deadline=None)
@given(LOCKS, LOCKS)
def test_changes_name_every_distribution_that_is_new_gone_or_another_and_no_other(before: Lock, after: Lock) -> None:
    was, now = ({locked.distribution: locked for locked in lock.plugins} for lock in (before, after))
    expected = {("+", name) for name in now.keys() - was.keys()} | {("-", name) for name in was.keys() - now.keys()}
    expected |= {("~", name) for name in was.keys() & now.keys() if was[name] != now[name]}
    assert {tuple(line.split(" ")[:2]) for line in before.changes(after)} == expected


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(NAMES, st.lists(st.sampled_from("abc"), max_size=2, unique=True), min_size=1, max_size=4),
    st.sampled_from(["nothing", "version", "file", "new file", "record"]),
    st.data(),
)
def test_a_lock_admits_exactly_what_was_installed(
    tmp_path_factory: pytest.TempPathFactory, named: dict[str, list[str]], change: str, data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("site")
    for name, files in named.items():
        _installed(place, name, "1.0", {f"{file}.py": f"X = {file!r}\n" for file in files})
    lock = lock_of(place)
    assert {plugin.distribution for plugin in lock.plugins} == {f"acme-{name}" for name in named}
    other = data.draw(st.sampled_from(sorted(named)))
    package = place / f"acme_{other.replace('-', '_')}"
    if change == "version":
        shutil.rmtree(place / f"{package.name}-1.0.dist-info")
        _installed(place, other, "1.0.1", {})
    elif change == "file":
        edit(package / "__init__.py")
    elif change == "new file":
        (package / "later.py").touch()
    elif change == "record":
        with (place / f"{package.name}-1.0.dist-info" / "RECORD").open("a") as record:
            record.write(f"{package.name}/another.py,{hash_of(b'')},0\n")
    refused = {plugin.name for plugin in under(lock, place).values() if plugin.state != "allowed"}
    assert refused == (set() if change == "nothing" else {f"acme-{other}"})


def _installed(place: Path, name: str, version: str, more: dict[str, str]) -> None:
    """An installed plugin as a wheel leaves it, without the time that pip takes."""
    package = f"acme_{name.replace('-', '_')}"
    info = f"{package}-{version}.dist-info"
    files = {
        **texts(package),
        **{f"{package}/{path}": text for path, text in more.items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: {version}\n\n",
        f"{info}/entry_points.txt": f"[aios.plugins]\nmain = {package}:aios_plugin.toml\n",
    }
    for path, text in files.items():
        (place / path).parent.mkdir(exist_ok=True)
        (place / path).write_text(text)
    (place / info / "RECORD").write_text("".join(f"{path},{hash_of(text.encode())},{len(text)}\n" for path, text in files.items()))


ENTRY = "[[plugins]]\ndistribution = '{}'\nversion = '1'\nfiles = 'record'\nfiles_digest = 'sha256:{}'\ncomponents = []\n"
ZEROS = 64 * "0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lock = ", "cannot be read"),
        ("plugins = []", "missing required field 'lock'"),
        ("lock = 2", "has version 2; this SDK reads 1"),
        ("lock = 1\nmore = 2", "unknown field 'more'"),
        ("lock = 1\n[[plugins]]\ndistribution = 'a'", "missing required field 'version'"),
        ("lock = 1\n" + 2 * ENTRY.format("a", ZEROS), "'a' stands twice"),
        ("lock = 1\n" + ENTRY.format("A_b", ZEROS), "not in its normal form"),
        ("lock = 1\n" + ENTRY.format("a", "12"), "matching regex"),
    ],
)  # fmt: skip
def test_what_is_no_lock_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Lock.parse(text)
    assert said in str(raised.value)


# -- where it is found, and the command -----------------------------------------------------------------------------------


def test_the_lock_is_beside_aios_toml_or_where_it_is_named(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = lock_of(shop)
    assert Policy.load().lock is None
    (tmp_path / "aios-plugins.lock").write_text(lock.text())
    assert Policy.load().lock == lock
    (tmp_path / "aios-plugins.lock").unlink()
    elsewhere = tmp_path / "locks"
    elsewhere.mkdir()
    (elsewhere / "desk.lock").write_text(lock.text())
    (tmp_path / "aios.toml").write_text('[plugins]\nlock = "locks/desk.lock"\n')
    assert Policy.load().lock == Lock(lock.plugins, "locks/desk.lock")
    monkeypatch.setenv("AIOS_PLUGINS_LOCK", str(elsewhere / "desk.lock"))
    assert Policy.load().lock == Lock(lock.plugins, str(elsewhere / "desk.lock"))


@pytest.mark.parametrize("named", ["gone.lock", ""])
def test_a_lock_that_is_named_and_not_there_is_an_error(named: str, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOS_PLUGINS_LOCK", named)
    with pytest.raises(ConfigurationError, match="lock of plugins"):
        Registry.discover()


def test_the_command_shows_what_is_needed_writes_the_lock_and_compares_it(shelf: Path, shop: Path, aios: Aios, tmp_path: Path) -> None:
    done = aios("plugin", "lock", AIOS_PLUGINS_ALLOW="acme-*")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines() if line.startswith(("DIST", "acme"))] == [
        ["DISTRIBUTION", "VERSION", "FILES", "NEEDS"],
        [
            "acme-needy",
            "1.0",
            "record",
            *["network", "api.acme.com;", "secret", "ACME_TOKEN;", "program", "no-such-program;", "2,000", "MiB;", "GPU"],
        ],
        ["acme-plain", "1.0", "record", "nothing"],
    ]
    assert "aios-plugins.lock is written: 2 plugins" in done.stdout
    assert not {"acme_needy", "acme_plain", "typer", "pydantic"} & imported(done)
    text = (tmp_path / "aios-plugins.lock").read_text()
    assert 'network = ["api.acme.com"]\nsecrets = ["ACME_TOKEN"]\nprograms = ["no-such-program"]\nmemory_mb = 2000\ngpu = true' in text
    assert "is as it was" in aios("plugin", "lock", AIOS_PLUGINS_ALLOW="acme-*").stdout
    assert (tmp_path / "aios-plugins.lock").read_text() == text
    same = aios("plugin", "lock", "--check", AIOS_PLUGINS_ALLOW="acme-*")
    assert (same.returncode, same.stdout) == (0, "aios-plugins.lock is what is installed: 2 plugins.\n")
    shutil.rmtree(shop)
    shutil.copytree(shelf / "two", shop)
    other = aios("plugin", "lock", "--check", AIOS_PLUGINS_ALLOW="acme-*")
    assert other.returncode == 4
    assert other.stderr.splitlines()[:3] == [
        "- acme-needy 1.0",
        "~ acme-plain 1.0 -> 1.1; needs nothing -> network new.acme.com",
        "aios-plugins.lock is not what is installed. `aios plugin doctor` tells what to do; `aios plugin lock` writes it anew.",
    ]
    listed = json.loads(aios("plugin", "list", "--json").stdout)
    assert [(row["id"], row["state"]) for row in listed if row["distribution"] == "acme-plain"] == [("acme.plain", "compatible")]
    again = aios("plugin", "lock", "--file", "aios-plugins.lock", AIOS_PLUGINS_ALLOW="acme-*")
    assert "Changes:\n  - acme-needy 1.0\n  ~ acme-plain 1.0 -> 1.1" in again.stdout
    assert aios("plugin", "lock", "--check", AIOS_PLUGINS_ALLOW="acme-*").returncode == 0


def test_altered_files_are_not_locked(shop: Path, aios: Aios, tmp_path: Path) -> None:
    assert aios("plugin", "lock", AIOS_PLUGINS_ALLOW="acme-*").returncode == 0
    edit(shop / "acme_plain/_words.py")
    checked = aios("plugin", "lock", "--check", AIOS_PLUGINS_ALLOW="acme-*")
    assert checked.returncode == 4
    assert "! acme-plain 1.0: acme_plain/_words.py was changed after it was installed. Run `pip install --force-reinstall" in checked.stderr
    before = (tmp_path / "aios-plugins.lock").read_text()
    refused = aios("plugin", "lock", AIOS_PLUGINS_ALLOW="acme-*")
    assert refused.returncode == 4
    assert "[AIOS-302] aios-plugins.lock is not written: the files of acme-plain are not those that were installed" in refused.stderr
    assert (tmp_path / "aios-plugins.lock").read_text() == before


def test_a_lock_with_the_marks_of_a_merge_is_written_anew(shop: Path, aios: Aios, tmp_path: Path) -> None:
    (tmp_path / "aios-plugins.lock").write_text("<<<<<<< ours\n")
    assert aios("plugin", "list").returncode == 2
    done = aios("plugin", "lock", AIOS_PLUGINS_ALLOW="acme-*")
    assert done.returncode == 0
    assert "What was there before is no lock" in done.stderr
    assert aios("plugin", "list").returncode == 0
