"""docling-parse: the PDF reader of docling, which gives lines with their boxes. docling itself needs models that it downloads."""

from _peer import reading
from docling_parse.pdf_parser import DoclingPdfParser

parser = DoclingPdfParser(loglevel="fatal")


def pdf(files):
    return {file: "\n".join(cell.text for _, page in parser.load(file).iterate_pages() for cell in page.textline_cells) for file in files}


if __name__ == "__main__":
    reading("docling-parse", pdf=pdf)
