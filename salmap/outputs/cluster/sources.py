"""Which pictures there are at the addresses that people name: files, folders and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from fsspec import AbstractFileSystem

from salmap.errors import SalmapError
from salmap.files import name_as_text
from salmap.outputs.cluster.picture_tables import Rows, pictures_in
from salmap.outputs.cluster.storage import address_of, connect
from salmap.outputs.cluster.task import TABLE_SUFFIX, Task
from salmap.pictures import IMAGE_SUFFIXES
from salmap.pictures.made_here import HEAD_BYTES, has_our_name, is_marked

_WILD = "*?["
Fail = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A picture to be done.

    Attributes:
        address: of its file, or of the table that holds it.
        place: its path below the folder that the user named; outputs are named after it.
        row: its row in the table; -1 for a file.
    """

    address: str
    place: str
    row: int = -1

    @property
    def id(self) -> str:
        """What it is called in messages and results."""
        return self.address if self.row < 0 else f"{self.address}#{self.row}"


def find_sources(inputs: Iterable[str], task: Task, fail: Fail) -> list[Source]:
    """The pictures at these addresses, each once, in the order given, folders sorted.

    Args:
        inputs: files, folders (searched at any depth, without hidden files and without what an
            earlier run wrote), patterns such as `s3://bucket/2026/*.jpg`, and tables: Parquet
            files, or folders of them, whose names end in `.parquet`.
        task: where results go, and which column of tables holds pictures.
        fail: told of an input that does not exist or has no pictures in it, and why.
    """
    found: dict[str, Source] = {}
    for given in inputs:
        try:
            there = [s for s in _at(given, task.column) if not _made_here(s.address, task.out)]
        except SalmapError as error:
            fail(given, str(error))
            continue
        except Exception as error:  # each kind of storage has its own
            fail(given, f"it can't be read ({type(error).__name__}: {error}).")
            continue
        sources = [source for source in there if _is_text(source.id)]
        for source in there:
            if not _is_text(source.id):
                fail(name_as_text(source.id), "its name is not UTF-8. Rename it.")
        if not there:
            fail(given, "there are no pictures here. Tables are found by FOLDER/*.parquet.")
        for source in sources:
            found.setdefault(source.id, source)
    return list(found.values())


def _is_text(name: str) -> bool:
    """Whether a name can travel between machines."""
    return name == name_as_text(name)


def _made_here(address: str, out: str) -> bool:
    """Whether a picture is a result of Salmap, of this run or of any other."""
    folder, _, name = address.rpartition("/")
    if not has_our_name(name):
        return False
    if folder == out:
        return True
    files, path = connect(address)
    with files.open(path) as file:
        return is_marked(file.read(HEAD_BYTES))


def _at(given: str, column: str | None) -> Iterator[Source]:
    files, path = connect(given)
    if not files.exists(path):
        if not set(path) & set(_WILD):
            raise SalmapError("there is nothing at this address. Check it.")
        root = path[: min(path.find(c) for c in _WILD if c in path)].rpartition("/")[0]
        found = files.glob(path, detail=True)
        matches = sorted(m for m in found if not _hidden(m.removeprefix(root)))
        paths = [p for m in matches for p in _pictures(files, m, found[m]["type"] == "directory")]
    elif files.isdir(path):
        paths, root = _pictures(files, path, True), path
    else:
        paths, root = [path], str(PurePosixPath(path).parent.parent)
    for picture in paths:
        place = picture.removeprefix(root).lstrip("/")
        if picture.lower().endswith(TABLE_SUFFIX):
            yield from _in_table(files, picture, place, column)
        else:
            yield Source(address_of(files, picture), place)


def _pictures(files: AbstractFileSystem, path: str, is_folder: bool) -> list[str]:
    """What is a picture or a table: a path itself or, in a folder, what is below it.

    A folder that is called as a table is has tables in it, any other has pictures.
    """
    is_table = path.rstrip("/").lower().endswith(TABLE_SUFFIX)
    suffixes = {TABLE_SUFFIX} if is_table else IMAGE_SUFFIXES
    paths = sorted(files.find(path)) if is_folder else [path]
    return [
        found
        for found in paths
        if PurePosixPath(found).suffix.lower() in suffixes and not _hidden(found.removeprefix(path))
    ]


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(path).parts)


def _in_table(
    files: AbstractFileSystem, path: str, place: str, column: str | None
) -> Iterator[Source]:
    table = address_of(files, path)
    found = pictures_in(table, column)
    if isinstance(found, Rows):
        stem = str(PurePosixPath(place).with_suffix(""))
        digits = len(str(found.count - 1))
        for row in range(found.count):
            yield Source(table, f"{stem}-{row:0{digits}}.picture", row)
    else:
        for address in found:
            yield Source(address, "/".join(PurePosixPath(address).parts[-2:]))
