"""Pictures of pages: lent to documents while the run lasts, wherever the component lives that draws them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing

import pytest
from PIL import Image

from aios_sdk import Document, Pipeline, Source, Store, Unavailable, component, implements

from ._parts import document_of, note, registry_of


class _Draws:
    closed = False

    def close(self) -> None:
        self.closed = True

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield document_of(source.read().decode())

    @implements
    def render(self, document: Document, page: int, dpi: int) -> Image.Image:
        assert not self.closed
        return Image.new("L", (dpi, page + 1))


@component("test.draws-inline", media_types=["text/plain"], provides=["pages", "text"], isolation="inline", renders=True)
class DrawsInline(_Draws):
    """In the engine's process."""


@component("test.draws-process", media_types=["text/plain"], provides=["pages", "text"], isolation="process", renders=True)
class DrawsProcess(_Draws):
    """In a worker."""


@pytest.mark.parametrize("draws", [DrawsInline, DrawsProcess])
@pytest.mark.parametrize("before", [True, False], ids=["drawn before", "never drawn"])
def test_pages_are_drawn_while_the_run_lasts_and_afterwards_it_is_said_who_does(draws: type, before: bool, store: Store) -> None:
    endless = (note(f"n{number}") for number in itertools.count())
    outcomes = Pipeline("p").ingest(draws).run(endless, store=store, registry=registry_of(draws), progress=False, workers=1)
    with closing(outcomes):
        document = next(outcomes).document
        if before:
            assert document.pages[0].image(30).size == (30, 1)
    with pytest.raises(Unavailable, match="the run has ended") as raised:
        document.pages[0].image(30)
    assert "aios explain --png" in raised.value.fix
