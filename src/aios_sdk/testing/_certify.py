"""Holding a component against the laws, in the order in which they rest on each other; and what came of it."""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, final

import msgspec

from aios_sdk import __version__
from aios_sdk.errors import AiosError, ConfigurationError, UsageError
from aios_sdk.plugins import Provided, Registry
from aios_sdk.records import Document, Source

from ._law import TIERS, Law, LawBroken, NotApplicable, Tier
from ._show import shown
from ._subject import LIMIT, Subject
from .laws import LAWS

#: What became of a law: it holds, is broken, is broken and waived, says nothing about this component, or was not asked because
#: one that it rests on is broken.
Status: TypeAlias = Literal["passed", "broken", "waived", "not applicable", "not reached"]

#: Generated inputs for each law, unless asked for more.
EXAMPLES: Final = 25


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one law; ``said`` is what is wrong or why it was not asked, ``example`` the smallest input that shows it, ``wall`` in
    seconds."""

    law: str
    tier: Tier
    status: Status
    said: str = ""
    example: str = ""
    details: str = ""
    wall: float = 0.0


@final
class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `certify` found about one component, for people (``str``) and for programs (``to_json``)."""

    component: str
    version: str
    sdk: str
    python: str
    seed: int
    examples: int
    verdicts: tuple[Verdict, ...]

    @property
    def ok(self) -> bool:
        """Whether no law is broken, other than those waived."""
        return self.broken is None

    @property
    def broken(self) -> Verdict | None:
        """The first law that is broken; those after it may be broken by the same fault."""
        return next((verdict for verdict in self.verdicts if verdict.status == "broken"), None)

    @property
    def tier(self) -> Tier | None:
        """The highest tier of which every law holds, together with all below it; None when not even the first does."""
        reached = None
        for tier in TIERS:
            mine = [verdict for verdict in self.verdicts if verdict.tier == tier]
            if not mine or any(verdict.status in ("broken", "not reached") for verdict in mine):
                break
            reached = tier
        return reached

    def counts(self) -> dict[Tier, dict[Status, int]]:
        """How many laws of each tier ended how."""
        found: dict[Tier, dict[Status, int]] = {}
        for verdict in self.verdicts:
            tier = found.setdefault(verdict.tier, {})
            tier[verdict.status] = tier.get(verdict.status, 0) + 1
        return found

    def to_json(self) -> bytes:
        """The report as JSON, with the counts of each tier and whether it is well."""
        facts = {**msgspec.to_builtins(self), "ok": self.ok, "tier": self.tier, "counts": self.counts()}
        return msgspec.json.format(msgspec.json.encode(facts), indent=2)

    def __str__(self) -> str:
        lines = [f"{self.component} {self.version}: {self._headline()}"]
        for tier, statuses in self.counts().items():
            lines.append(f"  {tier:<10} {', '.join(f'{count} {status}' for status, count in statuses.items())}")
        lines += [f"  {verdict.law} is waived: {verdict.said}" for verdict in self.verdicts if verdict.status == "waived"]
        if self.broken is not None:
            lines += ["", explained(self.broken)]
        return "\n".join(lines)

    def _headline(self) -> str:
        if self.broken is not None:
            return f"breaks {self.broken.law}"
        if self.tier is not None:
            return f"keeps every law up to the tier {self.tier}"
        return "keeps the laws that were asked" if self.verdicts else "no law was asked"


def explained(verdict: Verdict) -> str:
    """A broken law for its author: the law, what is wrong, the smallest input that shows it, and where to read on."""
    law = LAWS[verdict.law]
    parts = [f"{law.id}: {law.title}", "", f"  {verdict.said}"]
    if verdict.example:
        parts += ["", "  The smallest input that shows it:", *(f"    {line}" for line in verdict.example.splitlines())]
    if verdict.details:
        parts += ["", *(f"  {line}" for line in verdict.details.splitlines())]
    return "\n".join([*parts, "", f"  What it means and what to do: aios plugin laws {law.id}"])


class Trial:
    """One component before the laws: each is asked once, after those that it rests on."""

    def __init__(self, subject: Subject, waivers: Mapping[str, str]) -> None:
        self.subject: Final = subject
        self.waivers: Final = dict(waivers)
        self._verdicts: dict[str, Verdict] = {}
        check_waivers(waivers)

    def verdict(self, law: Law) -> Verdict:
        """What becomes of ``law``; asked at the first call."""
        found = self._verdicts.get(law.id)
        if found is None:
            begun = time.perf_counter()
            found = msgspec.structs.replace(self._judge(law), wall=round(time.perf_counter() - begun, 3))
            if found.status in ("broken", "waived"):
                # What a fault leaves behind in an instance must not break the laws after it.
                self.subject.cool()
            self._verdicts[law.id] = found
        return found

    def _judge(self, law: Law) -> Verdict:
        for other in law.after:
            before = self.verdict(LAWS[other])
            if before.status in ("broken", "not reached"):
                return Verdict(law=law.id, tier=law.tier, status="not reached", said=f"{other} is {before.status}")
        try:
            if reason := law.inapplicable(self.subject.info, self.subject.load):
                return self._settled(law, "not applicable", reason)
            law.check(self.subject)
        except NotApplicable as reason:
            return self._settled(law, "not applicable", str(reason))
        except LawBroken as broken:
            return self._blamed(law, broken)
        except AiosError as error:
            # What the component raises outside of calls, such as when it is made or opened.
            return self._broken(law, str(error), None, "")
        except Exception as error:  # noqa: BLE001 - a law that fails is shown as such, and never taken for a law that holds
            return self._broken(law, f"{type(error).__name__}: {error}", None, traceback.format_exc(limit=-4))
        return self._settled(law, "passed", "")

    def _blamed(self, law: Law, broken: LawBroken) -> Verdict:
        other = broken.law or law.id
        if other == law.id and law.id in self.waivers:
            return Verdict(law=law.id, tier=law.tier, status="waived", said=self.waivers[law.id])
        if other in self.waivers:
            # The fault that its author has waived shows again in another law, which says nothing then.
            return self._settled(law, "not applicable", f"{other} is waived, and broken here too")
        said = broken.said if other == law.id else f"{broken.said} (this breaks {other})"
        return self._broken(law, said, broken.example, broken.details)

    def _broken(self, law: Law, said: str, example: Any, details: str) -> Verdict:
        return Verdict(law=law.id, tier=law.tier, status="broken", said=said, example=shown(example), details=details)

    def _settled(self, law: Law, status: Status, said: str) -> Verdict:
        if law.id in self.waivers:
            return self._broken(
                law, f"It is waived ({self.waivers[law.id]!r}), but {said or 'the component keeps it'}", None, "Take the waiver out"
            )
        return Verdict(law=law.id, tier=law.tier, status=status, said=said)

    def report(self, laws: Sequence[Law]) -> Report:
        """The verdicts on ``laws``, in order."""
        info = self.subject.info
        return Report(
            component=info.id,
            version=self.subject.version,
            sdk=__version__,
            python=platform.python_version(),
            seed=self.subject.seed,
            examples=self.subject.examples,
            verdicts=tuple(self.verdict(law) for law in laws),
        )


def check_waivers(waivers: Mapping[str, str]) -> None:
    """Refuse waivers of laws that there are not, and those without a reason. Raises `ConfigurationError`."""
    from aios_sdk.plugins._names import near

    for id, reason in waivers.items():
        if id not in LAWS:
            raise ConfigurationError(f"There is no law {id!r} to waive", fix=near(id, LAWS) or "See `aios plugin laws`")
        if not reason.strip():
            raise ConfigurationError(f"The waiver of {id} has no reason", fix=f"Write {{{id!r}: 'why'}}")


def laws_up_to(tier: str) -> list[Law]:
    """The laws of ``tier`` and the tiers below it, in the order in which they are asked. Raises `UsageError` for another word."""
    if tier not in TIERS:
        raise UsageError(f"There is no tier {tier!r}", fix=f"Tiers are {', '.join(TIERS)}")
    wanted = TIERS[: TIERS.index(tier) + 1]
    return [law for law in LAWS.values() if law.tier in wanted]


def certify(
    target: Any,
    *,
    config: Mapping[str, Any] | None = None,
    given: Provided | None = None,
    documents: Sequence[Document] = (),
    sources: Sequence[Source] = (),
    files: Sequence[Path | str] = (),
    waivers: Mapping[str, str] | None = None,
    tier: Tier = "operation",
    laws: Sequence[str] = (),
    seed: int = 0,
    examples: int = EXAMPLES,
    limit: float = LIMIT,
    registry: Registry | None = None,
    told: Callable[[Verdict], None] | None = None,
) -> Report:
    """Hold a component (its id, or a class or function) against the laws up to ``tier``, or against ``laws`` by id.

    ``config`` is its configuration; ``given`` says which fields, labels and checks earlier steps provide where it relies on them;
    ``documents``, ``sources`` and ``files`` (which installed ingest components read, unless it ingests itself) are tried before anything
    else: at most ``examples`` of the kit's samples, and as many generated inputs for each law, from ``seed``; ``limit`` is how many
    seconds one call may take.
    ``waivers`` gives a reason for each law that is known to be broken; it covers that law alone, and must be needed.
    ``told`` is called with every verdict as it comes. Raises `UnknownComponent`, and `ConfigurationError` for wrong waivers. Example::

        report = certify("acme.invoice-ocr", config={"language": "deu"})
        assert report.ok, report
    """
    subject = Subject(
        target,
        config=config,
        given=given,
        documents=documents,
        sources=sources,
        files=files,
        registry=registry,
        seed=seed,
        examples=examples,
        limit=limit,
    )
    try:
        trial = Trial(subject, waivers or {})
        asked = [_law(id) for id in laws] or laws_up_to(tier)
        for law in asked:
            verdict = trial.verdict(law)
            if told is not None:
                told(verdict)
        return trial.report(asked)
    finally:
        subject.close()


def _law(id: str) -> Law:
    from aios_sdk.plugins._names import near

    if id not in LAWS:
        raise UsageError(f"There is no law {id!r}", fix=near(id, LAWS) or "See `aios plugin laws`")
    return LAWS[id]
