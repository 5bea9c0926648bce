"""DBOS on SQLite: a workflow for each batch, with a durable step for each of the five."""

from _peer import steps
from _work import STEPS, done
from dbos import DBOS, SetWorkflowID


def prepare(folder):
    DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{folder}/dbos.sqlite", "log_level": "ERROR"})

    def step_of(name):
        def work(documents):
            return [done(name, document) for document in documents]

        work.__name__ = work.__qualname__ = name
        return DBOS.step(name=name)(work)

    each = [step_of(name) for name in STEPS]
    given = {}

    @DBOS.workflow()
    def workflow(number):  # takes a number, so that the documents themselves are not recorded once more as its input
        documents = given[number]
        for step in each:
            documents = step(documents)
        return documents

    DBOS.launch()

    def batch(documents):
        number = documents[0]["id"]
        given[number] = documents
        with SetWorkflowID(f"batch-{number}"):
            return workflow(number)

    return batch, DBOS.destroy


if __name__ == "__main__":
    steps("dbos", prepare)
