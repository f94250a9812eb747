"""`salmap predict --engine ray`: over a cluster, from any storage, into any storage.

Imported only where it is asked for: Ray, and what reads Parquet, are an extra.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from salmap.outputs.cluster.pipeline import predict_on_cluster
from salmap.outputs.cluster.plan import plan
from salmap.outputs.cluster.sources import find_sources
from salmap.outputs.cluster.storage import everywhere, names_in, read, write
from salmap.outputs.cluster.task import Task
from salmap.outputs.record import RECORD, Record, settings_of
from salmap.predictor import load


def predict_on_ray(
    inputs: Sequence[str], task: Task, resume: bool, fail: Callable[[str, str], None]
) -> int:
    """Do the pictures at these addresses; `fail` is told of each that is not done, and why.

    Returns:
        how many there are, with those that an earlier run did and with inputs that can't be used.

    Raises:
        SalmapError: if nothing can be done: no such model, or a table with other results.
    """
    load(task.model)  # what is wrong with a model is said once, before any worker starts
    if Path(task.model).is_file():
        task = replace(task, weights=Path(task.model).read_bytes())
    task = replace(task, out=everywhere(task.out))
    unusable: list[str] = []

    def refuse(given: str, reason: str) -> None:
        unusable.append(given)
        fail(given, reason)

    sources = find_sources(inputs, task, refuse)
    record = _record(task)
    if resume:
        record.require_same()
    items = plan(sources, task, resume)
    if items:
        record.begin()
    failed = len(unusable)
    with tqdm(total=len(items), unit="picture", delay=2, disable=None) as bar:
        for picture, problem in predict_on_cluster(items, task) if items else ():
            if problem:
                failed += 1
                fail(picture, problem)
            bar.update()
    if not failed:
        made = {f"{item.name}{output.ending}" for item in items for output in item.outputs}
        record.finish(names_in(task.out), made)
    return len(sources) + len(unusable)


def _record(task: Task) -> Record:
    """The record beside the results, wherever they are."""
    address = f"{task.out}/{RECORD}"
    data = read(address) if RECORD in names_in(task.out) else b""
    settings = settings_of(task.outputs, task.model, task.style, task.k, task.areas, task.viewing)
    return Record(task.out, settings, data, partial(write, address))
