"""`folder`: anybody's pictures in `images`, with `fixations.csv` or with maps in `maps`.

- `images/` (or `stimuli/`) may have folders inside, which become categories, and links to folders.
  Pictures are turned upright as their EXIF data say, and coordinates and maps are those of the
  upright picture.
- `fixations.csv` (`image,subject,x,y[,duration_ms]`): a row for each fixation in the order of
  viewing. `image` means a picture in `images` (see `salmap.pictures.names`), `subject` is any name
  or left out, `x, y` are zero-based pixels: 0, 0 is the center of the top-left pixel. Files of
  trackers and other dialects may take its place, as `fixations.*` or several in `fixations/`; see
  `salmap.fixations`.
- `maps/`: a gray picture or a `.npy` file for each picture, called as it is, of its size (see
  `salmap.datasets.map_files`): how likely each pixel is to be fixated, on any scale.
  `POINTS_PER_MAP` points are drawn from it, the same ones each time, and stand for the fixations
  (viewer -1); training and scores are exact up to the noise of that many fixations.

If both exist, the fixations are used. Capitals in these names make no difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from salmap.datasets.base import FixationDataset, FixationSource, Problem
from salmap.datasets.fixations_csv import NAME, find_tables, read_fixation_tables
from salmap.datasets.map_files import maps_by_name, read_saved_map, require_size
from salmap.datasets.pairing import pair
from salmap.datasets.pictures import list_tree, read_size
from salmap.datasets.splits import SplitNames, hashed_split
from salmap.errors import DatasetError, FaultyFileError, listed
from salmap.files import walk
from salmap.fixations.frame import Reading
from salmap.fixations.points import draw_points
from salmap.fixations.tables import TABLE_SUFFIXES
from salmap.pictures.names import match_names
from salmap.types import Fixations

POINTS_PER_MAP = 200
#: what the parts of a data set are called, with any capitals
PICTURES, MAPS = ("images", "stimuli"), ("maps",)
TABLES = tuple(f"{NAME}{suffix}" for suffix in TABLE_SUFFIXES)


def open_folder(
    path: Path, splits: SplitNames | None = None, reading: Reading | None = None
) -> FixationDataset:
    """The data set under `path`, the folder that holds `images`; `reading` is about its tables.

    Raises:
        DatasetError: if `images` is missing, or there is neither `fixations.csv` nor `maps`, or
            the table is wrong, or no picture has its map.
    """
    pictures = pictures_in(path)
    tables, maps = find_tables(path), _part(path, MAPS)
    sources: Mapping[str, FixationSource]
    found = None
    if tables:
        found = read_fixation_tables(tables, pictures, reading)
        ignored = [f"{tables[0].name} is used; {maps.name} is ignored."] if maps else []
        sources, notes = found.sources, [*found.notes, *ignored]
    elif maps:
        sources, notes = _map_sources(maps, pictures)
    else:
        raise DatasetError(f"{path} has neither fixations.csv nor the folder maps. Add one.")
    records, problems = pair(
        pictures,
        sources,
        Problem(
            "images",
            "It has no fixations or map.",
            "Add them, or remove the picture from images.",
            without_fixations=bool(tables),
        ),
        "A map has the same name as its picture, without the ending.",
        category=lambda name: Path(name).parent.name or None,
    )
    return FixationDataset(
        "folder",
        records,
        splits=splits if splits is not None else hashed_split(pictures),
        problems=problems,
        notes=notes,
        doubt=found.doubt if found else "",
        sizes=found.sizes if found else {},
        use_exif=True,
    )


def pictures_in(path: Path) -> dict[str, Path]:
    """The pictures of a folder in this layout by name, sorted.

    Raises:
        DatasetError: if there is none.
    """
    return list_tree(_part(path, PICTURES) or path / PICTURES[0])


def _part(path: Path, names: Sequence[str]) -> Path | None:
    """What is called by one of these names in a folder, the first of them that is there."""
    there = {child.name.lower(): child for child in sorted(path.iterdir(), reverse=True)}
    there |= {child.name: child for child in path.iterdir()}
    return next((there[name] for name in names if name in there), None)


def _map_sources(
    maps: Path, pictures: dict[str, Path]
) -> tuple[dict[str, FixationSource], list[str]]:
    """How to read the map of each picture that has one, and what is worth knowing."""
    by_name = maps_by_name(walk(maps), maps)
    matches = match_names(by_name, pictures)
    for picture, rivals in matches.rivals.items():
        raise DatasetError(
            f"{maps} has several maps that could be of {picture}: {listed(rivals)}. Keep one."
        )
    notes = [f"{POINTS_PER_MAP} points drawn from each map stand for the fixations."]
    unknown = by_name.keys() - matches.found.keys() - matches.several.keys()
    for names, why in (
        (sorted(matches.several), "could mean several pictures"),
        (sorted(unknown), "belong to no picture"),
    ):
        if names:
            notes.append(f"{len(names)} maps are left out, for they {why}: {listed(names)}.")
    sources: dict[str, FixationSource] = {
        picture: partial(_draw_points, by_name[name], pictures[picture], picture)
        for name, picture in matches.found.items()
    }
    return sources, notes


def _draw_points(path: Path, picture: Path, name: str) -> Fixations:
    """Points drawn from a map, with a seed made from the picture's name."""
    saved = read_saved_map(path)
    require_size(saved.values.shape, read_size(picture, use_exif=True), path)
    if saved.was_log or saved.values.min() < 0:
        raise FaultyFileError.of(path, "The map has negative values.", "Save the density itself.")
    if saved.values.min() == saved.values.max():
        raise FaultyFileError.of(
            path, "The map is the same everywhere.", "Use one that is bright where people looked."
        )
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return draw_points(saved.values, POINTS_PER_MAP, seed)
