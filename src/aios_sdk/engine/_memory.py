"""What was computed before: keys of everything that enters a result, and results recalled by them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, final

from msgspec.structs import replace

from ..plugins import Instance, Registry
from ..records import Document, Layers, Table, canonical, decode_layer, layers_digest
from ..stages import STAGE_VERSIONS
from ..store import Blobs, Memo
from ._choice import Candidate
from ._plan import PlannedComponent, PlannedStep
from ._verify import Gained

#: Layers in which a page can be drawn, so that the component which draws it enters the key.
_DRAWN = "pages"


@final
class Trace:
    """What a document is made of so far, by digest: the artifacts of each layer, and who ingested it; and the seconds that took."""

    __slots__ = ("artifacts", "ingested_by", "key", "members", "spent")

    def __init__(self, ingested_by: PlannedComponent | None = None) -> None:
        self.artifacts: dict[str, list[str]] = {}
        self.ingested_by = ingested_by
        self.members: str | None = None
        self.spent = 0.0
        #: Under which the whole document can be recalled; empty when it cannot.
        self.key = ""

    def add(self, gained: Gained) -> None:
        """A step added as much."""
        for layer, (_, artifact) in gained.contents.items():
            self.artifacts.setdefault(layer, []).append(artifact)


class Recalled(NamedTuple):
    """What a key led to: whether there was a result or nothing to do, what was said, for which document and step, and what it added."""

    is_result: bool
    message: str
    document_id: str
    step: str
    gained: Gained


class _Maker(NamedTuple):
    """What of a component enters its keys; ``why_not`` says why there can be none."""

    digest: str
    layers: tuple[str, ...]
    sees_pages: bool
    reads_name: bool
    reads_key: bool
    lasting: bool
    why_not: str


class Memory:
    """Keys and results for one run.

    Results of deterministic components hold in every run; those of others only until a run of their pipeline has completed, so that a run
    that was cut off goes on where it stopped. With ``fresh`` nothing is recalled.
    """

    def __init__(self, registry: Registry, memo: Memo, blobs: Blobs, *, cut_off: frozenset[str], fresh: bool) -> None:
        self._registry = registry
        self._memo = memo
        self._blobs = blobs
        self._cut_off = cut_off
        self._fresh = fresh
        self._makers: dict[int, _Maker] = {}
        self._drawers: dict[int, str] = {}

    def key(self, step: PlannedStep, candidate: Candidate, document: Document, trace: Trace) -> str:
        """The memo key of the candidate's result for the document (32 hexadecimal digits); empty when there can be none."""
        maker = self._maker(candidate.component)
        if maker.why_not or not step.memo:
            return ""
        parts = [maker.digest, document.media_type, document.content_id]
        for layer in maker.layers:
            parts.append(layer)
            parts += trace.artifacts.get(layer, ())
        if maker.sees_pages and trace.ingested_by is not None:
            parts.append(self._drawer(trace.ingested_by))
        if maker.reads_name:
            parts.append("name " + document.name)
        if maker.reads_key:
            parts.append("key " + document.key)
        if document.page_range is not None:
            parts.append("pages {}-{}".format(*document.page_range))
        if document.kind == "case":
            if trace.members is None:
                trace.members = _members(document)
            parts.append(trace.members)
        return key_of(document.content_id, parts)

    def recall(self, key: str, candidate: Candidate) -> Recalled | None:
        """What was recorded under ``key``, a result or that there was nothing to do; None when there is nothing that holds."""
        if self._fresh or not key:
            return None
        found = self._memo.find(key)
        if found is None or found.status not in ("ok", "unsupported"):
            return None
        if not self._maker(candidate.component).lasting and found.run_id not in self._cut_off:
            return None
        layers = {layer: decode_layer(layer, content) for layer, (content, _) in found.layers.items()}
        if "tables" in layers:
            tables = located(layers["tables"], self._blobs)
            if tables is None:
                return None
            layers["tables"] = tables
        return Recalled(found.status == "ok", found.message, found.document_id, found.step, Gained(Layers(**layers), found.layers))

    @property
    def is_fresh(self) -> bool:
        """Whether nothing is recalled."""
        return self._fresh

    def lasting(self, component: PlannedComponent) -> str:
        """A digest of what of a component enters its keys; empty when its results do not hold in every run, or cannot be kept."""
        maker = self._maker(component)
        return "" if maker.why_not or not maker.lasting else maker.digest

    def why_not(self, component: PlannedComponent) -> str:
        """Why results of a component cannot be kept; empty when they can."""
        return self._maker(component).why_not

    def _maker(self, component: PlannedComponent) -> _Maker:
        found = self._makers.get(id(component))
        if found is None:
            found = self._makers[id(component)] = self._known(component)
        return found

    def _known(self, component: PlannedComponent) -> _Maker:
        instance = self._registry.create(component.id, component.config)
        info = instance.info
        layers = tuple(dict.fromkeys(("pages", *info.requires, *info.uses))) if not info.requires else (*info.requires, *info.uses)
        return _Maker(
            digest=_digest_of(instance, component.stage, component),
            layers=tuple(sorted(set(layers))),
            sees_pages=_DRAWN in layers,
            reads_name="name" in info.reads,
            reads_key="key" in info.reads,
            lasting=bool(info.deterministic),
            why_not=instance.unkeyed,
        )

    def _drawer(self, component: PlannedComponent) -> str:
        found = self._drawers.get(id(component))
        if found is None:
            found = self._drawers[id(component)] = _digest_of(self._registry.create(component.id, component.config), "render", component)
        return found


def key_of(content_id: str, parts: Sequence[str]) -> str:
    """The key of a result that was made of some bytes and of all that ``parts`` say: 32 hexadecimal digits.

    Half of them are those that the hash of the bytes begins with. So what was made of the same bytes lies together in the index, and
    recording a document changes few places of it.
    """
    result = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return content_id[:16] + result[: 32 - len(content_id[:16])]


def located(tables: tuple[Table, ...], blobs: Blobs) -> tuple[Table, ...] | None:
    """The same tables with the places of their files; None when one of these is gone."""
    if not all(blobs.exists(table.artifact) for table in tables):
        return None
    return tuple(replace(table, location=str(blobs.path(table.artifact))) for table in tables)


def _digest_of(instance: Instance, stage: str, component: PlannedComponent) -> str:
    info = instance.info
    parts = [
        "memo 2",
        stage,
        str(STAGE_VERSIONS.get(stage, 1)),
        info.id,
        instance.version,
        instance.code_digest or "",
        instance.config_digest,
        info.model,
        *(model.use.digest for model in component.models),
        *([f"calibrated {component.calibration.use.digest}"] if component.calibration else []),
        info.unit,
        *(_program(name) for name in info.programs),
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _program(name: str) -> str:
    """What tells one installation of an external program from another: where it lies, how large it is and when it was changed."""
    found = shutil.which(name)
    if found is None:
        return f"{name}:missing"
    path = Path(os.path.realpath(found))
    status = path.stat()
    return f"{path}:{status.st_size}:{status.st_mtime_ns}"


def _members(case: Document) -> str:
    """The members of a case with all that its steps can see of them."""
    seen: list[Mapping[str, str]] = [
        {
            "id": member.document.id,
            "status": member.status,
            "duplicate_of": member.document.duplicate_of,
            "layers": layers_digest(member.document.layers, frozenset(member.document.layers.__struct_fields__)),
        }
        for member in case.members
    ]
    return hashlib.sha256(canonical(seen)).hexdigest()
