"""CAT2000 (Borji and Itti 2015): 20 categories of 100 pictures, 18 viewers each, 5 s.

Layout: `trainSet/Stimuli/<Category>/NNN.jpg`, `trainSet/allFixData.mat` and
`trainSet/FIXATIONLOCS/<Category>/NNN.mat`. The test set has no public fixations and is left out.

- `allFixData.mat` holds a MATLAB `containers.Map` from "Action/001.jpg" to a cell array with a
  struct for each viewer: `name` ("24-53-ak.eye", whose last part is the viewer) and `data`, rows
  of one-based x and y (pysaliency's loader, version 1.1, says so and subtracts 1 too).
- Thousands of its fixations are the one before it again, and some are not numbers: both are left
  out, as pysaliency does.
- `FIXATIONLOCS` has a binary map `fixLocs` for each picture, which knows no viewers; it is read
  where `allFixData.mat` is missing.
- The folders `Output` inside the categories hold maps, no stimuli.
- Pictures of other proportions carry bars of gray (126) up to 1920x1080. Viewers saw them and
  the field scores them, so they stay.
- `testSet/Stimuli/Pattern/134.jpg` has a wrong EXIF orientation: EXIF data are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from salmap.datasets.base import FixationDataset, FixationSource, Problem
from salmap.datasets.map_files import require_size
from salmap.datasets.matfile import read_map, read_mat
from salmap.datasets.pairing import pair
from salmap.datasets.pictures import list_pictures, read_size
from salmap.datasets.scanpaths import Scanpath, join_viewers
from salmap.datasets.splits import SplitNames, every_tenth, split_from_val
from salmap.errors import DatasetError
from salmap.fixations.points import points_of_mask
from salmap.types import Fixations

#: the stimuli spanned 45.5 x 31 degrees on 1920x1080 pixels, which is 42 pixels to a degree
#: across and 35 down; this is the mean
SIGMA_PX = 38.0


def open_cat2000(path: Path, splits: SplitNames | None = None) -> FixationDataset:
    """The training set of CAT2000 under `path`, the folder that holds `trainSet`.

    The first of every ten pictures of a category is for validation.

    Raises:
        DatasetError: if files are missing or damaged.
    """
    root = path / "trainSet" if (path / "trainSet").is_dir() else path
    pictures = _list_stimuli(root / "Stimuli")
    records, problems = pair(
        pictures,
        _fixation_sources(root, pictures),
        Problem("Stimuli", "It has no fixations.", "Unpack the set again."),
        f"Unpack allFixData.mat or FIXATIONLOCS of the same set into {root}.",
        category=lambda name: name.split("/")[0],
    )
    by_viewer = (root / "allFixData.mat").is_file()
    return FixationDataset(
        "cat2000",
        records,
        sigma_px=SIGMA_PX,
        citation="Borji and Itti: CAT2000: a large scale fixation dataset for boosting saliency "
        "research. CVPR workshop 'Future of Datasets', 2015.",
        duration_s=5.0,
        splits=splits if splits is not None else _split(pictures),
        problems=problems,
        notes=[] if by_viewer else ["From FIXATIONLOCS, which does not tell viewers apart."],
    )


def _list_stimuli(folder: Path) -> dict[str, Path]:
    """Pictures by "Category/NNN.jpg"; folders inside a category (`Output`) are skipped."""
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}. Give the folder that contains trainSet.")
    categories = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    found = {
        f"{category.name}/{name}": picture
        for category in categories
        for name, picture in list_pictures(category).items()
    }
    if not found:
        raise DatasetError(f"{folder} contains no category folders. Unpack trainSet again.")
    return found


def _split(names: dict[str, Path]) -> SplitNames:
    """The fixed split: the first of every ten of each category is for validation."""
    categories = {name.split("/")[0] for name in names}
    val = (every_tenth(n for n in names if n.startswith(f"{c}/")) for c in categories)
    return split_from_val(frozenset().union(*val), names)


def _fixation_sources(root: Path, pictures: dict[str, Path]) -> dict[str, FixationSource]:
    every = root / "allFixData.mat"
    if every.is_file():
        return dict(read_all_fixations(every))
    maps = root / "FIXATIONLOCS"
    if not maps.is_dir():
        raise DatasetError(f"{root} has neither allFixData.mat nor FIXATIONLOCS. Unpack it again.")
    paths = {name: (maps / name).with_suffix(".mat") for name in pictures}
    return {
        name: partial(_read_locations, path, pictures[name])
        for name, path in paths.items()
        if path.is_file()
    }


def _read_locations(path: Path, picture: Path) -> Fixations:
    """Fixations of unknown viewers from one file of FIXATIONLOCS."""
    mask = read_map(path, "fixLocs")
    require_size(mask.shape, read_size(picture), path)
    return points_of_mask(mask)


def read_all_fixations(path: Path) -> dict[str, Fixations]:
    """Fixations in zero-based pixels by "Category/NNN.jpg" from allFixData.mat.

    A viewer has the same number on all pictures, its place in the sorted list of viewers.

    Raises:
        DatasetError: if the file is damaged or of another form.
    """
    scanpaths = {
        str(key).replace("\\", "/"): [*_scanpaths(cell, f"{path}, {key}")]
        for key, cell in read_mat(path, "allData", objects=True).items()
    }
    names = sorted({viewer for trials in scanpaths.values() for viewer, _ in trials})
    number = {name: index for index, name in enumerate(names)}
    return {
        key: join_viewers(
            (Scanpath(number[viewer], xy[:, 0] - 1, xy[:, 1] - 1) for viewer, xy in trials),
            f"{path}, {key}",
        )
        for key, trials in scanpaths.items()
    }


def _scanpaths(cell: Any, where: str) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """(viewer, one-based xy (n, 2)) of each struct in a cell array, cells in cells opened."""
    array = np.asarray(cell)
    if array.dtype.names and {"name", "data"} <= set(array.dtype.names):
        for struct in array.ravel():
            name = str(np.asarray(struct["name"]).ravel()[0])
            yield name.removesuffix(".eye").split("-")[-1], _clean(struct["data"], where)
    elif array.dtype == object:
        for item in array.ravel():
            yield from _scanpaths(item, where)
    elif array.size:
        raise DatasetError(f"{where}: expected structs with name and data. Download it again.")


def _clean(data: Any, where: str) -> NDArray[np.float64]:
    """xy (n, 2) without NaN and without immediate repeats."""
    table = np.asarray(data, np.float64)
    if table.size == 0:
        return np.empty((0, 2))
    if table.ndim != 2 or table.shape[1] < 2:
        raise DatasetError(f"{where}: data must have the columns x, y. Download the file again.")
    xy = table[~np.isnan(table).any(axis=1), :2]
    repeated = np.zeros(len(xy), bool)
    repeated[1:] = (xy[1:] == xy[:-1]).all(axis=1)
    return xy[~repeated]
