"""A module that behaves in this process, and does in a worker what a variable says."""

from __future__ import annotations

import os
import time

from aios_sdk import Document, Extraction, component, implements

_HOW = os.environ.get("AIOS_TEST_IMPORT", "") if "AIOS_WORKER" in os.environ else ""

if _HOW == "hang":
    time.sleep(1000)
elif _HOW == "exit":
    os._exit(4)
elif _HOW == "raise":
    raise RuntimeError("no import today")


@component("test.imported", isolation="process", provides=["fields"])
class Imported:
    """Does nothing."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()
