"""Legacy files: LibreOffice is asked for, started with nothing of the user's, and ended.

LibreOffice takes a gigabyte, so a program of its name stands in for it: it is started, answers, hangs and fails as LibreOffice does.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from aios_office import Soffice

from aios_sdk import Context, DeadlineExceeded, Resources, Source, StepError, Unavailable

from .conftest import docx_of, p
from .test_office_hostile import ole

DOC, PPT = "application/msword", "application/vnd.ms-powerpoint"


@pytest.fixture
def soffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a shell script on the PATH under the name of the program; it finds ``$made``, ``$out`` and ``$profile``."""
    made = tmp_path / "made.docx"
    made.write_bytes(docx_of(p("from an old file")))
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    def put(script: str) -> None:
        program = folder / "soffice"
        program.write_text(
            f'#!/bin/sh\nmade={made}\nfor each in "$@"; do case "$each" in -env:UserInstallation=file://*) '
            f'profile="${{each#*file://}}";; esac; done\n'
            f'while [ "$1" != --outdir ]; do shift; done\nout="$2"\n{script}\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return put


def test_without_the_program_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="apt install libreoffice"):
        Soffice(Soffice.Config()).open(Resources(scratch=tmp_path))


def test_an_old_file_is_read_as_the_new_one_that_comes_of_it(read, soffice):
    soffice('cp "$made" "$out/source.docx"')
    assert read(ole("WordDocument"), DOC, Soffice).outline == [("paragraph", "from an old file")]


def test_it_runs_in_a_profile_of_its_own_without_macros_links_and_network(read, soffice):
    soffice(
        'grep -q DisableMacrosExecution "$profile/user/registrymodifications.xcu" && grep -q ooInetHTTPSProxyName '
        '"$profile/user/registrymodifications.xcu" '
        '&& [ "$HOME" = "$(dirname "$profile")" ] && cp "$made" "$out/source.docx"'
    )
    assert read(ole("WordDocument"), DOC, Soffice).text == "from an old file\n"


def test_a_file_that_libreoffice_cannot_load_is_malformed(read, soffice):
    soffice('echo "Error: source file could not be loaded"')
    assert read(ole("PowerPoint Document"), PPT, Soffice).error.category == "malformed"


def test_a_crash_of_the_program_is_no_fault_of_the_document(read, soffice):
    soffice("echo out of memory; exit 77")
    error = read(ole("WordDocument"), DOC, Soffice).error
    assert type(error) is StepError
    assert "out of memory" in str(error)


def test_it_is_ended_at_the_deadline(soffice, tmp_path):
    import time

    soffice('echo $$ > "$out/pid"; exec sleep 60')
    context = Context(run="", step="", scratch=tmp_path, deadline=time.monotonic() + 0.5)
    source = Source(name="old.doc", data=ole("WordDocument"), media_type=DOC)
    with pytest.raises(DeadlineExceeded):
        list(Soffice(Soffice.Config()).ingest(source, context))
    assert not Path(f"/proc/{(tmp_path / 'converted' / 'pid').read_text().strip()}").exists()


def test_a_file_with_a_password_is_encrypted_and_starts_nothing(read, soffice):
    soffice("exit 1")
    assert read(ole("PowerPoint Document", "EncryptedSummary"), PPT, Soffice).error.category == "encrypted"
