"""Which pictures there are in the files and folders that people name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from salmap.outputs.names import Output
from salmap.pictures import IMAGE_SUFFIXES

_PICTURES_MADE_HERE = "|".join(
    re.escape(output.ending) for output in Output if output.ending.endswith(".png")
)
_MADE_HERE = re.compile(f".+({_PICTURES_MADE_HERE})")


@dataclass(frozen=True)
class Picture:
    """A picture to be done.

    Attributes:
        path: where it is.
        place: its path below the folder that the user named; for a file, below its grandparent.
    """

    path: Path
    place: Path


def find_pictures(
    inputs: Iterable[Path], out: Path, fail: Callable[[Path, str], None]
) -> list[Picture]:
    """The pictures in files and folders, each once, in the order given, folders sorted.

    Folders are searched at any depth, without hidden files and without what an earlier run wrote
    into `out`. `fail` is told of an input that does not exist or has no pictures in it.
    """
    found: dict[Path, Picture] = {}
    for given in inputs:
        pictures = _in_folder(given, out) if given.is_dir() else [_single(given)]
        if not given.exists():
            fail(given, "there is no such file or folder. Check the path.")
        elif not pictures:
            fail(given, "there are no pictures in this folder.")
        else:
            for picture in pictures:
                found.setdefault(picture.path.resolve(), picture)
    return list(found.values())


def _single(path: Path) -> Picture:
    return Picture(path, Path(path.absolute().parent.name, path.name))


def _in_folder(folder: Path, out: Path) -> list[Picture]:
    paths = [
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in IMAGE_SUFFIXES and not name.startswith(".")
    ]
    return [
        Picture(path, path.relative_to(folder))
        for path in sorted(paths)
        if not (made_here(path.name) and path.parent.resolve() == out.resolve())
    ]


def made_here(name: str) -> bool:
    """Whether a picture is called as `salmap predict` calls those that it makes."""
    return _MADE_HERE.fullmatch(name) is not None
