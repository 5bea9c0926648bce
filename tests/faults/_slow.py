"""A pipeline for runs that are asked to stop: ``aios run tests.faults._slow:pipeline``. What it does is told in the folder SLOW."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from aios_sdk import Document, Extraction, Field, Pipeline, Source, component, implements
from tests.engine._parts import document_of

#: The variable that names the folder in which it is told what began.
FOLDER = "AIOS_TEST_SLOW"


@component("test.reads-slowly", media_types=["text/plain"], provides=["pages", "text"], version="1")
class ReadsSlowly:
    """Plain text."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield document_of(source.read().decode())


@component("test.waits", requires=["text"], provides=["fields"], isolation="process", version="1")
class Waits:
    """Waits until it is let go on, or for ever, as the text says."""

    @implements
    def extract(self, document: Document) -> Extraction:
        folder = Path(os.environ[FOLDER])
        (folder / f"began-{document.name}").touch()
        wish, _, _ = document.text.rpartition(" ")
        while wish != "short" and not (wish == "long" and (folder / "go on").exists()):
            time.sleep(0.01)
        return Extraction(fields=(Field(path="text", value=document.text, status="ungrounded"),))


pipeline = Pipeline("slow").ingest(ReadsSlowly).extract(Waits, timeout=600)
