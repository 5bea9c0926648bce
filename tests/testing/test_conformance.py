"""The kit in pytest: one test a law, which an author runs, chooses and reads like his own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from aios_sdk import ConfigurationError
from aios_sdk.testing import LAWS, conformance, fakes
from tests.conftest import REPOSITORY

PLUGIN = '''
"""Two components, one of which has a fault."""

import re

from aios_sdk import Document, Extraction, Field, Span, component, implements


def numbers(document):
    return tuple(
        Field(path="number", value=found[0], spans=(Span(
            artifact=page.reading.artifact, page=page.index, start=found.start(), end=found.end(), quote=found[0],
        ),))
        for page in document.pages if page.reading
        for found in re.finditer("[0-9]+", page.text)
    )


@component("acme.numbers", version="1", requires=["text"], provides=["fields"])
class Numbers:
    """Finds numbers."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=numbers(document))


@component("acme.careless", version="1", requires=["text"], provides=["fields"])
class Careless:
    """Finds numbers in texts that have a total, and falls over others."""

    @implements
    def extract(self, document: Document) -> Extraction:
        document.text.index("Total")
        return Extraction(fields=numbers(document))


@component("acme.chatty", version="1", requires=["text"], provides=["fields"])
class Chatty:
    """Finds numbers, and says so."""

    @implements
    def extract(self, document: Document) -> Extraction:
        print("numbers!")
        return Extraction(fields=numbers(document))
'''

TESTS = """
from acme import Careless, Chatty, Numbers

from aios_sdk.testing import conformance, samples

test_numbers = conformance(Numbers, tier="contract", examples=2, documents=lambda: [samples.text().document()])
test_careless = conformance(Careless, tier="contract", examples=20)
test_chatty = conformance(Chatty, tier="contract", examples=2, waivers={"prints-nothing": "the desk wants to hear of it"})
"""


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An author's folder with a plugin and its tests."""
    folder = tmp_path_factory.mktemp("author")
    (folder / "acme.py").write_text(dedent(PLUGIN))
    (folder / "test_acme.py").write_text(dedent(TESTS))
    return folder


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """pytest as the author runs it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIOS_", "PYTEST_", "COV_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-ra", "--color=no", *arguments],
        cwd=folder, env={**kept, "PYTHONPATH": str(REPOSITORY / "src"), "COLUMNS": "200", **environ},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def output(author: Path) -> str:
    """What pytest says to all three."""
    done = run(author, "-v")
    assert done.returncode == 1, done.stderr
    return done.stdout


def test_every_law_is_a_test_with_its_name(output: str):
    for law in ("loads", "spans-resolve", "close-lets-go"):
        assert f"test_acme.py::test_numbers[{law}] PASSED" in output


def test_laws_that_do_not_apply_to_what_is_declared_or_to_the_code_are_left_out(output: str):
    assert "test_numbers[refuses-unknown-settings]" not in output
    (asked,) = (mark.args[1] for mark in conformance(fakes.EchoNumbers).pytestmark)
    (of_others,) = (mark.args[1] for mark in conformance(fakes.EchoDigits).pytestmark)
    assert {"batch-of-one", "units-merge-to-the-whole"} <= set(asked)
    assert "batch-of-one" not in of_others
    assert "calls-at-once" not in asked


def test_what_only_looking_can_tell_is_skipped_with_the_reason(output: str):
    assert "test_acme.py::test_numbers[is-typed] SKIPPED" in output
    assert "not applicable: it is not installed; give its id instead of the class" in output


def test_one_fault_fails_one_test(output: str):
    failed = [line for line in output.splitlines() if line.startswith("FAILED")]
    assert [line.split()[1] for line in failed] == ["test_acme.py::test_careless[gives-a-result-or-refuses]"]
    assert "test_acme.py::test_careless[spans-resolve] SKIPPED" in output
    assert "not reached: gives-a-result-or-refuses is broken" in output


def test_a_failure_shows_the_law_the_fault_the_smallest_input_and_where_to_read_on(output: str):
    shown = output.partition("= FAILURES =")[2].partition("short test summary")[0]
    for line in (
        "gives-a-result-or-refuses: Whatever it is given, a component returns a result or raises one of the SDK's refusals.",
        "  it raised ValueError: substring not found; only the SDK's own refusals (Unsupported, Malformed ...) may leave a component",
        "  The smallest input that shows it:",
        "    page 0: ''",
        'document.text.index("Total")',
        "  What it means and what to do: aios plugin laws gives-a-result-or-refuses",
    ):
        assert line in shown
    assert "_certify.py" not in shown, "the kit's own frames are nobody's affair"


def test_a_waived_law_is_an_expected_failure_with_its_reason(output: str):
    assert "test_acme.py::test_chatty[prints-nothing] XFAIL (the desk wants to hear of it)" in output


def test_a_single_law_can_be_chosen(author: Path):
    done = run(author, "-k", "test_numbers and confidence-in-range")
    assert "1 passed" in done.stdout
    assert done.returncode == 0


def test_what_the_kit_wrote_goes_with_the_module_and_its_tests_can_run_again(tmp_path: Path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    (tmp_path / "test_1.py").write_text(
        "from aios_sdk.testing import conformance, fakes\n\ntest_echo = conformance(fakes.EchoText, examples=1)\n"
    )
    (tmp_path / "test_2.py").write_text(
        f"from pathlib import Path\n\ndef test_between():\n    assert not [*Path({str(temporary)!r}).glob('aios-kit-*')]\n"
    )
    (tmp_path / "test_3.py").write_text("from test_1 import test_echo\n")
    done = run(tmp_path, "-q", "-k", "prints-nothing or between", TMPDIR=str(temporary))
    assert "3 passed" in done.stdout, done.stdout
    assert not list(temporary.glob("aios-*"))


def test_a_component_that_is_not_there_fails_its_tests_and_not_their_collection(tmp_path: Path):
    (tmp_path / "test_gone.py").write_text('from aios_sdk.testing import conformance\n\ntest_gone = conformance("acme.gone")\n')
    done = run(tmp_path, "-q", "-x")
    assert done.returncode == 1
    assert "There is no component 'acme.gone'" in done.stdout


def test_a_waiver_of_an_unknown_law_is_an_error_at_once():
    with pytest.raises(ConfigurationError, match="spans-resolve"):
        conformance(fakes.EchoText, waivers={"spans-resolved": "why"})


def test_the_test_belongs_to_the_module_that_made_it():
    assert conformance(fakes.EchoText).__module__ == __name__


def test_every_law_can_be_chosen_by_its_name_alone():
    assert all(law == law.lower() and law.replace("-", "").isalnum() for law in LAWS)
