"""Adapters: what was written for an older version of a stage goes on working, for as long as its adapter stays.

Who breaks a stage raises its number in `STAGE_VERSIONS` and registers the adapter from the number before in `ADAPTERS`, for example
when ``document`` becomes ``doc`` in version 2 of route::

    class Route1:
        @specification
        def route(self, document: Document, context: Context) -> Route: ...

        @specification
        def route_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Route | StepError]: ...

    def route_1_to_2(old: Implementation) -> Implementation:
        if old.stage == "route_batch":
            return old
        return old.behind(("doc", "context"), lambda given: {"document": given["doc"], "context": given["context"]})

    ADAPTERS = {("route", 1): Adapter(Route1, route_1_to_2, DEPRECATIONS["AIOS-D001"])}
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

import pluggy

from aios_sdk.deprecations import AiosDeprecation
from aios_sdk.errors import PluginError
from aios_sdk.stages import STAGE_VERSIONS, STAGES, Stage, Stages

if TYPE_CHECKING:
    from ._instance import Implementation

#: Marks the hooks of an older version.
specification: Final = pluggy.HookspecMarker("aios")


@final
class Adapter(NamedTuple):
    """How the host calls what was written for one version of a stage as if it were written for the next.

    Attributes:
        specification: a class with the stage's hooks as that version had them, its companions among them; `Stages` itself if they are
            the same and only their meaning changed.
        wrap: makes an implementation of the next version out of one of this version; called for the stage's own hook and for each
            companion, which ``Implementation.stage`` tells apart.
        deprecation: what is said when a component of that version is loaded.
    """

    specification: type
    wrap: Callable[[Implementation], Implementation]
    deprecation: AiosDeprecation


#: By stage and the version that is adapted to the next.
ADAPTERS: Final[dict[tuple[Stage, int], Adapter]] = {}


def check_version(stage: Stage, version: int, plugin: str) -> None:
    """Raises `PluginError` with the next step when ``plugin`` implements a ``version`` of ``stage`` that is neither the host's nor
    adapted to it."""
    current = STAGE_VERSIONS[stage]
    if version > current:
        raise PluginError(
            f"It implements version {version} of {stage}; this SDK has {current}",
            cause="The plugin was built for a newer aios-sdk",
            fix=f"Run `pip install --upgrade aios-sdk`, or install an older release of {plugin}",
        )
    oldest = current
    while (stage, oldest - 1) in ADAPTERS:
        oldest -= 1
    if version < oldest:
        raise PluginError(
            f"It implements version {version} of {stage}; this SDK has {current}"
            + (f" and still adapts version {oldest}" if oldest < current else ""),
            cause="The plugin was built for an older aios-sdk",
            fix=f"Run `pip install --upgrade {plugin}`, or install the release of aios-sdk that it was built for",
        )


#: Hooks that are not called as the stage they belong to.
_COMPANIONS: Final[Mapping[str, Stage]] = {"render": "ingest", "train": "classify"}


def stage_of(hook: str) -> Stage:
    """The stage that a hook is or belongs to: ``extract`` for ``extract_batch``, ``ingest`` for ``render``, ``classify`` for ``train``."""
    return _COMPANIONS[hook] if hook in _COMPANIONS else next(stage for stage in STAGES if stage == hook.partition("_")[0])


def hooks_of(specification: type) -> dict[str, Callable[..., Any]]:
    """The hooks that a class specifies, by name."""
    return {name: hook for name, hook in vars(specification).items() if not name.startswith("_")}


def outdated(contract: Mapping[Stage, int]) -> dict[Stage, int]:
    """Those stages of a manifest's ``contract`` whose version is older than the host's."""
    return {stage: version for stage, version in contract.items() if version < STAGE_VERSIONS[stage]}


def specification_of(old: Mapping[Stage, int]) -> type:
    """The hooks of the contract, with those of the ``old`` stages as these versions had them."""
    if not old:
        return Stages
    hooks = {name: hook for name, hook in hooks_of(Stages).items() if stage_of(name) not in old}
    for stage, version in old.items():
        earlier = hooks_of(ADAPTERS[stage, version].specification)
        hooks |= {name: hook for name, hook in earlier.items() if stage_of(name) == stage}
    return type("Stages", (), hooks)


def adapted(implementation: Implementation, stage: Stage, version: int) -> Implementation:
    """An implementation of the host's version of ``stage`` out of one of ``version``, through each version between."""
    for number in range(version, STAGE_VERSIONS[stage]):
        implementation = ADAPTERS[stage, number].wrap(implementation)
    return implementation


def warn_of_older(older: Mapping[Stage, int], about: str, place: str) -> None:
    """Give the `AiosDeprecation` of each version in ``older`` to whoever listens; ``about`` says whose code it is, ``place`` where."""
    for stage, version in older.items():
        # The place is the component's and not the caller's, so that each component is told of once.
        warnings.warn_explicit(ADAPTERS[stage, version].deprecation.concerning(about), AiosDeprecation, filename=place, lineno=1)
