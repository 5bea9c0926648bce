"""The trained models of a store: adding versions, finding them, their files in a folder, and what their aliases stand for."""

from __future__ import annotations

import datetime as dt
import difflib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..errors import InputError, StoreError, UsageError
from ..records import canonical, digest, digest_folder
from ._blobs import Blobs
from ._files import sync_directory
from ._journal import Ticket
from ._locks import models_lock
from ._model import ALIAS, CHALLENGER, CHAMPION, MODELS, NAME, AliasChange, Evaluation, Learned, Model, ModelFile, shortened
from ._payloads import Row
from ._pickles import refuse_pickles
from ._rows import row
from ._user import user

if TYPE_CHECKING:
    import duckdb

_VERSIONS: Final = (
    "SELECT m.name, m.version, m.digest, m.task, m.format, m.component, m.component_version, m.code_digest, m.config, m.classes, "
    "m.metrics, m.examples, m.examples_digest, m.card, m.created_at, m.created_by, c.aliases "
    "FROM models m JOIN current_models c ON c.name = m.name AND c.version = m.version "
)
_REFERENCE: Final = re.compile(r"([^@#]+)(?:@([^@#]+))?(?:#([0-9a-f]+))?")


class Models:
    """The trained models of a store, as ``store.models``.

    A model is called ``name`` (its champion), ``name@3`` or ``name@challenger``; ``#`` and the beginning of its digest may follow, and must
    then be right. Versions and changes of aliases are never altered or removed. Example::

        model = store.models.add(folder, "kinds", Learned(task="classification", format="skops"))
        store.models.folder(store.models.get("kinds@champion"))
    """

    def __init__(
        self,
        directory: Path,
        blobs: Blobs,
        *,
        append: Callable[[Sequence[Row]], Ticket],
        ask: Callable[[str, Sequence[Any]], duckdb.DuckDBPyRelation],
        fold: Callable[[], object],
    ) -> None:
        self._directory = directory
        self._blobs = blobs
        self._append = append
        self._ask = ask
        self._fold = fold

    # -- finding ------------------------------------------------------------------------------------------------------

    def get(self, reference: str) -> Model:
        """The version that ``reference`` stands for now. Raises `UsageError` when there is none, naming what there is."""
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise UsageError(f"{reference!r} names no model", fix="Write name, name@3 or name@challenger")
        name, which, content = found[1], found[2] or CHAMPION, found[3] or ""
        model = self._version(name, which)
        if not model.digest.startswith(content):
            raise UsageError(
                f"{model} is not the model {reference!r}: its digest is {model.digest}",
                cause="The reference is of another store, or of another model of this name",
            )
        return model

    def list(self, name: str = "") -> tuple[Model, ...]:
        """All versions, or those of ``name``, by name and version."""
        rows = self._ask(_VERSIONS + "WHERE $1 IN ('', m.name) ORDER BY m.name, m.version", [name]).fetchall()
        return tuple(_model(row) for row in rows)

    def files(self, model: Model) -> tuple[ModelFile, ...]:
        """The files of a version, by path."""
        rows = self._ask("SELECT path, bytes, blob_id FROM model_files WHERE name = $1 AND version = $2 ORDER BY path", _of(model))
        return tuple(ModelFile(*each) for each in rows.fetchall())

    def history(self, name: str, alias: str = "") -> tuple[AliasChange, ...]:
        """What the aliases of ``name``, or one of them, stood for, from the first to the last."""
        rows = self._ask(
            "SELECT name, alias, change, version, replaced, event, reason, set_at, set_by FROM model_aliases "
            "WHERE name = $1 AND $2 IN ('', alias) ORDER BY set_at, alias, change",
            [name, alias],
        ).fetchall()
        return tuple(AliasChange(**dict(zip(AliasChange.__struct_fields__, each, strict=True))) for each in rows)

    def evaluations(self, model: Model) -> tuple[Evaluation, ...]:
        """What a version was measured to do, the latest first."""
        rows = self._ask(
            f"SELECT {', '.join(Evaluation.__struct_fields__)} FROM model_evaluations WHERE name = $1 AND version = $2 "
            "ORDER BY evaluated_at DESC",
            _of(model),
        ).fetchall()
        return tuple(_evaluation(each) for each in rows)

    def trained_on(self, model: Model, content_ids: Iterable[str]) -> frozenset[str]:
        """Those of ``content_ids`` whose documents were among its training data."""
        rows = self._ask("SELECT trained_on FROM models WHERE name = $1 AND version = $2", _of(model)).fetchall()
        known = set(rows[0][0])
        return frozenset(each for each in content_ids if shortened(each) in known)

    # -- adding -------------------------------------------------------------------------------------------------------

    def add(self, folder: str | os.PathLike[str], name: str, learned: Learned, *, alias: str = "", by: str = "") -> Model:
        """Record the files in ``folder`` as the next version of ``name``, and let ``alias`` stand for it.

        Without ``alias`` the first version becomes the champion, and others the challenger. Durable on return, all or nothing. Raises
        `InputError` for a folder without files, with links in it, or with a pickle, and `UsageError` for a name that cannot be one, that
        models for another task have, or where another champion stands.
        """
        source = Path(folder)
        if not NAME.fullmatch(name):
            raise UsageError(f"A model cannot be called {name!r}", fix="Take letters, digits, '-', '_' and '.', such as document-kind")
        paths = _files_in(source)
        refuse_pickles(source, paths)
        files = [
            ModelFile(path, (source / path).stat().st_size, self._blobs.put_file(source / path)) for path in paths
        ]  # before the rows that refer to them
        content = digest(canonical(sorted((file.path, file.bytes, file.blob) for file in files)))
        with self._changing():
            before = self.list(name)
            if before and before[0].task != learned.task:
                raise UsageError(
                    f"{name} is for {before[0].task}, not for {learned.task}",
                    cause="Steps that name it would break when such a version is promoted",
                    fix="Give the new model another name",
                )
            version = before[-1].version + 1 if before else 1
            alias = alias or (CHALLENGER if before else CHAMPION)
            if alias == CHAMPION and before:
                raise UsageError(f"{name} has a champion", fix=f"Add it as the {CHALLENGER}, evaluate it, and promote it")
            now, who = dt.datetime.now(dt.UTC), by or user()
            rows = [
                row(
                    "models",
                    name,
                    version,
                    content,
                    learned.task,
                    learned.format,
                    learned.component,
                    learned.component_version,
                    learned.code_digest,
                    canonical(learned.config).decode(),
                    list(learned.classes),
                    canonical(learned.metrics).decode(),
                    learned.examples,
                    learned.examples_digest,
                    sorted({shortened(each) for each in learned.content_ids}),
                    learned.card,
                    now,
                    who,
                ),
                *(row("model_files", name, version, *file) for file in files),
                _row_of(self._change(name, alias, version, reason="added", now=now, by=who)),
            ]
            self._append(rows).wait()
        return self.get(f"{name}@{version}")

    def record(self, evaluation: Evaluation) -> None:
        """Record what a version was measured to do."""
        told = msgspec.structs.astuple(evaluation)
        self._append([row("model_evaluations", *told[:-1], canonical(evaluation.metrics).decode())]).wait()

    # -- what aliases stand for ---------------------------------------------------------------------------------------

    def promote(self, reference: str, *, force: str = "", by: str = "") -> AliasChange:
        """Let ``champion`` stand for the version of ``reference`` (``name`` alone: its challenger).

        It must have done at least as well as the champion on the same examples, at the latest evaluation that both have in common. Raises
        `UsageError` where it did worse, or nobody knows; ``force`` says why it is done all the same, and is recorded.
        """
        wanted = self.get(reference if "@" in reference else f"{reference}@{CHALLENGER}")
        with self._changing():
            champion = self.get(wanted.name)
            if champion.version == wanted.version:
                raise UsageError(f"{wanted} is the champion already", fix=f"aios model list {self._directory} shows what there is")
            reason = f"forced: {force}" if force else self._why(champion, wanted)
            return self._set(wanted.name, CHAMPION, wanted.version, reason=reason, by=by)

    def rollback(self, name: str, *, alias: str = CHAMPION, reason: str = "", by: str = "") -> AliasChange:
        """Let ``alias`` stand for what it stood for before it was last set; again, for what was before that.

        Raises `UsageError` when there is nothing before.
        """
        with self._changing():
            stack = _stack(self.history(name, alias))
            if len(stack) < 2:
                self._version(name, alias)  # which says what is wrong with a name that is unknown
                raise UsageError(f"{name}@{alias} has stood for nothing before version {stack[-1]}")
            return self._set(name, alias, stack[-2], event="rolled_back", reason=reason, by=by)

    def _set(self, name: str, alias: str, version: int, *, event: str = "set", reason: str, by: str) -> AliasChange:
        change = self._change(name, alias, version, event=event, reason=reason, now=dt.datetime.now(dt.UTC), by=by or user())
        self._append([_row_of(change)]).wait()
        return change

    def _change(self, name: str, alias: str, version: int, *, event: str = "set", reason: str, now: dt.datetime, by: str) -> AliasChange:
        """The next change of an alias."""
        if not ALIAS.fullmatch(alias):
            raise UsageError(f"An alias cannot be called {alias!r}", fix=f"Take small letters, such as {CHALLENGER}")
        before = self.history(name, alias)
        return AliasChange(
            name=name,
            alias=alias,
            number=len(before) + 1,
            version=version,
            replaced=before[-1].version if before else None,
            event=event,
            reason=reason,
            set_at=now,
            set_by=by,
        )

    def _why(self, champion: Model, wanted: Model) -> str:
        """Why ``wanted`` may take the champion's place."""
        compare = f"aios model compare {self._directory} {champion} {wanted} --examples FILE, then promote it"
        of_champion = {(each.examples_digest, each.measure): each for each in reversed(self.evaluations(champion))}
        for own in self.evaluations(wanted):
            other = of_champion.get((own.examples_digest, own.measure))
            if other is not None:
                told = f"{own.measure} {own.value:.4f} against {other.value:.4f} of version {champion.version} on {own.examples} examples"
                if own.value < other.value:
                    raise UsageError(
                        f"{wanted} does worse than the champion {champion}: {told}",
                        fix="Train another one; or give --force with the reason, which is recorded",
                    )
                return told
        if not wanted.component:  # a calibrator
            raise UsageError(
                f"Nobody knows whether {wanted} does better than the champion {champion}: examples do not measure a calibrator",
                fix=f"Compare what aios model show {self._directory} {champion} and {wanted} tell, and give --force with the reason, "
                "which is recorded",
            )
        raise UsageError(
            f"Nobody knows whether {wanted} does better than the champion {champion}: no evaluation has both on the same examples",
            fix=f"{compare}; or give --force with the reason, which is recorded",
        )

    # -- their files --------------------------------------------------------------------------------------------------

    def folder(self, model: Model) -> Path:
        """A folder with the model's files, checked against its digest; they are not to be changed.

        Raises `StoreError` when a file of it is damaged or missing.
        """
        place = self._directory / MODELS / model.digest
        if _is(place, model.digest):
            return place.absolute()
        made = self._materialised(model)
        try:
            made.rename(place)
        except OSError:  # something is there: of somebody who was quicker, or damaged
            if _is(place, model.digest):
                shutil.rmtree(made)
            else:
                broken = made.with_name(f"{made.name}.old")
                place.rename(broken)
                made.rename(place)
                shutil.rmtree(broken)
        sync_directory(place.parent)
        return place.absolute()

    def _materialised(self, model: Model) -> Path:
        """The files of a model in a folder of a name of its own."""
        (self._directory / MODELS).mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=self._directory / MODELS))
        try:
            for file in self.files(model):
                path = PurePosixPath(file.path)
                if path.is_absolute() or ".." in path.parts:
                    raise StoreError(f"{model} has a file {file.path!r} outside of its folder", cause="Its records were tampered with")
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._blobs.path(file.blob), target)
                target.chmod(0o444)
            if not _is(folder, model.digest):
                raise StoreError(
                    f"The files of {model} are not those that were added",
                    cause="A disk or another program changed a blob of the store",
                    fix=f"aios store verify {self._directory} names it; copy that file from a backup, or train the model again",
                )
            folder.chmod(0o755)
        except BaseException:
            shutil.rmtree(folder)
            raise
        return folder

    # -- within -------------------------------------------------------------------------------------------------------

    def _version(self, name: str, which: str) -> Model:
        found = self.list(name)
        for model in found:
            if which in model.aliases or which == str(model.version):
                return model
        if found:
            aliases = [f"@{alias}" for model in found for alias in model.aliases]
            versions = f"versions 1 to {len(found)}" if len(found) > 1 else "version 1"
            raise UsageError(f"The store has no model {name}@{which}", fix=f"Of {name} there are {versions}, and {', '.join(aliases)}")
        names = sorted({model.name for model in self.list()})
        near = difflib.get_close_matches(name, names, 1)
        there = f"There are {', '.join(names)}" if names else "There is none yet: aios model train STORE NAME --component ... adds one"
        raise UsageError(
            f"The store {str(self._directory)!r} has no model {name!r}", fix=f"Did you mean {near[0]!r}? {there}" if near else there
        )

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Within it nobody else adds versions or changes aliases, and all that anybody did before is known."""
        with models_lock(self._directory, 10.0):
            self._fold()
            yield


def _files_in(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        raise InputError(f"There is no folder {str(folder)!r}", fix="Give the folder with the model's files")
    paths = sorted(folder.rglob("*"))
    links = [path for path in paths if path.is_symlink()]
    if links:
        raise InputError(f"{links[0]} is a link", cause="A model is kept whole, with the bytes of each file", fix="Put the file there")
    files = tuple(path.relative_to(folder).as_posix() for path in paths if path.is_file())
    if not files:
        raise InputError(f"There are no files in {str(folder)!r}", fix="Give the folder with the model's files")
    return files


def _stack(history: Sequence[AliasChange]) -> list[int]:
    """What an alias stands for, behind what it would be rolled back to."""
    stack: list[int] = []
    for change in sorted(history, key=lambda each: each.number):
        if change.event == "rolled_back":
            stack.pop()
        else:
            stack.append(change.version)
    return stack


def _is(folder: Path, content: str) -> bool:
    """Whether the files in ``folder`` are those of that digest."""
    try:
        return digest_folder(folder) == content
    except (ValueError, OSError):
        return False


def _row_of(change: AliasChange) -> Row:
    return row("model_aliases", *msgspec.structs.astuple(change))


def _of(model: Model) -> list[Any]:
    return [model.name, model.version]


def _model(values: Sequence[Any]) -> Model:
    facts = dict(zip(Model.__struct_fields__, values, strict=True))
    return msgspec.convert({**facts, **{name: msgspec.json.decode(facts[name]) for name in ("config", "metrics")}}, Model)


def _evaluation(values: Sequence[Any]) -> Evaluation:
    facts = dict(zip(Evaluation.__struct_fields__, values, strict=True))
    return Evaluation(**{**facts, "metrics": msgspec.json.decode(facts["metrics"])})
