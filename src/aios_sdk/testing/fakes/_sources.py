"""Sources as the engine hands them to ingest."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from aios_sdk.records import Source, digest, document_id


def admitted(source: Source, folder: Path) -> Source:
    """``source`` as the engine hands over what is not small: its bytes in a file in ``folder``, called by their hash, and its identity set.

    Small ones it hands over in memory (``data``), as `Sample.source` and the strategies do. A component that asks only ``source.read()``,
    ``open()`` and ``head()`` does not notice; one that takes ``data`` or ``path`` shows here what it does in a run. Example::

        list(Reader(Config()).ingest(fakes.admitted(samples.pdf().source(), tmp_path), fakes.context()))
    """
    data = source.read()
    content = digest(data)
    path = folder / content
    path.write_bytes(data)
    identity = document_id(source.parent or source.origin or source.key or source.name, source.position, content)
    return replace(
        source, data=None, path=str(path), content_id=content, size=len(data), document_id=identity, root=source.root or identity
    )
