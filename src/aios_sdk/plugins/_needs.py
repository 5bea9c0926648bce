"""What plugins declare that they need beyond documents: network, secrets, programs, memory, a GPU; and in whose process they run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, final

import msgspec

from ._manifest import ComponentInfo, Isolation

Text = TypeVar("Text", bound=str)


@final
class Needs(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The declared needs of one component, or of several together: all hosts, secrets and programs, and the largest memory.

    They are what the author says. Nothing keeps code in the host's process to them.
    """

    network: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    memory_mb: int = 0
    gpu: bool = False
    isolation: tuple[Isolation, ...] = ()

    @classmethod
    def of(cls, infos: Iterable[ComponentInfo]) -> Needs:
        """What ``infos`` need together."""
        found = list(infos)
        return cls(
            network=_all(name for info in found for name in info.network),
            secrets=_all(name for info in found for name in info.secrets),
            programs=_all(name for info in found for name in info.programs),
            memory_mb=max((info.memory_mb for info in found), default=0),
            gpu=any(info.gpu for info in found),
            isolation=_all(info.isolation for info in found),
        )

    def __str__(self) -> str:
        said = [
            *(f"{word} {', '.join(names)}" for word, names in self._named() if names),
            *([f"{self.memory_mb:,} MiB"] if self.memory_mb else []),
            *(["GPU"] if self.gpu else []),
        ]
        return "; ".join(said) or "nothing"

    def _named(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return (("network", self.network), ("secret", self.secrets), ("program", self.programs))


def secret_name(declared: str) -> tuple[str, bool]:
    """The name of a declared secret, and whether it has to be there: ``ACME_KEY?`` is handed over where it is set, and not missed."""
    return declared.removesuffix("?"), not declared.endswith("?")


def _all(values: Iterable[Text]) -> tuple[Text, ...]:
    return tuple(sorted(set(values)))
