"""Pictures over a cluster of machines with Ray Data.

What travels between machines is only names: workers read pictures from storage and write results to
it. Ray starts another worker where one dies and gives it the block of pictures again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, DataContext
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from salmap.outputs.cluster.task import Item, Task
from salmap.outputs.cluster.worker import Log, Worker
from salmap.outputs.names import Output

#: pictures that a worker is given at once: what dies with it is done again
_BLOCK = 128
#: blocks for each worker, at least, so that all are done at about the same time
_BLOCKS_EACH = 4
#: workers that a picture may kill, or be unlucky with, before it is given up
_DEATHS = 3
#: workers that share a GPU: each reads, draws and writes longer than it predicts
_WORKERS_ON_A_GPU = 4


class Deaths:
    """Which picture each block is at, and how many workers died at which; see `worker.Log`."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}
        self._deaths: Counter[str] = Counter()

    def start(self, block: str) -> set[str]:
        """A block is begun; begun again, its worker has died on the way."""
        if block in self._now:
            self._deaths[self._now.pop(block)] += 1
        return {picture for picture, count in self._deaths.items() if count >= _DEATHS}

    def begin(self, block: str, picture: str) -> None:
        """A picture of the block is begun."""
        self._now[block] = picture

    def finish(self, block: str) -> None:
        """The block is done."""
        self._now.pop(block, None)


class _RemoteLog:
    """`Deaths` on the machine of the user, from any worker."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def start(self, block: str) -> set[str]:
        return cast(set[str], ray.get(self._actor.start.remote(block)))

    def begin(self, block: str, picture: str) -> None:
        ray.get(self._actor.begin.remote(block, picture))

    def finish(self, block: str) -> None:
        ray.get(self._actor.finish.remote(block))


class _BatchWorker:
    """A worker as Ray Data wants it: a table in, a table out."""

    def __init__(self, worker: type[Worker], task: Task, log: Log) -> None:
        self._worker = worker(task, log)

    def __call__(self, batch: pa.Table) -> pa.Table:
        items = [_item(row) for row in batch.to_pylist()]
        return pa.table({"id": batch["id"], "problem": self._worker.do(items)})


@dataclass(frozen=True)
class _Room:
    """How many workers fit into the cluster now, and the share of a GPU that each gets."""

    workers: int
    gpu: float | None


def predict_on_cluster(
    items: Sequence[Item], task: Task, worker: type[Worker] = Worker
) -> Iterator[tuple[str, str]]:
    """Do pictures on the Ray cluster that is running, or else on this machine.

    A cluster is found as `ray.init` does: by RAY_ADDRESS, or running on this machine.

    Yields:
        each picture's id as it is done, and what was wrong with it, "" where nothing was.
    """
    with _connected():
        context = DataContext.get_current()
        context.enable_progress_bars = False
        room = _room(task.device)
        rows = max(1, min(_BLOCK, len(items) // (room.workers * _BLOCKS_EACH)))
        blocks = [_table(items[start : start + rows]) for start in range(0, len(items), rows)]
        done = ray.data.from_arrow(blocks).map_batches(
            _BatchWorker,
            fn_constructor_args=(worker, task, _RemoteLog(_log_here())),
            compute=ActorPoolStrategy(min_size=1, initial_size=min(room.workers, len(blocks))),
            batch_size=rows,
            batch_format="pyarrow",
            num_cpus=None if room.gpu else 1,
            num_gpus=room.gpu,
        )
        for batch in done.iter_batches(prefetch_batches=0, batch_size=None, batch_format="pyarrow"):
            told = cast(pa.Table, batch).to_pydict()
            yield from zip(told["id"], told["problem"], strict=True)


@contextmanager
def _connected() -> Iterator[None]:
    """A connection to Ray, closed again unless it was there before."""
    if ray.is_initialized():
        yield
        return
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.init(logging_level=logging.ERROR, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


def _log_here() -> Any:
    """The log of all workers, on this machine: if this ends, so does the run."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(Deaths).options(num_cpus=0, scheduling_strategy=here).remote()


def _room(device: str) -> _Room:
    resources = ray.cluster_resources()
    gpus = 0 if device == "cpu" else int(resources.get("GPU", 0))
    if gpus:
        return _Room(gpus * _WORKERS_ON_A_GPU, 1 / _WORKERS_ON_A_GPU)
    return _Room(max(1, int(resources.get("CPU", 1))), None)


def _table(items: Sequence[Item]) -> pa.Table:
    return pa.table(
        {
            "id": [item.id for item in items],
            "address": [item.address for item in items],
            "row": [item.row for item in items],
            "name": [item.name for item in items],
            "outputs": [[output.value for output in item.outputs] for item in items],
        }
    )


def _item(row: dict[str, Any]) -> Item:
    outputs = tuple(Output(output) for output in row["outputs"])
    return Item(row["id"], row["address"], row["row"], row["name"], outputs)
