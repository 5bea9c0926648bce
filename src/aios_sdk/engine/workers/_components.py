"""The components that a worker has open."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import os
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

from ...errors import ContractError, PluginError, Unavailable
from ...plugins import Instance, Policy, Registry, secret_name
from ...stages import Resources
from ._board import Board
from ._memory import memory
from ._wire import Parcel

_log = logging.getLogger("aios.engine")


class Components:
    """Opened instances by the number of their parcel; each is made and opened when it is first needed, and kept."""

    def __init__(self, policy: Policy, board: Board, scratch: Path, threads: int) -> None:
        self._policy = policy
        self._board = board
        self._scratch = scratch
        self._threads = threads
        self._added = Registry(policy=policy)
        self._parcels: dict[int, Parcel] = {}
        self._made: dict[int, Instance] = {}
        self._open: dict[int, Instance] = {}

    @cached_property
    def _installed(self) -> Registry:
        # The parent has said already what is wrong with which plugin.
        logging.getLogger("aios.plugins").disabled = True
        return Registry.discover(self._policy)

    def learn(self, parcels: dict[int, Parcel]) -> None:
        """Take parcels by number."""
        self._parcels.update(parcels)

    def prepare(self, parcels: dict[int, Parcel]) -> None:
        """Take parcels, and make their components, since importing them takes longer than most take to open."""
        self.learn(parcels)
        for number, parcel in parcels.items():
            with contextlib.suppress(Exception, SystemExit), _to_stay():  # what is wrong is met again when it is to be opened
                self._made[number] = self._make(parcel)

    def __len__(self) -> int:
        return len(self._open)

    def id(self, number: int) -> str:
        """The id of the component with that number."""
        return self._parcels[number].id

    def get(self, number: int) -> Instance:
        """The opened component with that number. Raises whatever making or opening it raises, and tries again at the next call."""
        found = self._open.get(number)
        if found is None:
            with self._board.opening(number), _to_stay():
                parcel = self._parcels[number]
                found = self._made.pop(number, None) or self._make(parcel)
                scratch = Path(tempfile.mkdtemp(prefix="open-", dir=self._scratch))
                models = {reference: Path(folder) for reference, folder in parcel.models}
                secrets = secrets_of(parcel.id, found.info.secrets)
                found.open(Resources(scratch=scratch, threads=self._threads, models=models, secrets=secrets))
            self._open[number] = found
            self._board.hold(memory(os.getpid()))
        return found

    def _make(self, parcel: Parcel) -> Instance:
        registry = self._installed if parcel.installed else self._added
        if not parcel.installed and parcel.id not in registry.components:
            registry.add(_import(parcel))
        registry.load(parcel.id)  # asks the policy, before pickle imports its module
        try:
            config, scope, existing = pickle.loads(parcel.settings)
        except Exception as error:  # whatever __setstate__ of somebody's class raises
            raise ContractError(
                f"The settings of {parcel.id} cannot be read in a worker: {type(error).__name__}: {error}",
                fix="Put what they name into modules that can be imported, or declare the component isolation='inline'",
                component=parcel.id,
            ) from error
        if existing is not None:
            registry.add(existing)
        instance = registry.create(parcel.id, config)
        if parcel.code_digest and instance.code_digest != parcel.code_digest:
            raise PluginError(
                f"The code of {parcel.id} in the worker is not the code that the run began with",
                cause="It was upgraded meanwhile",
                fix="Run again",
                component=parcel.id,
            )
        instance.bind(scope, parcel.stage)
        return instance

    def close(self) -> None:
        """Close every component; what one raises is logged, and the others are closed all the same."""
        for instance in self._open.values():
            try:
                instance.close()
            except Exception:  # noqa: BLE001 - what is done is done
                _log.exception("closing %s failed", instance.info.id)
        self._open.clear()


def _import(parcel: Parcel) -> Any:
    module, _, name = parcel.object.partition(":")
    try:
        return reduce(getattr, name.split("."), importlib.import_module(module))
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{parcel.object} cannot be imported in a worker: {type(error).__name__}: {error}",
            cause="Workers import modules by their name; what runs as a program or is changed at run time is not there",
            fix="Put the component into a module of its own, or declare it isolation='inline'",
            component=parcel.id,
        ) from error


def secrets_of(component: str, names: Iterable[str]) -> dict[str, str]:
    """The secrets that a component declares, out of the environment; they are never recorded."""
    declared = dict(map(secret_name, names))
    missing = [name for name, needed in declared.items() if needed and name not in os.environ]
    if missing:
        raise Unavailable(
            f"{component} needs the secret {', '.join(missing)}",
            cause="There is no such environment variable",
            fix=f"export {missing[0]}=...",
            component=component,
        )
    return {name: os.environ[name] for name in declared if name in os.environ}


@contextlib.contextmanager
def _to_stay() -> Iterator[None]:
    """What is imported and made stays as long as the worker: Python's collector does not look at it, now or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
