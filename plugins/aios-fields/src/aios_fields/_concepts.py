"""What documents name in many ways: a thing, how its values are read, and its labels."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from ._words import label_key

#: How a text is read: a code with digits, a checked form, a currency, or what stands there; ``dated`` is the document's own date, ``party``
#: the name of a company or person, ``address`` the lines of one.
TextKind: TypeAlias = Literal[
    "identifier", "iban", "bic", "vat", "vin", "luhn", "email", "phone", "postcode", "currency", "dated", "party", "address", "text"
]


class Concept(NamedTuple):
    """Something that documents name in many ways: its ``labels``, and ``weak`` ones that could mean another thing; parted by semicolons.

    ``name`` is what the code calls it, where it does.
    """

    kind: TextKind
    labels: str
    weak: str = ""
    name: str = ""

    def label_keys(self) -> list[str]:
        """The labels as they are compared."""
        return _keys(self.labels)

    def weak_keys(self) -> list[str]:
        """The weak labels as they are compared."""
        return _keys(self.weak)


def _keys(labels: str) -> list[str]:
    return [label_key(label) for label in labels.split(";") if label.strip()]
