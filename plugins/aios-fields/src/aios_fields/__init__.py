"""Values for the fields of a pydantic model, found in documents by their labels; and types for identifiers with check digits."""

from ._component import Fields
from ._identifiers import Address, CardNumber, Iban, Luhn, VatId, Vin

__all__ = ["Address", "CardNumber", "Fields", "Iban", "Luhn", "VatId", "Vin"]
