"""The index beside the journal is brought up to date by whoever comes first, and takes little memory meanwhile."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import psutil
import pytest

from aios_sdk.records import Document, Outcome, digest, document_id
from aios_sdk.store import RunInfo, Store
from aios_sdk.store._index import Index, index


def _recorded(path: Path, count: int, first: int = 0) -> None:
    with Store(path) as store:
        run = store.begin(RunInfo(pipeline="claims"))
        for number in range(first, first + count):
            content = digest(b"%d" % number)
            identity = document_id(str(number), 0, content)
            document = Document(id=identity, name=str(number), key=str(number), content_id=content, root=identity)
            run.found(document, path=f"inbox/{number}")
            run.outcome(Outcome(document=document, status="completed"), memo_key=content[:32])
        run.finish()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say what of a file is in a process's memory")
def test_a_process_that_indexes_much_holds_little_of_the_index(tmp_path: Path) -> None:
    path = tmp_path / "s.aios"
    _recorded(path, 2000)
    held = {}
    for lean in (False, True):
        shutil.rmtree(path / "memo")
        found = Index(path)
        assert found.refresh(lean=lean) == 2000
        held[lean] = sum(each.rss for each in psutil.Process().memory_maps() if each.path.endswith("data.mdb"))
        found.close()
    assert held[True] < held[False] / 2


def test_an_index_that_somebody_has_open_stays_open_while_another_brings_it_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "s.aios"
    _recorded(path, 10)
    memo = Store(path).memo()
    earlier = memo.deliveries
    _recorded(path, 1, first=10)
    assert index(path) == 0, "closing the store did it"
    assert earlier.latest("inbox/3")
    assert not earlier.latest("inbox/10"), "what was recorded later changes no answers"
    assert memo.refresh() == 0
    assert memo.deliveries.latest("inbox/10")
    assert memo.whole(digest(b"10")[:32]) is not None
    memo.close()
