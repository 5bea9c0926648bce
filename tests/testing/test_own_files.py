"""An author's own files: read by the installed ingest components, and tried before anything that is generated."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from aios_sdk import Document, Extraction, InputError, Registry, Source, UnknownComponent, Unsupported, UsageError, component, implements
from aios_sdk.testing import certify, fakes, samples
from aios_sdk.testing._own_files import document_of, source_of


@component("acme.picky", version="1", requires=["text"], provides=["fields"])
class Picky:
    """Takes nothing but orders."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if not document.text.startswith("ORDER"):
            raise Unsupported("it is no order")
        return Extraction()


def registry(*more: type) -> Registry:
    return fakes.registry(*fakes.ECHO, *more)


def test_a_file_becomes_the_document_that_a_run_would_make_of_it(tmp_path: Path) -> None:
    path = samples.page_image().write(tmp_path)
    document = document_of(path, registry())
    assert (document.name, document.media_type, document.size) == (path.name, "image/png", path.stat().st_size)
    assert document.read() == path.read_bytes()
    assert document.content_id == source_of(path).content_id
    (page,) = document.pages
    assert page.image().size[0] > 1


def test_a_table_can_be_read_and_not_be_drawn(tmp_path: Path) -> None:
    document = document_of(samples.table().write(tmp_path), registry())
    (table,) = document.tables
    assert table.cell(1, 1) == "Lindqvist, Maria"
    with pytest.raises(Unsupported, match="does not render"):
        document.pages[0].image()


def test_a_document_of_a_file_is_the_same_in_another_process(tmp_path: Path) -> None:
    document = document_of(samples.page_image().write(tmp_path), Registry.default())
    host = pickle.loads(pickle.dumps(document.__dict__["_lent_by"]))
    again = msgspec.structs.replace(document).bind(host)
    assert again.read() == document.read()
    assert again.pages[0].image().tobytes() == document.pages[0].image().tobytes()


def test_what_no_component_ingests_and_what_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownComponent):
        document_of(samples.mail().write(tmp_path), registry())
    with pytest.raises(InputError, match="Cannot read"):
        source_of(tmp_path / "nothing.png")


def test_a_mere_container_is_no_example(tmp_path: Path) -> None:
    @component("acme.box", version="1", media_types=["application/zip"])
    class Box:
        """Unpacks nothing."""

        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield from ()

    with pytest.raises(UsageError, match="holds no document itself"):
        document_of(samples.zip().write(tmp_path), fakes.registry(Box))


def test_a_component_that_refuses_the_samples_is_held_against_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "order.txt").write_text("ORDER 4711\n")
    without = certify("acme.picky", laws=["does-its-work"], registry=registry(Picky), examples=3)
    assert without.broken is not None
    assert "--file" in str(without) or "refused all" in str(without)
    assert certify("acme.picky", laws=["does-its-work"], registry=registry(Picky), examples=3, files=[tmp_path / "order.txt"]).ok


def test_an_ingest_component_is_given_the_file_itself(tmp_path: Path) -> None:
    path = samples.page_image().write(tmp_path)
    assert source_of(path).media_type == "image/png"
    assert io.BytesIO(source_of(path).read()).getvalue() == path.read_bytes()
    assert certify("echo.image", laws=["does-its-work"], registry=registry(), examples=3, files=[path]).ok
