"""The layout that OSIE and Saliency in Crowd share: named pictures in one `fixations.mat`.

`data/eye/fixations.mat` holds a cell or struct array `fixations` with `img` (a file name) and
`subjects`, each with `fix_x`, `fix_y` and `fix_duration` in one-based pixels of the picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from salmap.datasets.base import FixationDataset, Problem, Record, listed
from salmap.datasets.matfile import items, numbers, read_mat
from salmap.datasets.pictures import list_pictures
from salmap.datasets.scanpaths import join_viewers
from salmap.datasets.splits import COMMITTED, SplitNames, read_splits
from salmap.errors import DatasetError
from salmap.types import Fixations

DURATION_S = 3.0


def open_nus(
    name: str,
    path: Path,
    splits: SplitNames | None,
    *,
    sigma_px: float,
    license: str,
    citation: str,
) -> FixationDataset:
    """A data set of this layout under `path`, the folder that holds `data`.

    Raises:
        DatasetError: if a folder or the fixations are missing or damaged.
    """
    data = path / "data" if (path / "data").is_dir() else path
    pictures = list_pictures(data / "stimuli")
    mat = data / "eye" / "fixations.mat"
    fixations = read_nus_fixations(mat)
    absent = sorted(fixations.keys() - pictures.keys())
    unseen = sorted(pictures.keys() - fixations.keys())
    if len(unseen) == len(pictures):
        raise DatasetError(
            f"None of the {len(pictures)} pictures in {data / 'stimuli'} is named in {mat}: "
            f"{listed(unseen)}. Use the pictures and the fixations of the same data set."
        )
    return FixationDataset(
        name,
        [Record(n, p, fixations[n]) for n, p in pictures.items() if n in fixations],
        sigma_px=sigma_px,
        license=license,
        citation=citation,
        duration_s=DURATION_S,
        splits=splits if splits is not None else read_splits(COMMITTED, name),
        problems=[
            Problem(
                f"data/stimuli/{n}",
                "The fixations file does not name this picture.",
                "Remove the picture, or download the complete fixations.mat.",
            )
            for n in unseen
        ],
        notes=[f"{len(absent)} pictures with fixations are not on disk: {listed(absent)}."]
        if absent
        else [],
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
                ((v, *_coordinates(s)) for v, s in enumerate(subjects)), f"{path}, {name}"
            )
        except (AttributeError, TypeError, ValueError) as error:
            raise DatasetError(
                f"{path}: entry {number + 1} lacks img, subjects, fix_x or fix_y, or they are not "
                f"numbers ({error}). Download the file again."
            ) from error
    return found


def _coordinates(subject: Any) -> tuple[Any, Any]:
    """Zero-based (x, y) of one viewer; a viewer without data is an empty cell."""
    if not hasattr(subject, "fix_x") and numbers(subject).size == 0:
        return numbers([]), numbers([])
    return numbers(subject.fix_x) - 1, numbers(subject.fix_y) - 1
