"""The components keep the laws of the conformance kit."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

import pytest

from aios_sdk.testing import conformance, samples

from .conftest import DOCX, RTF, docx_of, p
from .test_office_hostile import ole

DOCUMENT = docx_of(
    p("Claim 471102", "Heading1")
    + p("The car was hit.")
    + "<w:tbl>"
    + "".join(
        f"<w:tr><w:tc>{p(a)}</w:tc><w:tc>{p(b)}</w:tc></w:tr>" for a, b in (("Item", "Price"), ("Door", "1,204.50"), ("Lamp", "80.00"))
    )
    + "</w:tbl>",
    {"styles": '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'},
)
NOTE = rb"{\rtf1\ansi\ansicpg1252 Dear Sirs,\par the total is \'80 471,30.\par}"


def _sample(name: str, media_type: str, data: bytes) -> samples.Sample:
    return samples.Sample(name=name, media_type=media_type, data=data)


@pytest.fixture(scope="module", autouse=True)
def soffice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A program in the place of LibreOffice, which takes a gigabyte; it makes the same document of everything."""
    folder = tmp_path_factory.mktemp("programs")
    made, program = folder / "made.docx", folder / "soffice"
    made.write_bytes(DOCUMENT)
    program.write_text(f'#!/bin/sh\nwhile [ "$1" != --outdir ]; do shift; done\ncp {made} "$2/source.docx"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        yield


test_office = conformance(
    "aios.office", sources=[_sample("claim.docx", DOCX, DOCUMENT).source(), _sample("note.rtf", RTF, NOTE).source()], examples=2
)
test_soffice = conformance(
    "aios.soffice", tier="contract", sources=[_sample("old.doc", "application/msword", ole("WordDocument")).source()], examples=1
)
