"""The tickets example learns 77 intents, sends most of its batch to the right team, and leaves the rest to a person."""

from __future__ import annotations

import csv
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from aios_sdk import Store

TICKETS = Path(__file__).resolve().parents[2] / "examples" / "tickets"


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ModuleType, dict[str, float], list[tuple[str, str, str]]]]:
    """The program, what it said of its training, and what became of each ticket."""
    folder = tmp_path_factory.mktemp("desk") / "tickets"
    shutil.copytree(TICKETS, folder, ignore=shutil.ignore_patterns("*.aios", "__pycache__"))
    specification = importlib.util.spec_from_file_location("tickets_example", folder / "tickets.py")
    assert specification is not None
    assert specification.loader is not None
    program = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(program)
    with Store(folder / "tickets.aios") as store:
        metrics = program.train(store)
        yield program, metrics, program.route(store)


def test_what_is_sent_on_is_mostly_right_and_the_rest_goes_to_a_person(batch) -> None:
    _, metrics, found = batch
    sent = [(truth, value) for truth, value, _ in found if value]
    assert len(found) == 308
    assert len(sent) > 150
    assert sum(truth == value for truth, value in sent) / len(sent) > 0.9 > metrics["accuracy"]
    assert all((destination == "desk") == (value == "") for _, value, destination in found)


def test_every_intent_has_a_team_and_every_team_a_route(batch) -> None:
    program, _, _ = batch
    with (TICKETS / "teams.csv").open(encoding="utf-8", newline="") as file:
        teams = {row["intent"]: row["team"] for row in csv.DictReader(file)}
    assert set(teams) == {label for name in ("queries.csv", "inbox.csv") for _, label in program.rows(name)}
    rules = (TICKETS / "tickets.rules.yaml").read_text(encoding="utf-8")
    assert all(f'to: {team}, when: \'lookup("teams", label("intent"), "team") == "{team}"\'' in rules for team in teams.values())


def test_no_query_of_the_batch_was_learnt(batch) -> None:
    program, _, _ = batch
    assert not {text for text, _ in program.rows("queries.csv")} & {text for text, _ in program.rows("inbox.csv")}
