"""The reader notices what is wrong with a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from ._pages import blocks
from ._running import Reader


def _read(page: Path, text: str) -> None:
    page.write_text(text, encoding="utf-8")
    reader = Reader(page, page.parent)
    for block in blocks(page):
        reader.read(block)


def test_output_that_is_as_shown_passes_and_three_dots_stand_for_anything(desk: Path) -> None:
    _read(desk / "page.md", "```python\nprint('one'); print('two'); print('three')\n```\n\n```text\none\n...\nthree\n```\n")


def test_blocks_share_a_namespace_and_files_are_written(desk: Path) -> None:
    _read(desk / "page.md", "```python\n# written.py\nvalue = 7\n```\n\n```python\nfrom written import value\n```\n\n```python\nassert value == 7\n```\n")


@pytest.mark.parametrize("text", [
    "```python\nprint(1)\n```\n\n```text\n2\n```\n",
    "```python\nassert 1 == 2\n```\n",
    "```python no-run\nprint(1)\n```\n",
    "```bash\nls\n```\n",
    "```console\n$ make no-such-target\n```\n",
    "```console\n$ pip install aios-no-such-plugin\n```\n",
    "```console\n$ rm -r .\n```\n",
    "```console\n$ cat no-such-file\n```\n",
    "```console\n$ cat no-such-file\n$ echo $?\n0\n```\n",
    "```console\n$ ls examples\nother\n```\n",
    "```sql\nselect 1\n```\n",
], ids=["output", "assertion", "no reason", "language", "target", "distribution", "command", "exit code", "other exit code", "console", "no store"])
def test_what_is_not_as_the_page_says_fails(desk: Path, text: str) -> None:
    with pytest.raises(AssertionError):
        _read(desk / "page.md", text)


def test_a_pipeline_in_yaml_that_does_not_read_fails(desk: Path) -> None:
    with pytest.raises(Exception, match="no option|no key|step 2"):
        _read(desk / "page.md", "```yaml\npipeline: p\nsteps:\n  - ingest\n  - extract: fields\n    timout: 3\n```\n")
