"""The reader notices what is wrong with a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from aios_sdk import PipelineError

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
    parts = ("# written.py\nvalue = 7", "from written import value", "assert value == 7")
    _read(desk / "page.md", "\n".join(f"```python\n{part}\n```\n" for part in parts))


_WRONG = {
    "other output": "```python\nprint(1)\n```\n\n```text\n2\n```\n",
    "failed assertion": "```python\nassert 1 == 2\n```\n",
    "not run without a reason": "```python no-run\nprint(1)\n```\n",
    "unknown language": "```bash\nls\n```\n",
    "no such target": "```console\n$ make no-such-target\n```\n",
    "no such distribution": "```console\n$ pip install aios-no-such-plugin\n```\n",
    "a command that is not for readers": "```console\n$ rm -r .\n```\n",
    "exit code not shown": "```console\n$ cat no-such-file\n```\n",
    "another exit code": "```console\n$ cat no-such-file\n$ echo $?\n0\n```\n",
    "other console output": "```console\n$ ls examples\nother\n```\n",
    "no store": "```sql\nselect 1\n```\n",
}


@pytest.mark.parametrize("text", _WRONG.values(), ids=_WRONG)
def test_what_is_not_as_the_page_says_fails(desk: Path, text: str) -> None:
    with pytest.raises(AssertionError):
        _read(desk / "page.md", text)


def test_a_pipeline_in_yaml_that_does_not_read_fails(desk: Path) -> None:
    with pytest.raises(PipelineError, match="there is no key 'timout'"):
        _read(desk / "page.md", "```yaml\npipeline: p\nsteps:\n  - ingest\n  - extract: fields\n    timout: 3\n```\n")
