"""Dagster: an asset for each step and a partition for each batch, on its own instance in a folder; what is materialized is read again."""

import logging
import pickle
from itertools import pairwise

from _peer import steps
from _work import STEPS, done
from dagster import AssetIn, AssetKey, DagsterInstance, DynamicPartitionsDefinition, FilesystemIOManager, asset, materialize


def prepare(folder):
    logging.disable(logging.CRITICAL)
    partitions = DynamicPartitionsDefinition(name="batches")
    given = {}

    def first_of(name):
        @asset(name=name, partitions_def=partitions)
        def work(context):
            return [done(name, document) for document in given[context.partition_key]]

        return work

    def asset_of(name, before):
        @asset(name=name, partitions_def=partitions, ins={"documents": AssetIn(before)})
        def work(documents):
            return [done(name, document) for document in documents]

        return work

    names = list(STEPS)
    assets = [first_of(names[0]), *(asset_of(name, before) for before, name in pairwise(names))]
    for part in ("instance", "values"):
        (folder / part).mkdir(exist_ok=True)
    instance = DagsterInstance.local_temp(str(folder / "instance"))
    manager = FilesystemIOManager(base_dir=str(folder / "values"))
    materialized = instance.get_materialized_partitions(AssetKey(names[-1]))

    def batch(documents):
        key = f"batch-{documents[0]['id']}"
        if key in materialized:
            return pickle.loads((folder / "values" / names[-1] / key).read_bytes())
        given[key] = documents
        instance.add_dynamic_partitions("batches", [key])
        done_now = materialize(assets, partition_key=key, instance=instance, resources={"io_manager": manager})
        return done_now.output_for_node(names[-1])

    return batch, instance.dispose


if __name__ == "__main__":
    steps("dagster", prepare)
