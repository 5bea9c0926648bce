"""One entry of ``allow`` or ``deny``: a name, a name with a range of versions, or a name with the digest of its files."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final, NamedTuple

from ._names import normalised_distribution
from ._versions import in_range, ranges

_RULE: Final = re.compile(r"(?P<name>[\w.*?-]+?)\s*(?:(?P<range>(?:[<>=~]|!=).*)|@\s*sha256:(?P<digest>[0-9a-fA-F]{64}))?", re.ASCII)


class Rule(NamedTuple):
    """An entry, parsed; ``text`` is what was written."""

    text: str
    name: str
    range: str = ""
    digest: str = ""

    def names(self, distribution: str, component: str = "") -> bool:
        """Whether it speaks of that distribution, in any spelling of its name, or of that component."""
        name = self.name.lower()
        folded = fnmatchcase(normalised_distribution(distribution), re.sub("[-_]+", "-", name))
        return folded or fnmatchcase(distribution.lower(), name) or fnmatchcase(component.lower(), name)

    def fits(self, version: str, digest: str) -> bool | None:
        """Whether that version, or those files, are meant; None where the version cannot be read."""
        if self.digest:
            return digest == self.digest
        try:
            return in_range(version, self.range) if self.range else True
        except ValueError:
            return None


@lru_cache(maxsize=1000)
def parse_rule(text: str) -> Rule:
    """The entry in ``text``. Raises ``ValueError`` saying what an entry looks like."""
    match = _RULE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no entry; write 'acme-ocr', 'acme-ocr>=1.2,<2', 'acme-ocr@sha256:...' or a component's id")
    ranges(match["range"] or "")
    return Rule(text.strip(), match["name"], match["range"] or "", (match["digest"] or "").lower())


def split_entries(text: str) -> tuple[str, ...]:
    """The entries of a list with commas, where a comma before a comparison belongs to its entry: ``a>=1,<2,b`` are two."""
    return tuple(filter(None, (part.strip() for part in re.split(r",(?!\s*(?:[<>=~]|!=))", text))))
