"""`folder`: anybody's pictures in `images`, with `fixations.csv` or with maps in `maps`.

- `images/` may have folders inside, which become categories. Pictures are turned upright as
  their EXIF data say, and coordinates and maps are those of the upright picture.
- `fixations.csv` (`image,subject,x,y[,duration_ms]`): a row for each fixation in the order of
  viewing. `image` is a path in `images`, `subject` any name, `x, y` zero-based pixels: 0, 0 is the
  center of the top-left pixel.
- `maps/`: a gray picture of the same path and stem for each picture, of its size: how likely
  each pixel is to be fixated, on any scale. `POINTS_PER_MAP` points are drawn from it, the same
  ones each time, and stand for the fixations (viewer -1); training and scores are exact up to
  the noise of that many fixations.

If both exist, `fixations.csv` is used.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

import numpy as np

from salmap.datasets.base import FixationDataset, FixationSource, Problem
from salmap.datasets.fixations_csv import read_fixations_csv
from salmap.datasets.pairing import pair
from salmap.datasets.pictures import list_tree, read_gray, require_size
from salmap.datasets.splits import SplitNames, hashed_split
from salmap.errors import DatasetError
from salmap.fixations.points import draw_points
from salmap.types import Fixations

POINTS_PER_MAP = 200


def open_folder(path: Path, splits: SplitNames | None = None) -> FixationDataset:
    """The data set under `path`, the folder that holds `images`.

    Raises:
        DatasetError: if `images` is missing, or there is neither `fixations.csv` nor `maps`, or
            the table is wrong, or no picture has its map.
    """
    pictures = list_tree(path / "images")
    table, maps = path / "fixations.csv", path / "maps"
    sources: dict[str, FixationSource]
    if table.is_file():
        sources = dict(read_fixations_csv(table, pictures.keys()))
        notes = ["fixations.csv is used; maps is ignored."] if maps.is_dir() else []
    elif maps.is_dir():
        sources = _map_sources(maps, pictures)
        notes = [f"{POINTS_PER_MAP} points drawn from each map stand for the fixations."]
    else:
        raise DatasetError(f"{path} has neither fixations.csv nor the folder maps. Add one.")
    records, problems = pair(
        pictures,
        sources,
        Problem(
            "images",
            "It has no fixations or map.",
            "Add them, or remove the picture from images.",
            without_fixations=table.is_file(),
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
        use_exif=True,
    )


def _map_sources(maps: Path, pictures: dict[str, Path]) -> dict[str, FixationSource]:
    by_stem = {Path(name).with_suffix(""): path for name, path in list_tree(maps).items()}
    stems = {name: Path(name).with_suffix("") for name in pictures}
    return {
        name: partial(_draw_points, by_stem[stem], pictures[name], name)
        for name, stem in stems.items()
        if stem in by_stem
    }


def _draw_points(path: Path, picture: Path, name: str) -> Fixations:
    """Points drawn from a map, with a seed made from the picture's name."""
    gray = read_gray(path)
    require_size(gray.shape, path, picture, use_exif=True)
    if not np.isfinite(gray).all() or gray.min() < 0 or gray.max() <= 0:
        raise DatasetError(
            f"The map {path} is negative, not finite or black everywhere. Use a gray picture "
            "that is bright where people looked."
        )
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return draw_points(gray, POINTS_PER_MAP, seed)
