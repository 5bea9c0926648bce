"""LlamaIndex: an ingestion pipeline with docstore and cache, persisted after each batch. A rerun skips documents and gives nothing back."""

from _peer import steps
from _work import STEPS, more
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import Document, TransformComponent
from llama_index.core.storage.docstore import SimpleDocumentStore


class Step(TransformComponent):
    name: str

    def __call__(self, nodes, **_):
        # Copies: nodes changed in place would be taken for new documents by the docstore, and all be done again.
        return [node.model_copy(update={"metadata": more(self.name, node.text, node.metadata)}) for node in nodes]


def prepare(folder):
    place = folder / "pipeline"
    pipeline = IngestionPipeline(transformations=[Step(name=name) for name in STEPS], docstore=SimpleDocumentStore())
    if place.exists():
        pipeline.load(str(place))

    def batch(documents):
        nodes = pipeline.run(documents=[Document(id_=str(each["id"]), text=each["text"]) for each in documents])
        if nodes:
            pipeline.persist(str(place))
        return [{"found": node.metadata} for node in nodes]

    return batch, lambda: None


if __name__ == "__main__":
    steps("llama-index-core", prepare)
