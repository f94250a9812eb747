"""SALICON (Jiang et al. 2015): 10000 + 5000 pictures of COCO at 640x480, mouse for gaze, 5 s.

Layout: `images/{train,val}/*.jpg`, `fixations/{train,val}/*.mat`; both releases, 2015 and 2017
(in which fixations were detected anew), have it. Each .mat file has a struct array `gaze` with an
element for each viewer, of which `fixations`, rows of one-based x and y, is read (pysaliency
subtracts 1 too), not `location`, the raw track of the mouse. Viewers are numbered by their place
in the file and are others in the next file. `images/test` has no fixations and is left out;
`maps` (blurred fixations) are not needed.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from salmap.datasets.base import FixationDataset, Problem
from salmap.datasets.matfile import items, numbers, read_mat
from salmap.datasets.pairing import pair
from salmap.datasets.pictures import list_pictures
from salmap.datasets.scanpaths import Scanpath, join_viewers
from salmap.datasets.splits import SplitNames
from salmap.errors import DatasetError
from salmap.types import Fixations

#: the blur that the authors' own code (salicon-api, `buildFixMap`) gives fixations
SIGMA_PX = 19.0


def open_salicon(path: Path, splits: SplitNames | None = None) -> FixationDataset:
    """SALICON under `path`, the folder that holds `images` and `fixations`.

    Raises:
        DatasetError: if folders are missing or no picture has fixations.
    """
    parts = [part for part in ("train", "val") if (path / "images" / part).is_dir()]
    if not parts:
        raise DatasetError(
            f"{path} has neither images/train nor images/val. Give the folder that holds images."
        )
    pictures = {
        f"{part}/{name}": picture
        for part in parts
        for name, picture in list_pictures(path / "images" / part).items()
    }
    mats = {name: path / "fixations" / Path(name).with_suffix(".mat") for name in pictures}
    records, problems = pair(
        pictures,
        {name: partial(read_gaze, mat) for name, mat in mats.items() if mat.is_file()},
        Problem(
            "images",
            "Its file in fixations is missing.",
            "Unpack the fixations again, all of them.",
        ),
        f"Unpack the fixations into {path / 'fixations'}.",
    )
    return FixationDataset(
        "salicon",
        records,
        sigma_px=SIGMA_PX,
        citation="Jiang, Huang, Duan and Zhao: SALICON: saliency in context. CVPR 2015.",
        duration_s=5.0,
        splits=splits if splits is not None else _split(pictures),
        problems=problems,
    )


def _split(names: dict[str, Path]) -> SplitNames:
    return {
        part: frozenset(name for name in names if name.startswith(f"{part}/"))
        for part in ("train", "val")
    }


def read_gaze(path: Path) -> Fixations:
    """Fixations in zero-based pixels from one file.

    Raises:
        DatasetError: if the file is missing, damaged or of another form.
    """
    gaze = items(read_mat(path, "gaze"))
    try:
        viewers = [numbers(viewer.fixations).reshape(-1, 2) - 1 for viewer in gaze]
    except (AttributeError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path}: each element of gaze must have fixations, rows of x and y ({error}). "
            "Download the fixations again."
        ) from error
    paths = (Scanpath(v, xy[:, 0], xy[:, 1]) for v, xy in enumerate(viewers))
    return join_viewers(paths, str(path))
