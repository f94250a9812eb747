"""Which pictures there are in the files and folders that people name."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from salmap.errors import ImageError, listed
from salmap.files import name_as_text, walk
from salmap.pictures import IMAGE_SUFFIXES
from salmap.pictures.kinds import UNREAD_SUFFIXES
from salmap.pictures.made_here import has_our_name, made_here

#: what stands for standard input among the pictures, and for the picture read from it
DASH, STANDARD_INPUT = "-", Path("standard input")

Say = Callable[[Path, str], None]


@dataclass(frozen=True)
class Picture:
    """A picture to be done.

    Attributes:
        path: where it is; `STANDARD_INPUT` itself for the one that is read from there.
        place: its path below the folder that the user named; for a file, below its grandparent.
    """

    path: Path
    place: Path


def find_pictures(inputs: Iterable[str], out: Path, fail: Say, note: Say) -> list[Picture]:
    """The pictures in files and folders, each once, in the order given, folders sorted.

    Folders are searched at any depth, links to folders too, without hidden files and without
    results of Salmap.

    Args:
        inputs: paths, and "-" for standard input.
        out: where results go; what is called as results are is taken for one there.
        fail: told of an input that does not exist or has no pictures in it.
        note: told of files in a folder that are no pictures of a kind that can be read.
    """
    found: dict[Path, Picture] = {}
    for given in inputs:
        path = Path(given)
        if given == DASH:
            pictures = [Picture(STANDARD_INPUT, Path("stdin"))]
        elif path.is_dir():
            pictures = _in_folder(path, out, note)
        elif path.exists():
            pictures = [Picture(path, Path(path.absolute().parent.name, path.name))]
        else:
            fail(path, "there is no such file or folder. Check the path.")
            continue
        if not pictures:
            fail(path, "there are no pictures in this folder.")
        for picture in pictures:
            found.setdefault(picture.path.resolve(), picture)
    return list(found.values())


def source_of(path: Path) -> Path | BinaryIO:
    """What to read a picture that was found from.

    Raises:
        ImageError: if it is standard input and nothing is piped in.
    """
    if path is not STANDARD_INPUT:
        return path
    if sys.stdin is None or sys.stdin.isatty():
        raise ImageError("Nothing is piped in. Use a path, or: cat PICTURE | salmap predict - ...")
    stream = io.BytesIO(sys.stdin.buffer.read())
    stream.name = str(STANDARD_INPUT)
    return stream


def _in_folder(folder: Path, out: Path, note: Say) -> list[Picture]:
    paths = sorted(walk(folder))
    unread = [name_as_text(p.name) for p in paths if p.suffix.lower() in UNREAD_SUFFIXES]
    if unread:
        note(
            folder,
            f"{len(unread)} files of kinds that can't be read are left out: {listed(unread)}.",
        )
    return [
        Picture(path, path.relative_to(folder))
        for path in paths
        if path.suffix.lower() in IMAGE_SUFFIXES and not _made_here(path, out)
    ]


def _made_here(path: Path, out: Path) -> bool:
    """Whether a picture is a result of Salmap, of this run or of any other."""
    if has_our_name(path.name) and path.parent.resolve() == out.resolve():
        return True
    return made_here(path)
