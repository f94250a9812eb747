"""`salmap predict --engine ray` whose workers keep a diary, hang and die as they are told.

SPY is a folder: `diary` gets a line for each picture begun (node, picture). While `hang` holds the
id of a node, a worker there hangs at its second picture and says so by making `hanging`. While
`deadly` holds a part of a picture's name, that picture ends the process of any worker.
"""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import ray

from salmap.outputs.cluster.task import Item
from salmap.outputs.cluster.worker import Content, Save, Worker


def told(name: str) -> str:
    """What a file of the folder says; a line break if there is none, which is in no name."""
    path = Path(os.environ["SPY"], name)
    return path.read_text() if path.exists() else "\n"


class Spy(Worker):
    """A worker that does as it is told."""

    def _try(self, item: Item, content: Content, save: Save) -> str:
        folder, node = Path(os.environ["SPY"]), ray.get_runtime_context().get_node_id()
        with (folder / "diary").open("a") as diary:
            diary.write(f"{node} {item.id}\n")
        self.begun = getattr(self, "begun", 0) + 1
        if node == told("hang") and self.begun == 2:
            (folder / "hanging").touch()
            time.sleep(3600)
        if told("deadly") in item.id:
            os._exit(1)
        return super()._try(item, content, save)


if __name__ == "__main__":
    from salmap.cli import main as cli
    from salmap.cli import predict_on_ray
    from tests.spied_ray import Spy as Imported  # workers import it, too

    predict_on_ray.predict_on_cluster = partial(predict_on_ray.predict_on_cluster, worker=Imported)
    cli.main()
