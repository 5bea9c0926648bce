"""Trained models in a store: versions, files, aliases with their history; safe from kills, pickles, bit flips, gc and forget."""

from __future__ import annotations

import gzip
import io
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import zipfile
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.errors import InputError, StoreError, UsageError
from aios_sdk.records import Classification, Label, digest, digest_folder
from aios_sdk.store import ComponentUse, Learned, Model, ModelUse, Store, export, forget, gc, rebuild, verify
from aios_sdk.store._model import shortened

from ._recording import Recording
from ._stores import add_model, evaluate, flip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models.aios")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "model"


def test_the_first_version_is_the_champion_and_later_ones_the_challenger(store: Store, folder: Path) -> None:
    first = add_model(store, folder, weights="one", classes=("a", "b"), metrics={"accuracy": 0.5}, config={"least": 2})
    assert (str(first), first.aliases, first.identity) == ("kinds@1", ("champion",), f"kinds@1#{first.digest}")
    assert first.digest == digest_folder(folder)
    second, third = add_model(store, folder, weights="two"), add_model(store, folder, weights="three")
    assert (second.aliases, third.aliases) == (("challenger",), ("challenger",))
    assert store.models.get("kinds") == first
    assert store.models.get("kinds@challenger") == third
    assert store.models.get(f"kinds@2#{second.digest[:8]}").aliases == ()
    assert (first.classes, first.metrics, first.config) == (("a", "b"), {"accuracy": 0.5}, {"least": 2})
    assert [str(model) for model in store.models.list()] == ["kinds@1", "kinds@2", "kinds@3"]
    assert add_model(store, folder, "others", alias="shadow").aliases == ("shadow",)


def test_what_is_no_model_is_told_with_what_there_is(store: Store, folder: Path) -> None:
    with pytest.raises(UsageError, match="There is none yet: aios model train"):
        store.models.get("kinds")
    model = add_model(store, folder)
    for reference, told in (
        ("kind", "Did you mean 'kinds'"),
        ("kinds@2", "Of kinds there are version 1, and @champion"),
        ("kinds@shadow", "no model kinds@shadow"),
        (f"kinds@1#{'f' * 8}", f"its digest is {model.digest}"),
        ("@1", "names no model"),
    ):
        with pytest.raises(UsageError, match=told):
            store.models.get(reference)
    with pytest.raises(UsageError, match="cannot be called 'a b'"):
        add_model(store, folder, "a b")
    with pytest.raises(UsageError, match="kinds has a champion"):
        store.models.add(folder, "kinds", Learned(task="classification", format="json"), alias="champion")


def test_a_name_is_for_one_task_so_that_no_calibrator_becomes_the_challenger_of_a_classifier(store: Store, folder: Path) -> None:
    add_model(store, folder)
    with pytest.raises(UsageError, match=r"kinds is for classification, not for calibration\..*Give the new model another name"):
        store.models.add(folder, "kinds", Learned(task="calibration", format="json"))
    assert [model.version for model in store.models.list("kinds")] == [1]


def test_what_no_component_works_with_is_not_told_to_be_compared_on_examples(store: Store, folder: Path) -> None:
    add_model(store, folder)
    for _ in range(2):
        store.models.add(folder, "curves", Learned(task="calibration", format="json"))
    with pytest.raises(UsageError, match=r"examples do not measure a calibrator.*aios model show .* curves@1 and curves@2 tell"):
        store.models.promote("curves")


def test_a_challenger_is_promoted_when_it_does_no_worse_on_the_same_examples(store: Store, folder: Path) -> None:
    champion, challenger = add_model(store, folder, weights="one"), add_model(store, folder, weights="two")
    with pytest.raises(UsageError, match="Nobody knows whether kinds@2 does better than the champion kinds@1"):
        store.models.promote("kinds")
    evaluate(store, champion, 0.9, examples_digest="a" * 64)
    evaluate(store, challenger, 0.99, examples_digest="b" * 64)
    with pytest.raises(UsageError, match="Nobody knows"):
        store.models.promote("kinds")
    evaluate(store, challenger, 0.8, examples_digest="a" * 64)
    with pytest.raises(UsageError, match=r"kinds@2 does worse than the champion kinds@1: accuracy 0\.8000 against 0\.9000"):
        store.models.promote("kinds@challenger")
    forced = store.models.promote("kinds", force="the labels changed", by="ann")
    assert (forced.version, forced.replaced, forced.reason, forced.set_by) == (2, 1, "forced: the labels changed", "ann")
    with pytest.raises(UsageError, match="kinds@2 is the champion already"):
        store.models.promote("kinds")
    evaluate(store, challenger, 0.9, examples_digest="a" * 64)
    assert store.models.promote("kinds@1").reason.startswith("accuracy 0.9000 against 0.9000 of version 2")
    assert store.models.get("kinds").version == 1
    assert [each.value for each in store.models.evaluations(challenger)] == [0.9, 0.8, 0.99]


MOVES = st.lists(st.one_of(st.just("add"), st.integers(1, 3), st.just("rollback")), min_size=3, max_size=5)


def test_after_any_moves_the_champion_is_what_the_history_says(store: Store, folder: Path) -> None:
    """Adding changes no champion but the first, promoting sets one, and rolling back gives that which stood before, and so on."""
    names = (f"kinds{number}" for number in count())

    @settings(max_examples=3, deadline=None)
    @given(moves=MOVES)
    def law(moves: list[Any]) -> None:
        name, versions, stood = next(names), 1, [1]
        add_model(store, folder, name)
        for move in moves:
            if move == "add":
                versions += 1
                add_model(store, folder, name)
            elif move == "rollback" and len(stood) > 1:
                stood.pop()
                assert store.models.rollback(name).version == stood[-1]
            elif move == "rollback":
                with pytest.raises(UsageError, match="has stood for nothing before version 1"):
                    store.models.rollback(name)
            elif move <= versions and move != stood[-1]:
                stood.append(move)
                store.models.promote(f"{name}@{move}", force="a law")
        history = store.models.history(name, "champion")
        assert history[-1].version == stood[-1] == store.models.get(name).version
        assert [change.number for change in history] == list(range(1, len(history) + 1))
        assert [change.replaced for change in history] == [None, *(change.version for change in history[:-1])]

    law()


def _zip(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


PICKLES = {
    "weights.bin": pickle.dumps({"a": 1}),
    "old.dat": pickle.dumps(Path("x"), protocol=0),
    "packed.z": gzip.compress(pickle.dumps([1] * 9000)),
    "net.bin": _zip("archive/data.pkl", pickle.dumps({})),
    "arrays.npz": _zip("a.npy", b"\x93NUMPY\x01\x00\x46\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }" + b" " * 9),
    "model.joblib": b"whatever",
}


@pytest.mark.parametrize("name", PICKLES)
def test_pickles_are_refused_by_their_content_with_what_to_use_instead(store: Store, folder: Path, name: str) -> None:
    folder.mkdir()
    (folder / "model.json").write_text("{}")
    (folder / name).write_bytes(PICKLES[name])
    with pytest.raises(InputError, match=rf"The model's file {name}.*pickle.*safetensors"):
        store.models.add(folder, "kinds", Learned(task="t", format="x"))
    assert store.models.list() == ()


def test_what_only_begins_like_a_pickle_is_none(store: Store, folder: Path) -> None:
    folder.mkdir()
    for name, data in {
        "card.md": b"(c) Acme. Read this.",
        "words.txt": b"cat\ndog\n",
        "x.json": b"{}",
        "w.safetensors": (64).to_bytes(8, "little") + b'{"a":{"dtype":"F32"}}',
        "a.npz": _zip("a.npy", b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"),
        "x.txt": b"xylophone",
    }.items():
        (folder / name).write_bytes(data)
    assert len(store.models.files(store.models.add(folder, "kinds", Learned(task="t", format="x")))) == 6


def test_links_empty_folders_and_missing_ones_are_refused(store: Store, folder: Path) -> None:
    with pytest.raises(InputError, match="There is no folder"):
        store.models.add(folder, "kinds", Learned(task="t", format="x"))
    folder.mkdir()
    with pytest.raises(InputError, match="There are no files"):
        store.models.add(folder, "kinds", Learned(task="t", format="x"))
    (folder / "link").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="is a link"):
        store.models.add(folder, "kinds", Learned(task="t", format="x"))


def test_the_folder_of_a_model_is_made_from_its_blobs_and_again_where_somebody_changed_it(store: Store, folder: Path) -> None:
    folder.mkdir()
    (folder / "deep").mkdir()
    (folder / "deep" / "weights.json").write_text("[1]")
    (folder / "card.md").write_text("about")
    model = store.models.add(folder, "kinds", Learned(task="t", format="json"))
    place = store.models.folder(model)
    assert place == (store.path / "models" / model.digest).absolute()
    assert (place / "deep" / "weights.json").read_text() == "[1]"
    (place / "card.md").chmod(0o644)
    (place / "card.md").write_text("changed")
    assert (store.models.folder(model) / "card.md").read_text() == "about"
    assert [each.name for each in place.parent.iterdir()] == [model.digest]


def test_verify_names_the_model_of_which_a_bit_flipped_and_its_folder_is_not_made(store: Store, folder: Path) -> None:
    with store:
        model = add_model(store, folder, weights="[1, 2, 3]")
        (file,) = store.models.files(model)
    flip(store.blobs.path(file.blob), 9)
    (difference,) = verify(store.path).differences
    assert difference.model == "kinds@1 (weights.json)"
    assert "it is of the model kinds@1 (weights.json)" in difference.what
    assert "train the model again" in difference.fix
    with pytest.raises(StoreError, match="The files of kinds@1 are not those that were added"):
        Store(store.path).models.folder(model)
    assert list((store.path / "models").iterdir()) == []
    store.blobs.path(file.blob).unlink()
    (difference,) = verify(store.path).differences
    assert "of model kinds@1 (weights.json) is missing" in difference.what


def test_gc_keeps_the_files_of_models_and_removes_what_a_killed_process_began(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store:
        model = add_model(store, folder, weights="w" * 9)
        place = store.models.folder(model)
        unknown = store.blobs.put(b"of a model that was never recorded")
    begun = place.parent / ".abc.tmp"
    begun.mkdir()
    (begun / "weights.json").write_text("half")
    for path in store.path.rglob("*"):
        os.utime(path, (1, 1))
    assert gc(store.path, dry_run=True).blobs == 1
    collected = gc(store.path)
    assert (collected.blobs, collected.temporary) == (1, 1)
    assert not store.blobs.exists(unknown)
    assert not begun.exists()
    with Store(store.path) as opened:
        assert (opened.models.folder(opened.models.get("kinds")) / "weights.json").read_text() == "w" * 9


_KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from aios_sdk.store import Learned, Store, _models
store = Store(sys.argv[1])
if sys.argv[4] == "blobs":
    _models.models_lock = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
store.models.add(sys.argv[2], "kinds", Learned(task="t", format="json"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("when", ["blobs", "record"])
def test_who_is_killed_between_files_and_record_has_added_nothing_and_after_it_everything(store: Store, folder: Path, when: str) -> None:
    folder.mkdir()
    (folder / "weights.json").write_text("[1]")
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", _KILLED, store.path, folder, root, when], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert store.blobs.exists(digest(b"[1]"))
    assert [str(model) for model in store.models.list()] == ([] if when == "blobs" else ["kinds@1"])
    assert verify(store.path).holds
    model = store.models.add(folder, "kinds", Learned(task="t", format="json"))
    assert model.version == (1 if when == "blobs" else 2)


def _add(path: str, folder: str, count: int) -> None:
    with Store(path) as store:
        for _ in range(count):
            store.models.add(folder, "kinds", Learned(task="t", format="json"))


def test_processes_that_add_at_the_same_time_get_versions_of_their_own(store: Store, folder: Path) -> None:
    folder.mkdir()
    (folder / "weights.json").write_text("[1]")
    spawned = multiprocessing.get_context("spawn")
    others = [spawned.Process(target=_add, args=(str(store.path), str(folder), 2)) for _ in range(2)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert [model.version for model in store.models.list()] == [1, 2, 3, 4]
    assert [change.event for change in store.models.history("kinds", "challenger")] == ["set"] * 3


def test_a_rebuilt_database_has_the_models_and_an_export_those_that_were_used(store: Store, folder: Path, tmp_path: Path) -> None:
    with store:
        model = add_model(store, folder, examples=5)
        add_model(store, folder, "unused", weights="x")
        before = store.sql("from current_models").fetchall()
    rebuild(store.path)
    with Store(store.path) as opened:
        assert opened.sql("from current_models").fetchall() == before
        assert opened.models.get("kinds") == model
        use = ComponentUse(step="s", stage="classify", component="aios.lexical", models=(ModelUse("kinds", "kinds@1", model.digest),))
        recording = Recording(opened, uses=[use])
        recording.end(recording.step(recording.deliver("a"), "s", _labels(), stage="classify", component="aios.lexical"))
        run = recording.finish()
    export(store.path, tmp_path / "part", run=run)
    export(store.path, tmp_path / "prov.json", format="prov")
    for table in ("models", "model_files", "model_aliases", "current_models"):
        assert duckdb.connect().sql(f"select distinct name from '{tmp_path}/part/{table}.parquet'").fetchall() == [("kinds",)]
    nodes = json.loads((tmp_path / "prov.json").read_text())["@graph"]
    (node,) = [each for each in nodes if each.get("task") == "classification" and each["name"] == "kinds@1"]
    assert node["sha256"] == model.digest
    assert any(node["@id"] in each.get("used", ()) for each in nodes if each.get("kind") == "attempt")


def _labels() -> Classification:
    return Classification(labels=(Label(taxonomy="kind", value="bill"),))


def test_forgetting_a_document_names_the_models_that_were_trained_on_it(store: Store, folder: Path) -> None:
    with store:
        recording = Recording(store)
        for name in ("a", "b"):
            recording.end(recording.deliver(name, name.encode() * 20))
        recording.finish()
        contents = tuple(digest(name.encode() * 20) for name in ("a", "c"))
        model: Model = add_model(store, folder, content_ids=contents)
        assert store.models.trained_on(model, contents) == set(contents)
        assert store.sql("select trained_on from models").fetchall() == [(sorted(shortened(each) for each in contents),)]
        add_model(store, folder, weights="x")
    assert forget(store.path, "b", dry_run=True).models == ()
    (told,) = forget(store.path, "a").models
    assert (str(told), told.aliases, told.documents) == ("kinds@1", ("champion",), 1)
    with Store(store.path) as opened:
        assert opened.models.folder(opened.models.get("kinds")).is_dir()
