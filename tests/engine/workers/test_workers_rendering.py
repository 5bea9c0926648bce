"""Pictures of pages: drawn by the component that ingested the document, in a worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest
from msgspec.structs import replace
from PIL import Image

from aios_sdk import ContractError, DeadlineExceeded, Document, LimitExceeded, Malformed, Outcome, StepError, Unsupported
from aios_sdk.engine.workers import Unit
from aios_sdk.store import Blobs

from ._parts import document
from ._pools import Bench, planned, problem, words

UNPACKS = planned("unpacks", "ingest")


@pytest.fixture(scope="module")
def bench(runner: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A pool that gives a picture three seconds."""
    bench = Bench(runner, tmp_path_factory.mktemp("pool"), rendering=3.0, memory_mb=200)
    yield bench
    bench.close()


def _ingested(bench: Bench, content: str, number: int = 0, component: Any = UNPACKS) -> Document:
    """A document as an ingest leaves it: its bytes are in the blobs, and it knows who drew it."""
    made = document("text", number)
    return replace(made, content_id=Blobs(bench.blobs).put(content.encode())).bind(bench.pool.host(component))


def test_a_picture_is_drawn_in_another_process(bench: Bench) -> None:
    [page] = _ingested(bench, "seven").pages
    picture = page.image(dpi=50)
    red, *process = picture.getpixel((0, 0))
    assert (picture.size, picture.mode, red) == ((50, 1), "RGB", 5)
    assert process != [os.getpid() % 256, os.getpid() // 256 % 256]


def test_a_palette_is_turned_into_colours(bench: Bench) -> None:
    assert _ingested(bench, "palette").pages[0].image().getpixel((0, 0)) == (10, 20, 30)


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        ("malformed", Malformed, "the header is torn"),
        ("no picture", ContractError, "render returned str, not an image"),
        ("exit", StepError, "test.unpacks ended its worker: exit status 3"),
        ("spin", DeadlineExceeded, "test.unpacks did not end within 3 s"),
        ("allocate", LimitExceeded, "test.unpacks took more than 200 MiB"),
    ],
)
def test_what_cannot_be_drawn_raises_an_error_of_its_kind(bench: Bench, content: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        _ingested(bench, content).pages[0].image()
    assert _ingested(bench, "well").pages[0].image().size == (200, 1)


def test_a_component_without_pictures_does_not_support_them(bench: Bench) -> None:
    with pytest.raises(Unsupported, match=r"test\.no-pictures does not render pages"):
        _ingested(bench, "x", component=planned("no-pictures", "ingest")).pages[0].image()


def test_a_component_in_a_worker_sees_pages_and_bytes_drawn_in_its_own_process(bench: Bench) -> None:
    unit = Unit(_ingested(bench, "seven"))
    [answer] = bench.run(_answers(bench, unit))
    own, size, pixel, content = words(answer)
    assert (size, pixel, content) == ("(50, 1)", f"(5, {own})", "seven")


def test_the_members_of_a_case_are_at_hand_too(bench: Bench) -> None:
    members = tuple(Outcome(document=_ingested(bench, text, number), status="completed") for number, text in enumerate(("one", "three")))
    case = Document(id="c" * 32, kind="case", members=members)
    [answer] = bench.run(_answers(bench, Unit(case)))
    assert [words(answer)[number] for number in (3, 6)] == ["one", "three"]


class _Draws:
    """Lends what it draws itself, by a component that no worker can have."""

    component = planned("nowhere", "ingest")
    content = b"seen"

    def open(self, document: Document) -> BinaryIO:
        raise AssertionError("the bytes travel with the unit")

    def render(self, document: Document, page: int, dpi: int) -> Image.Image:
        if document.id.startswith("0"):
            raise Malformed("there is no ink")
        return Image.new("RGB", (dpi, 1), (5, os.getpid() % 256, 0))


def test_pages_that_only_the_parent_can_draw_are_drawn_there(bench: Bench) -> None:
    [answer] = bench.run(_answers(bench, Unit(replace(document("text"), id="1" * 32).bind(_Draws()))))
    _, size, pixel, content = words(answer)
    assert (size, pixel, content) == ("(50, 1)", f"(5, {os.getpid() % 256}, 0)", "seen")
    [answer] = bench.run(_answers(bench, Unit(replace(document("text"), id="0" * 32).bind(_Draws()))))
    assert problem(answer) == ("malformed", "[AIOS-402] there is no ink.")


def test_bytes_that_no_blob_holds_travel_with_the_unit(bench: Bench) -> None:
    made = document("text").bind(bench.pool.host(UNPACKS, b"carried"))
    [answer] = bench.run(_answers(bench, Unit(made)))
    assert words(answer)[-1] == "carried"


def test_a_document_that_nobody_here_ingested_has_no_pictures(bench: Bench) -> None:
    [answer] = bench.run(_answers(bench, Unit(document("text"))))
    category, message = problem(answer)
    assert category == "unavailable"
    assert "Nobody here draws the pages" in message


async def _answers(bench: Bench, unit: Unit) -> list[Any]:
    return [answer async for answer in bench.pool.call(planned("looks"), "extract", "s", [unit], run="r", timeout=20.0)]
