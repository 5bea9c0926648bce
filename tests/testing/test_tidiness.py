"""The kit and the tools for tests leave nothing among the temporary files of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: The law on bombs asks the component in a process of its own, which ends by `os._exit`.
_CERTIFIES = """
from aios_sdk.testing import certify
[verdict] = certify("aios.xml", laws=["bomb"]).verdicts
assert verdict.status == "passed", verdict
"""

_FORKS = """
from multiprocessing import get_context
from aios_sdk.testing import fakes
{first}
child = get_context("fork").Process(target=lambda: (fakes.context().scratch / "file").touch())
child.start()
child.join()
assert child.exitcode == 0
"""


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(_CERTIFIES, id="certifying"),
        pytest.param(_FORKS.format(first=""), id="a forked child"),
        pytest.param(_FORKS.format(first="fakes.context()"), id="both"),
    ],
)
def test_nothing_is_left_among_temporary_files(tmp_path: Path, program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("aios-")]
