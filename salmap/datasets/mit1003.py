"""MIT1003 (Judd et al. 2009): 1003 pictures with a long side of 1024, 15 viewers, 3 s.

Layout: `ALLSTIMULI/*.jpeg`, `ALLFIXATIONMAPS/*_fixPts.jpg`, maps that are white where somebody
looked (those written as `*_fixMap.jpg` are blurred and not needed). They do not tell viewers
apart, leave out each viewer's first fixation, and are JPEG files, so pixels
brighter than half are points. The recordings in `DATA` are raw samples, not fixations; detect
fixations in them first and use the layout `folder` with a `fixations.csv`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from salmap.datasets.base import FixationDataset, Problem
from salmap.datasets.map_files import read_saved_map, require_size
from salmap.datasets.pairing import pair
from salmap.datasets.pictures import list_pictures, read_size
from salmap.datasets.splits import SplitNames, hashed_split
from salmap.fixations.points import points_of_mask
from salmap.types import Fixations

#: one degree of visual angle according to the MIT/Tuebingen benchmark
SIGMA_PX = 35.0
_WHITE = 127


def open_mit1003(path: Path, splits: SplitNames | None = None) -> FixationDataset:
    """MIT1003 under `path`, the folder that holds `ALLSTIMULI` and `ALLFIXATIONMAPS`.

    Raises:
        DatasetError: if folders are missing or no picture has its map of points.
    """
    pictures = list_pictures(path / "ALLSTIMULI")
    maps = path / "ALLFIXATIONMAPS"
    points = {name: maps / f"{Path(name).stem}_fixPts.jpg" for name in pictures}
    records, problems = pair(
        pictures,
        {
            name: partial(_read_points, point_map, pictures[name])
            for name, point_map in points.items()
            if point_map.is_file()
        },
        Problem("ALLSTIMULI", "Its *_fixPts.jpg is missing.", "Unpack ALLFIXATIONMAPS again."),
        f"Unpack ALLFIXATIONMAPS into {path}.",
    )
    return FixationDataset(
        "mit1003",
        records,
        sigma_px=SIGMA_PX,
        citation="Judd, Ehinger, Durand and Torralba: Learning to predict where humans look. "
        "ICCV 2009.",
        duration_s=3.0,
        splits=splits if splits is not None else hashed_split(pictures),
        problems=problems,
        notes=["Read from maps of points, which do not tell viewers apart."],
    )


def _read_points(path: Path, picture: Path) -> Fixations:
    gray = read_saved_map(path).values
    require_size(gray.shape, read_size(picture), path)
    return points_of_mask(gray > _WHITE)
