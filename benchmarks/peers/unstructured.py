"""unstructured: OCR with tesseract, and the text of PDFs in its fast way.

The spaCy model that it splits sentences with is downloaded at first use; a blank one with a rule for sentences takes its place, which is
faster than the real one.
"""

import spacy
import unstructured.nlp.tokenize
from _peer import reading


def sentences():
    model = spacy.blank("en")
    model.add_pipe("sentencizer")
    return model


def ocr(files):
    from unstructured.partition.image import partition_image

    return {file: joined(partition_image(file, strategy="ocr_only", languages=["eng"])) for file in files}


def pdf(files):
    from unstructured.partition.pdf import partition_pdf

    return {file: joined(partition_pdf(file, strategy="fast")) for file in files}


def any_file(file):
    from unstructured.partition.auto import partition

    return joined(partition(file, strategy="fast"))


def joined(elements):
    return "\n".join(element.text for element in elements)


if __name__ == "__main__":
    unstructured.nlp.tokenize._load_spacy_model = sentences
    reading("unstructured", any_file, ocr=ocr, pdf=pdf)
