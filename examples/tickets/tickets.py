"""Tickets of a bank's customers, from training to a routed batch: 77 intents, and a person where the classifier is not sure."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from aios_sdk import Example, Pipeline, Source, Store, learning

HERE = Path(__file__).resolve().parent


def rows(name: str) -> list[tuple[str, str]]:
    """The texts and labels of a file."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def train(store: Store) -> dict[str, float]:
    """Learn from the queries; the store keeps the model, the first as the champion. Gives how good it is on queries held out."""
    examples = [Example.of_text(text, label) for text, label in rows("queries.csv")]
    return dict(learning.train(store, "intents", "lexical", examples, config={"taxonomy": "intent"}).metrics)


def route(store: Store) -> list[tuple[str, str, str]]:
    """Send the batch on: of each ticket its true intent, the one that was found (empty where it abstained) and where it goes."""
    inbox = {f"{number:03}.txt": (text, label) for number, (text, label) in enumerate(rows("inbox.csv"))}
    sources = [Source(name=name, key=name, data=text.encode()) for name, (text, _) in inbox.items()]
    found = []
    for outcome in Pipeline.from_yaml(HERE / "tickets.yaml").run(sources, store=store, progress=False):
        document, decision = outcome.document, outcome.route
        found.append((inbox[document.name][1], str(document.labels["intent"].value or ""), decision.destination if decision else ""))
    return found


def main() -> None:
    """Train, route, and say how it went."""
    with Store("tickets.aios") as store:
        print("held out:", *(f"{name} {value:.3f}" for name, value in train(store).items()))
        found = route(store)
    sent = [(truth, value) for truth, value, _ in found if value]
    right = sum(truth == value for truth, value in sent)
    print(f"{len(found)} tickets: {len(sent)} sent on without a person, {right} of them with the right intent")
    for team, count in Counter(team for _, _, team in found).most_common():
        print(f"{count:>5}  {team}")


if __name__ == "__main__":
    main()
