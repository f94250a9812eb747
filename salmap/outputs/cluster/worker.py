"""What one worker of a cluster does: a block of pictures, one after the other.

Nothing here needs Ray.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import cv2
from pyarrow import ArrowException

from salmap.analysis.area_files import areas_of
from salmap.errors import ImageError, SalmapError
from salmap.outputs.cluster.picture_tables import read_rows
from salmap.outputs.cluster.result_table import PartFile, row
from salmap.outputs.cluster.storage import read, write, written_locally
from salmap.outputs.cluster.task import TABLE_SUFFIX, Item, Task
from salmap.outputs.result import Result
from salmap.pictures import load_image
from salmap.predictor import Predictor, load

logger = logging.getLogger(__name__)

#: the problem of a picture on which workers die
DEADLY = (
    "workers died on it again and again, perhaps because it takes too much memory. "
    "Make it smaller or leave it out."
)
#: pictures fetched ahead of the one that is being predicted
_AHEAD = 4


#: the bytes of a picture, or why there are none
Content = bytes | Exception
Save = Callable[[Item, Result], None]


class Log(Protocol):
    """Notes that outlive a worker, so that a picture that kills workers is given up in the end."""

    def start(self, block: str) -> Container[str]:
        """A block is begun; gives those pictures of it that have killed too many workers."""

    def begin(self, block: str, picture: str) -> None:
        """A picture of the block is begun."""

    def finish(self, block: str) -> None:
        """The block is done."""


class Worker:
    """A model that does blocks of pictures."""

    def __init__(self, task: Task, log: Log) -> None:
        cv2.setNumThreads(1)  # one worker has one core
        self.task = task
        self.log = log
        self.predictor = _load(task)

    def do(self, items: list[Item]) -> list[str]:
        """Do a block of pictures; what was wrong with each, "" where nothing was."""
        block = _digest(items)
        hopeless = self.log.start(block)
        problems: list[str] = []
        try:
            with _saving(self.task, block) as save:
                for item, content in fetched(items, self.task.column):
                    self.log.begin(block, item.id)
                    problem = DEADLY if item.id in hopeless else self._try(item, content, save)
                    problems.append(problem)
        except Exception as error:  # the part of a table that holds all of them; see `_read`
            logger.exception("%s", block)
            lost = f"its results can't be written ({type(error).__name__}: {error})."
            problems = [problem or lost for problem in problems]
            problems += [lost] * (len(items) - len(problems))
        self.log.finish(block)
        return problems

    def _try(self, item: Item, content: Content, save: Save) -> str:
        """Do one picture; whatever is wrong with it must not cost the others."""
        try:
            if isinstance(content, Exception):
                raise content
            stream = io.BytesIO(content)
            stream.name = item.id  # for messages
            image = load_image(stream, self.task.viewing.background)
            viewing = self.task.viewing
            predicted = self.predictor.predict(image, viewing.screen_px, content=viewing.content)
            prediction = viewing.timed(predicted)
            areas = areas_of(item.id, self.task.areas) if self.task.areas else ()
            save(item, Result(item.id, image, prediction, self.task.style, self.task.k, areas))
        except (SalmapError, OSError) as error:
            return str(error) or type(error).__name__
        except Exception as error:
            logger.exception("%s", item.id)
            return f"the model failed on it ({type(error).__name__}: {error})."
        return ""


def _load(task: Task) -> Predictor:
    if task.weights is None:
        return load(task.model, device=task.device)
    with TemporaryDirectory() as folder:
        path = Path(folder, Path(task.model).name)
        path.write_bytes(task.weights)
        return load(path, device=task.device)


def _digest(items: list[Item]) -> str:
    """A name for a block: the same for the same pictures, and for them alone."""
    ids = "\n".join(item.id for item in items)
    return hashlib.sha256(ids.encode()).hexdigest()[:24]


@contextmanager
def _saving(task: Task, block: str) -> Iterator[Save]:
    """How to save one result; those of a table appear together in the end."""
    if task.makes_table:
        part = f"{task.out}/part-{block}{TABLE_SUFFIX}"
        with written_locally(part) as path, PartFile(path, task.outputs) as file:
            yield lambda item, result: file.add(row(item.id, result, task.outputs))
    else:
        yield lambda item, result: _save_files(f"{task.out}/{item.name}", item, result)


def _save_files(stem: str, item: Item, result: Result) -> None:
    for output in item.outputs:
        write(f"{stem}{output.ending}", result.file(output))


def fetched(items: Iterable[Item], column: str | None) -> Iterator[tuple[Item, Content]]:
    """The pictures' bytes, or the exception that reading them raised, a few read ahead."""
    for (table, in_table), group in groupby(items, _table_of):
        if in_table:
            yield from _from_table(table, list(group), column)
        else:
            yield from _ahead(group)


def _table_of(item: Item) -> tuple[str, bool]:
    return (item.address, True) if item.row >= 0 else ("", False)


def _from_table(
    table: str, items: list[Item], column: str | None
) -> Iterator[tuple[Item, Content]]:
    left = deque(items)
    try:
        for content in read_rows(table, column, [item.row for item in items]):
            data = _read(content) if isinstance(content, str) else content
            yield left.popleft(), data
    except (SalmapError, OSError, ArrowException) as error:
        yield from ((item, error) for item in left)


def _ahead(items: Iterable[Item]) -> Iterator[tuple[Item, Content]]:
    waiting: deque[tuple[Item, Future[Content]]] = deque()
    with ThreadPoolExecutor(_AHEAD) as pool:
        for item in items:
            waiting.append((item, pool.submit(_read, item.address)))
            if len(waiting) > _AHEAD:
                first, content = waiting.popleft()
                yield first, content.result()
        for first, content in waiting:
            yield first, content.result()


def _read(address: str) -> Content:
    try:
        return read(address)
    except FileNotFoundError:
        return ImageError(f"There is no file {address}. Check the address.")
    except Exception as error:  # each kind of storage has its own
        return ImageError(f"{address} can't be read ({type(error).__name__}: {error}).")
