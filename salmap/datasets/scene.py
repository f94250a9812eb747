"""Scene Saliency (Liang et al. 2015): 500 pictures of SUN2012 in many sizes, 12 viewers.

Layout: `data/stimuli/NNN.jpg`; `data/tidy/fixations.mat`, a cell array `fixations` with a row for
each picture in the order of the sorted file names and a column for each viewer, each cell an
(n, 4) matrix of y, x, latency and duration; `data/tidy/imgInfo.mat` with the sizes (y, x).

The authors' `parseEyeData.m` says what the numbers are: the tracker's zero-based screen pixels,
less the margin beside the picture, divided by the factor with which the picture was blown up to
fill the screen of 1920x1080. So 0 is the center of a screen pixel at the picture's corner, which
is `0.5 - 0.5 / factor` picture pixels before the center of the top-left picture pixel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from salmap.datasets.base import FixationDataset, Record, listed
from salmap.datasets.matfile import read_mat
from salmap.datasets.pictures import list_pictures, read_size
from salmap.datasets.scanpaths import Scanpath, join_viewers
from salmap.datasets.splits import COMMITTED, SplitNames, read_splits
from salmap.errors import DatasetError
from salmap.types import Fixations

SCREEN = (1080, 1920)
#: `params.eye.radius` of the authors' code is 8 pixels on pictures of 256x256, which filled the
#: height of the screen; the same angle is used for pictures of other sizes
SIGMA_SCREEN_PX = 8 * 1080 / 256


def display_factor(size: tuple[int, int]) -> float:
    """Screen pixels per picture pixel for a picture of this (height, width)."""
    return min(SCREEN[0] / size[0], SCREEN[1] / size[1])


def sigma_px(size: tuple[int, int]) -> float:
    """One degree of visual angle, as the authors took it, on a picture of this size."""
    return SIGMA_SCREEN_PX / display_factor(size)


def open_scene(path: Path, splits: SplitNames | None = None) -> FixationDataset:
    """Scene Saliency under `path`, the folder that holds `data`.

    Raises:
        DatasetError: if files are missing or damaged, or the pictures do not match the rows of
            fixations.
    """
    data = path / "data" if (path / "data").is_dir() else path
    pictures = list_pictures(data / "stimuli")
    mat = data / "tidy" / "fixations.mat"
    cells = _cells(mat)
    rows = _match_rows(pictures, len(cells), mat)
    sizes = _read_sizes(data / "tidy" / "imgInfo.mat", len(cells))
    _require_sizes(pictures, rows, sizes)
    absent = len(cells) - len(rows)
    return FixationDataset(
        "scene",
        [
            Record(name, pictures[name], _fixations(cells[row], sizes[row], f"{mat}, {name}"))
            for name, row in rows.items()
        ],
        sigma_px=sigma_px,
        license="MIT",
        citation="Liang, Jiang, Liang and Zhao: Saliency prediction with scene structural "
        "guidance. IEEE SMC 2015.",
        duration_s=3.0,
        splits=splits if splits is not None else read_splits(COMMITTED, "scene"),
        notes=[f"{absent} pictures with fixations are not on disk."] if absent else [],
    )


def _cells(path: Path) -> NDArray[Any]:
    """object (pictures, viewers): an (n, 4) matrix or nothing in each cell."""
    cells = read_mat(path, "fixations", squeeze=False)
    if cells.dtype != object or cells.ndim != 2:
        raise DatasetError(
            f"{path}: fixations must be a cell array with a row for each picture and a column "
            "for each viewer. Download the file again."
        )
    return cells


def _match_rows(pictures: dict[str, Path], n_rows: int, mat: Path) -> dict[str, int]:
    """The row of each picture: by sorted order, or by number where pictures are missing."""
    if len(pictures) == n_rows:
        return {name: row for row, name in enumerate(pictures)}
    stems = [path.stem for path in pictures.values()]
    if all(stem.isdecimal() and 1 <= int(stem) <= n_rows for stem in stems):
        return {name: int(path.stem) - 1 for name, path in pictures.items()}
    raise DatasetError(
        f"{mat} has {n_rows} rows, one for each picture in sorted order, but there are "
        f"{len(pictures)} pictures, so they can't be matched. Unpack all the stimuli."
    )


def _read_sizes(path: Path, n_rows: int) -> list[tuple[int, int]]:
    """(height, width) for each row of fixations."""
    info = read_mat(path, "imgInfo")
    sizes = np.atleast_2d(np.asarray(getattr(info, "size", None)))
    if sizes.shape != (n_rows, 2) or sizes.min() < 1:
        raise DatasetError(
            f"{path}: imgInfo.size must have a row (height, width) for each of the {n_rows} rows "
            "of fixations.mat. Download both files again."
        )
    return [(int(height), int(width)) for height, width in sizes]


def _require_sizes(
    pictures: dict[str, Path], rows: dict[str, int], sizes: list[tuple[int, int]]
) -> None:
    """Refuse pictures whose sizes say that they are not those of the rows."""
    wrong = [name for name, row in rows.items() if read_size(pictures[name]) != sizes[row]]
    if wrong:
        raise DatasetError(
            f"{len(wrong)} pictures do not have the size that imgInfo.mat gives: {listed(wrong)}. "
            "Unpack the stimuli again, unscaled, and all of them."
        )


def _fixations(cells: NDArray[Any], size: tuple[int, int], where: str) -> Fixations:
    """The fixations of one row, moved to the center of the top-left picture pixel."""
    shift = 0.5 / display_factor(size) - 0.5
    matrices = [np.atleast_2d(np.asarray(cell, np.float64)) for cell in cells]
    if any(m.size and m.shape[1] < 4 for m in matrices):
        raise DatasetError(
            f"{where}: a cell must have the columns y, x, latency, duration. Download it again."
        )
    return join_viewers(
        (
            Scanpath(viewer, m[:, 1] + shift, m[:, 0] + shift, m[:, 2], m[:, 3])
            for viewer, m in enumerate(matrices)
            if m.size
        ),
        where,
    )
