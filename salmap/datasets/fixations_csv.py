"""Reading the tables of fixations of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NoReturn

from salmap.datasets.base import FixationSource
from salmap.datasets.pictures import read_size
from salmap.errors import DatasetError, FixationsError
from salmap.fixations.frame import Reading
from salmap.fixations.gaze import Gaze, join
from salmap.fixations.placing import place
from salmap.fixations.pysaliency_files import stimulus_names
from salmap.fixations.tables import TABLE_SUFFIXES, is_table, on_pictures, read_gaze

NAME = "fixations"


@dataclass(frozen=True, eq=False)
class TableFixations:
    """The fixations of a data set's tables.

    Attributes:
        sources: picture -> fixations in its pixels.
        notes: what was done in reading them, sentences for people.
        doubt: why no gain should be claimed on them; empty if nothing is unusual.
        sizes: picture -> (height, width), of those that can be read.
    """

    sources: Mapping[str, FixationSource]
    notes: tuple[str, ...]
    doubt: str
    sizes: Mapping[str, tuple[int, int]]


def find_tables(root: Path) -> list[Path]:
    """The table `fixations.*` in a folder, in any case, or else all tables in `fixations/`."""
    entries = sorted(root.iterdir()) if root.is_dir() else []
    named = [path for path in entries if path.stem.lower() == NAME]
    tables = [path for path in named if path.is_file() and is_table(path.name)]
    if tables:
        return [min(tables, key=lambda p: TABLE_SUFFIXES.index(p.suffix.lower()))]
    folders = [path for path in named if path.is_dir()]
    return sorted(p for folder in folders for p in folder.rglob("*") if is_table(p.name))


def read_fixation_tables(
    paths: Sequence[Path], pictures: Mapping[str, Path], reading: Reading | None = None
) -> TableFixations:
    """The fixations of tables on pictures.

    Args:
        paths: the tables, at least one; several are of a viewer each, unless they name viewers.
        pictures: name -> path; they are turned upright as their files say.
        reading: what the owner says about the tables.

    Raises:
        DatasetError: if a table can't be read or has mistakes, naming row and column, or it is not
            certain how its positions are counted.
    """
    name = str(paths[0]) if len(paths) == 1 else str(paths[0].parent)
    reading = reading or Reading()
    try:
        gaze = join([(path.stem, _read(path, reading)) for path in paths])
        if gaze.is_numbered:
            gaze = _named_by_number(gaze, paths[0], list(pictures))
        if gaze.images == ("",):
            raise FixationsError(
                f"{name} lacks the columns image: say on which picture each fixation is, or name "
                "the column that does, such as --gaze image=HEADING."
            )
        gaze = on_pictures(name, gaze, pictures)
        sizes = {picture: _size(pictures[picture]) for picture in gaze.images}
        placed = place(gaze, list(sizes.values()), reading)
    except FixationsError as error:
        raise DatasetError(_about(name, str(error))) from error
    sources: dict[str, FixationSource] = {
        picture: fixations if sizes[picture] else partial(_unreadable, pictures[picture])
        for picture, fixations in placed.fixations.items()
    }
    known = {picture: size for picture, size in sizes.items() if size}
    return TableFixations(sources, placed.notes, placed.doubt, known)


def _named_by_number(gaze: Gaze, path: Path, pictures: Sequence[str]) -> Gaze:
    """Gaze on numbered stimuli, named by the file of stimuli beside it or by alphabet.

    Raises:
        FixationsError: if there is no such file, and the pictures are not as many.
    """
    stimuli = path.with_name(f"stimuli{path.suffix}")
    if stimuli.is_file():
        names = stimulus_names(stimuli.read_bytes())
        note = f"Pictures are named by {stimuli.name}."
    else:
        names, note = sorted(pictures), "The numbers of pictures were taken in alphabetical order."
        if len(names) != len(gaze.images):
            raise FixationsError(
                f"{path.name} numbers {len(gaze.images)} pictures, but there are {len(names)}. Put "
                f"pysaliency's file of stimuli beside it, as {stimuli.name}."
            )
    if len(names) < len(gaze.images):
        raise FixationsError(f"{stimuli.name} has fewer stimuli than {path.name}.")
    return replace(gaze, images=tuple(names[: len(gaze.images)]), is_numbered=False).noted(note)


def _read(path: Path, reading: Reading) -> Gaze:
    try:
        return read_gaze(str(path), path.read_bytes(), reading)
    except OSError as error:
        raise DatasetError(f"{path} can't be read: {error.strerror}.") from error


def _size(path: Path) -> tuple[int, int] | None:
    try:
        return read_size(path, use_exif=True)
    except DatasetError:
        return None


def _unreadable(path: Path) -> NoReturn:
    """Raise what is wrong with a picture, when its fixations are asked for."""
    read_size(path, use_exif=True)
    raise DatasetError(f"The picture {path} could not be read at first. Open the data set again.")


def _about(name: str, message: str) -> str:
    return message if name in message else f"{name}: {message}"
