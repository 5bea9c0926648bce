"""Haystack: a pipeline of five components over batches. It keeps no record of what was done."""

import dataclasses
from itertools import pairwise

from _peer import steps
from _work import STEPS, more
from haystack import Document, Pipeline, component


def component_of(name):
    class Step:
        @component.output_types(documents=list[Document])
        def run(self, documents: list[Document]):
            return {"documents": [dataclasses.replace(each, meta=more(name, each.content, each.meta)) for each in documents]}

    Step.__name__ = name.title()
    return component(Step)()


def prepare(folder):
    pipeline = Pipeline()
    names = list(STEPS)
    for name in STEPS:
        pipeline.add_component(name, component_of(name))
    for before, after in pairwise(names):
        pipeline.connect(f"{before}.documents", f"{after}.documents")

    def batch(documents):
        given = [Document(id=str(each["id"]), content=each["text"], meta={}) for each in documents]
        return [{"found": document.meta} for document in pipeline.run({names[0]: {"documents": given}})[names[-1]]["documents"]]

    return batch, lambda: None


if __name__ == "__main__":
    steps("haystack-ai", prepare)
