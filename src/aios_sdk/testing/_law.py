"""What a law is: a sentence about components, a check that tells whether one keeps it, and where it stands among the others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from aios_sdk.plugins import ComponentInfo

if TYPE_CHECKING:
    from ._subject import Subject

#: What the laws of a tier are about: the code and each single call, the same work done differently, and life in operation.
Tier: TypeAlias = Literal["contract", "behaviour", "operation"]
TIERS: Final[tuple[Tier, ...]] = ("contract", "behaviour", "operation")

Check: TypeAlias = "Callable[[Subject], None]"


class LawBroken(AssertionError):
    """A component breaks a law; raised by the laws, never by components.

    Attributes:
        said: what is wrong, in one sentence; law: the law's id, filled in by the kit where the law leaves it out.
        example: the smallest input found that shows it, if it takes one; details: more lines, such as a diff.
    """

    def __init__(self, said: str, *, example: Any = None, law: str = "", details: str = "") -> None:
        super().__init__(said)
        self.said = said
        self.law = law
        self.example = example
        self.details = details


class NotApplicable(Exception):
    """Raised by a law that can only tell while it looks that it says nothing about a component; the text says why."""


class Law(NamedTuple):
    """One law.

    Attributes:
        id: its name, such as ``spans-resolve``; tier: to which it belongs; title: the law itself, one sentence.
        text: what it means, why it matters and what to do when it is broken.
        check: raises `LawBroken` for a component that breaks it.
        unless: why it does not apply to what a component declares, in a few words; empty where it does.
        lacking: the same of its code, class, function or instance, which is looked at where ``unless`` gives no reason.
        after: laws that must hold before this one says anything.
    """

    id: str
    tier: Tier
    title: str
    text: str
    check: Check
    unless: Callable[[ComponentInfo], str]
    lacking: Callable[[Any], str] | None
    after: tuple[str, ...]

    def inapplicable(self, info: ComponentInfo, load: Callable[[], Any]) -> str:
        """Why it does not apply to a component, whose code ``load`` gives if that has to be asked; empty where it does."""
        return self.unless(info) or (self.lacking(load()) if self.lacking else "")


#: Every law by its id, in the order in which they are run: those that others rest on come first.
LAWS: Final[dict[str, Law]] = {}


#: What every law of a higher tier rests on: with a component that breaks one of these, all comparisons of answers are in vain.
_FOUNDATION: Final = ("input-unchanged", "close-lets-go")


def law(
    tier: Tier,
    *,
    after: tuple[str, ...] = (),
    unless: Callable[[ComponentInfo], str] | None = None,
    lacking: Callable[[Any], str] | None = None,
) -> Callable[[Check], Check]:
    """Make a law of a check. Its id is the function's name with hyphens; its first docstring line is the law, the rest explains it."""
    rests = after if tier == "contract" else tuple(dict.fromkeys((*_FOUNDATION, *after)))

    def enter(check: Check) -> Check:
        title, _, text = (inspect.getdoc(check) or "").partition("\n")
        id = check.__name__.replace("_", "-")
        unknown = [other for other in rests if other not in LAWS]
        assert title, f"{id} has no docstring"
        assert text.strip(), f"{id} does not say what it means"
        assert id not in LAWS, f"{id} is there twice"
        assert not unknown, f"{id} rests on {unknown}"
        LAWS[id] = Law(id, tier, title, text.strip(), check, unless or (lambda _: ""), lacking, rests)
        return check

    return enter
