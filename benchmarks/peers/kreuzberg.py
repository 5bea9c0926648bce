"""kreuzberg: OCR with the tesseract it brings along, and the text of PDFs, both in batches on its own threads."""

import kreuzberg
from _peer import reading


def batch(files, **settings):
    config = kreuzberg.ExtractionConfig(use_cache=False, **settings)
    results = kreuzberg.batch_extract_files_sync(files, config=config)
    return {file: result.content for file, result in zip(files, results, strict=True)}


def ocr(files):
    return batch(files, force_ocr=True, ocr=kreuzberg.OcrConfig(backend="tesseract", language="eng"))


def any_file(file):
    # One by one, an error is raised; in a batch it would be the text.
    return kreuzberg.extract_file_sync(file, config=kreuzberg.ExtractionConfig(use_cache=False)).content


if __name__ == "__main__":
    reading("kreuzberg", any_file, ocr=ocr, pdf=batch)
