"""Hamilton with its cache on disk: the five steps as functions of a batch."""

import logging

from _peer import steps
from _work import done
from hamilton import ad_hoc_utils, driver


def reference(documents: list) -> list:
    return [done("reference", document) for document in documents]


def kind(reference: list) -> list:
    return [done("kind", document) for document in reference]


def date(kind: list) -> list:
    return [done("date", document) for document in kind]


def amount(date: list) -> list:
    return [done("amount", document) for document in date]


def sentence(amount: list) -> list:
    return [done("sentence", document) for document in amount]


def prepare(folder):
    logging.disable(logging.CRITICAL)
    module = ad_hoc_utils.create_temporary_module(reference, kind, date, amount, sentence, module_name="bench")
    built = driver.Builder().with_modules(module).with_cache(path=folder / "cache").build()
    return lambda documents: built.execute(["sentence"], inputs={"documents": documents})["sentence"], lambda: None


if __name__ == "__main__":
    steps("sf-hamilton", prepare)
