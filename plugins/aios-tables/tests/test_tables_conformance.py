"""The component keeps the laws of the conformance kit."""

from __future__ import annotations

from aios_sdk.testing import conformance, samples

#: As Excel writes it in Germany, with what is easily taken for another type.
GERMAN = "Datum;Betrag;PLZ;Bezahlt\r\n14.03.2026;1.471,30;01067;ja\r\n15.03.2026;-0,50;79098;nein\r\n;;;\r\n".encode("cp1252")
POLISH = "nazwisko;miasto\nŁukasz Żak;Łódź\nJan Kowalski;Kraków\n".encode("cp1250")


def _csv(data: bytes) -> samples.Sample:
    return samples.Sample(name="list.csv", media_type="text/csv", data=data)


test_tables = conformance("aios.tables", sources=[_csv(GERMAN).source()], examples=5)
test_polish_tables = conformance("aios.tables", config={"encoding": "cp1250"}, sources=[_csv(POLISH).source()], tier="contract", examples=3)
