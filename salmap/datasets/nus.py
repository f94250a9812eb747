"""OSIE (Xu et al. 2014) and Saliency in Crowd (Jiang et al. 2014), which share a layout.

`data/stimuli/*.jpg`, and `data/eye/fixations.mat` with a cell or struct array `fixations` of `img`
(a file name) and `subjects`, each with `fix_x`, `fix_y` and `fix_duration` in one-based pixels of
the picture: the authors' own code (`computeFixationMaps.m`) uses the rounded coordinates as MATLAB
indices, and those of Saliency in Crowd run from 1.0 to 1024.0 and 768.0. Durations are in
milliseconds. Pictures were viewed freely: those of OSIE for 3 s, those of Saliency in Crowd for
5 s, which is what its durations add up to.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from salmap.datasets.base import FixationDataset, Problem
from salmap.datasets.matfile import items, numbers, read_mat
from salmap.datasets.pairing import pair
from salmap.datasets.pictures import list_pictures
from salmap.datasets.scanpaths import Scanpath, join_viewers
from salmap.datasets.splits import COMMITTED, SplitNames, read_splits
from salmap.errors import DatasetError, listed
from salmap.types import Fixations


@dataclass(frozen=True)
class NusSet:
    """A data set of this layout.

    Attributes:
        name: of the data set.
        sigma_px: `params.eye.radius` of the authors' code, one degree of visual angle.
        duration_s: how long each picture was shown.
        citation: the paper to cite.
    """

    name: str
    sigma_px: float
    duration_s: float
    citation: str

    def open(self, path: Path, splits: SplitNames | None = None) -> FixationDataset:
        """The data set under `path`, the folder that holds `data`.

        Raises:
            DatasetError: if a folder or the fixations are missing or damaged.
        """
        data = path / "data" if (path / "data").is_dir() else path
        pictures = list_pictures(data / "stimuli")
        mat = data / "eye" / "fixations.mat"
        fixations = read_nus_fixations(mat)
        absent = sorted(fixations.keys() - pictures.keys())
        records, problems = pair(
            pictures,
            fixations,
            Problem(
                "data/stimuli",
                "The fixations file does not name this picture.",
                "Remove the picture, or download the complete fixations.mat.",
            ),
            f"Use pictures and fixations of the same data set: {mat} names other pictures.",
        )
        return FixationDataset(
            self.name,
            records,
            sigma_px=self.sigma_px,
            license="MIT",
            citation=self.citation,
            duration_s=self.duration_s,
            splits=splits if splits is not None else read_splits(COMMITTED, self.name),
            problems=problems,
            notes=[f"{len(absent)} pictures with fixations are not on disk: {listed(absent)}."]
            if absent
            else [],
        )


#: 700 pictures of 800x600, on which 800 pixels spanned 33.7 degrees; 15 viewers
OSIE = NusSet(
    "osie",
    24.0,
    3.0,
    "Xu, Jiang, Wang, Kankanhalli and Zhao: Predicting human gaze beyond pixels. "
    "Journal of Vision 14(1), 2014.",
)
#: 500 pictures of 1024x768; 16 viewers
SALIENCY_IN_CROWD = NusSet(
    "saliency-in-crowd", 26.0, 5.0, "Jiang, Xu and Zhao: Saliency in crowd. ECCV 2014."
)


def read_nus_fixations(path: Path) -> dict[str, Fixations]:
    """Fixations in zero-based pixels by picture name; viewers are numbered by their place.

    Raises:
        DatasetError: if the file is missing, damaged or of another form.
    """
    found: dict[str, Fixations] = {}
    for number, entry in enumerate(items(read_mat(path, "fixations"))):
        try:
            name, subjects = str(entry.img), items(entry.subjects)
            found[name] = join_viewers(
                (_scanpath(v, s) for v, s in enumerate(subjects)), f"{path}, {name}"
            )
        except (AttributeError, TypeError, ValueError) as error:
            raise DatasetError(
                f"{path}: entry {number + 1} lacks img, subjects, fix_x, fix_y or fix_duration, "
                f"or they are not numbers ({error}). Download the file again."
            ) from error
    return found


def _scanpath(viewer: int, subject: Any) -> Scanpath:
    """The fixations of one viewer; a viewer without data is an empty cell."""
    if not hasattr(subject, "fix_x") and numbers(subject).size == 0:
        return Scanpath(viewer, numbers([]), numbers([]))
    x, y, duration_ms = (
        numbers(getattr(subject, field)) for field in ("fix_x", "fix_y", "fix_duration")
    )
    return Scanpath(viewer, x - 1, y - 1, duration_s=duration_ms / 1000)
