"""The values of e-invoices: from their XML, and from pictures of their pages alone; prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from _pages import Invoice, given, pictures

from aios_sdk import Pipeline, Store
from aios_sdk.records import value_text


def main() -> None:
    """Read each file as it is, and each PDF once more as a picture of its pages."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, help="JSON: the files")
    files = json.loads(parser.parse_args().files.read_text())
    pictured = Pipeline("pages").ingest().extract("tesseract").extract("fields", config={"output": Invoice})
    answer: dict[str, dict[str, dict[str, str]]] = {"xml": {}, "pages": {}}
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder, "bench.aios")) as store:
        for way, pipeline, inputs in (("xml", Pipeline("xml").ingest(), given(files)), ("pages", pictured, pictures(files))):
            for outcome in pipeline.run(inputs, store=store, progress=False):
                if not outcome.document.parent:
                    values = {path: outcome.document.fields[path].value for path in outcome.document.fields}
                    answer[way][outcome.document.key] = {path: value_text(value) for path, value in values.items() if value is not None}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
