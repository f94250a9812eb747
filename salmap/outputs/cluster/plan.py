"""What is to be done, or what an earlier run left of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from salmap.errors import SalmapError
from salmap.outputs.cluster.result_table import pictures_done
from salmap.outputs.cluster.sources import Source
from salmap.outputs.cluster.storage import names_in, remove_parts
from salmap.outputs.cluster.task import TABLE_SUFFIX, Item, Task
from salmap.outputs.names import output_names


def plan(sources: Sequence[Source], task: Task, resume: bool) -> list[Item]:
    """Each picture with what is wanted of it; with `resume`, what is not there yet.

    What an earlier run had half written is then removed.

    Raises:
        SalmapError: if results would go into a table that has some already, or has other columns.
    """
    into = _into_table if task.makes_table else _into_files
    return list(into(sources, task, resume))


def _into_table(sources: Sequence[Source], task: Task, resume: bool) -> Iterator[Item]:
    done = pictures_done(task.out, task.outputs)
    if done and not resume:
        raise SalmapError(
            f"{task.out} holds results already. Add --resume to do what is missing, or choose "
            "another table with --out."
        )
    remove_parts(task.out, lambda name: name.endswith(TABLE_SUFFIX))
    for source in sources:
        if source.id not in done:
            yield Item(source.id, source.address, source.row, "", task.outputs)


def _into_files(sources: Sequence[Source], task: Task, resume: bool) -> Iterator[Item]:
    names = output_names([PurePosixPath(source.place) for source in sources])
    there: set[str] = set()
    if resume:
        there = names_in(task.out)
        wanted = {f"{name}{output.ending}" for name in names for output in task.outputs}
        remove_parts(task.out, wanted.__contains__)
    for source, name in zip(sources, names, strict=True):
        missing = tuple(o for o in task.outputs if f"{name}{o.ending}" not in there)
        if missing:
            yield Item(source.id, source.address, source.row, name, missing)
