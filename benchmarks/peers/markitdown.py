"""markitdown: PDFs as Markdown."""

import logging

from _peer import reading
from markitdown import MarkItDown


def pdf(files):
    converter = MarkItDown(enable_plugins=False)
    return {file: converter.convert(file).text_content for file in files}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    reading("markitdown", lambda file: MarkItDown(enable_plugins=False).convert(file).text_content, pdf=pdf)
