"""Examples and what is learnt from them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from aios_sdk import Example, Training
from aios_sdk.records import digest_folder, examples_digest


def test_examples_have_a_digest_of_what_they_teach_whatever_their_order() -> None:
    one = Example.of_text("a bill", "bill", source="Luna")
    letter = Example.of_text("a letter").document
    two = Example(document=letter, fields={"total": Decimal("9.50")})
    assert examples_digest([one, two]) == examples_digest([two, one])
    other = Example(document=letter, fields={"total": Decimal("9.51")})
    assert examples_digest([one, two]) != examples_digest([one, other])
    assert examples_digest([one]) != examples_digest([one, one])


def test_a_folder_has_a_digest_of_its_names_and_contents(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are no files"):
        digest_folder(tmp_path)
    (tmp_path / "a").write_text("one")
    first = digest_folder(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert digest_folder(tmp_path) != first
    (tmp_path / "b").rename(tmp_path / "a")
    assert digest_folder(tmp_path) == first


def test_a_training_names_its_task_and_the_format_of_its_files() -> None:
    with pytest.raises(ValueError, match="names the task"):
        Training(task="", format="json")
