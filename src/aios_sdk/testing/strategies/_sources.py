"""Sources: files of every modality, sound ones and hostile ones."""

from __future__ import annotations

import html as markup
import json
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Final

from hypothesis import strategies as st

from aios_sdk.records import Source, digest, document_id

from .. import samples
from ..samples._paper import Paper
from ..samples._pdf import write_pdf
from ._files import file_of, name_of
from ._hostile import hostile_bytes
from ._images import images, picture_types
from ._tables import tables_data
from ._texts import page_contents, texts

_TEXT_ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1")


@cache
def sources(media_type: str | None = None, *, hostile: bool = False) -> st.SearchStrategy[Source]:
    """Sources of ``media_type`` (``image/*`` and ``*/*`` too, and by default any), with bytes in memory and the identity the engine gives.

    They are sound: generated texts, pages, tables and pictures, and the samples. With ``hostile`` there are also `hostile_bytes` that claim
    to be of that type, and odd names. For a media type of which there is neither a sample nor a generator, the bytes are arbitrary.
    Example::

        @given(strategies.sources("text/csv", hostile=True))
        def test_any_file_gives_a_document_or_a_refusal(source): ...
    """
    kinds = _kinds(media_type or "*/*")
    if not kinds:
        return _sources_of(str(media_type), st.binary(max_size=200), hostile)
    return st.one_of([_sources_of(kind, _sound(kind), hostile) for kind in kinds])


def _sources_of(media_type: str, sound: st.SearchStrategy[bytes], hostile: bool) -> st.SearchStrategy[Source]:
    usual = st.just(name_of(media_type))
    data = sound | hostile_bytes(media_type) if hostile else sound
    names = (
        usual | st.sampled_from(["", "../../etc/passwd", "Größe \U0001f4b6.pdf", "a\nb", "x" * 300, ".", "con"]) | texts()
        if hostile
        else usual
    )
    return st.builds(_source, names, st.just(media_type), data, st.integers(0, 2))


def _source(name: str, media_type: str, data: bytes, position: int) -> Source:
    content = digest(data)
    identity = document_id(name, position, content)
    return Source(
        name=name,
        key=name,
        data=data,
        media_type=media_type,
        document_id=identity,
        content_id=content,
        size=len(data),
        position=position,
        root=identity,
    )


def _kinds(pattern: str) -> list[str]:
    known = list(dict.fromkeys([*_GENERATORS, *picture_types(), *(sample.media_type for sample in samples.for_media_type("*/*"))]))
    if pattern == "*/*":
        return known
    if pattern.endswith("/*"):
        return [kind for kind in known if kind.startswith(pattern[:-1])]
    return [pattern] if pattern in known else []


def _sound(media_type: str) -> st.SearchStrategy[bytes]:
    found: list[st.SearchStrategy[bytes]] = []
    if media_type in _GENERATORS:
        found.append(_GENERATORS[media_type]())
    if media_type in picture_types():
        found.append(images(media_type))
    known = [sample.data for sample in samples.for_media_type(media_type)]
    if known:
        found.append(st.sampled_from(known))
    return st.one_of(found)


def _papers() -> st.SearchStrategy[list[Paper]]:
    contents = st.lists(page_contents(), min_size=1, max_size=3)
    return contents.map(lambda found: [Paper.of(content, index=index, size=(280.0, 200.0)) for index, content in enumerate(found)])


def _texts() -> st.SearchStrategy[bytes]:
    return st.builds(lambda content, encoding: content.encode(encoding, "replace"), page_contents(), st.sampled_from(_TEXT_ENCODINGS))


def _csvs() -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda data, delimiter, encoding: data.csv(delimiter).encode(encoding, "replace"),
        tables_data(),
        st.sampled_from([",", ";", "\t"]),
        st.sampled_from(_TEXT_ENCODINGS),
    )


def _mails() -> st.SearchStrategy[bytes]:
    return _papers().map(lambda papers: file_of("message/rfc822", papers[:1]))


def _htmls() -> st.SearchStrategy[bytes]:
    return _papers().map(lambda papers: file_of("text/html", papers))


def _xmls() -> st.SearchStrategy[bytes]:
    def written(content: str) -> bytes:
        sayable = "".join(
            character for character in content if character in "\t\n" or (character >= " " and character not in "\ufffe\uffff")
        )
        return f'<?xml version="1.0" encoding="UTF-8"?><claim><text>{markup.escape(sayable)}</text></claim>'.encode()

    return page_contents().map(written)


def _jsons() -> st.SearchStrategy[bytes]:
    value = st.recursive(
        st.none() | st.booleans() | st.integers() | texts(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(4), inner, max_size=3),
        max_leaves=6,
    )
    return value.map(lambda found: json.dumps(found, ensure_ascii=False).encode())


def _zips() -> st.SearchStrategy[bytes]:
    members = st.lists(st.tuples(st.sampled_from(["a.txt", "b/c.txt", "Größe.txt", "a.txt"]), _texts()), max_size=3)

    def packed(found: list[tuple[str, bytes]]) -> bytes:
        import io

        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in dict(found).items():
                archive.writestr(zipfile.ZipInfo(name), data)
        return file.getvalue()

    return members.map(packed)


_GENERATORS: Final[dict[str, Callable[[], st.SearchStrategy[bytes]]]] = {
    "text/plain": _texts,
    "application/pdf": lambda: _papers().map(write_pdf),
    "text/csv": _csvs,
    "message/rfc822": _mails,
    "text/html": _htmls,
    "application/xml": _xmls,
    "application/json": _jsons,
    "application/zip": _zips,
}
