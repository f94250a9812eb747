"""Data sets of fixations, each read from the layout its authors publish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from salmap.datasets.base import FixationDataset, Problem, Record, Sample
from salmap.datasets.cat2000 import open_cat2000
from salmap.datasets.folder import open_folder
from salmap.datasets.mit1003 import open_mit1003
from salmap.datasets.nus import OSIE, SALIENCY_IN_CROWD
from salmap.datasets.salicon import open_salicon
from salmap.datasets.scene import open_scene
from salmap.datasets.splits import read_splits
from salmap.errors import DatasetError
from salmap.fixations.frame import Reading


@dataclass(frozen=True)
class Layout:
    """A layout of files on disk.

    Attributes:
        open: reads a folder in this layout, with other splits if they are given.
        takes_reading: whether it also takes a `Reading` of its tables.
    """

    open: Callable[..., FixationDataset]
    takes_reading: bool = False


#: by the name that commands take, as in `salmap.dataset_titles`
LAYOUTS = {
    "folder": Layout(open_folder, takes_reading=True),
    "osie": Layout(OSIE.open),
    "saliency-in-crowd": Layout(SALIENCY_IN_CROWD.open),
    "scene": Layout(open_scene),
    "cat2000": Layout(open_cat2000),
    "salicon": Layout(open_salicon),
    "mit1003": Layout(open_mit1003),
}

__all__ = [
    "LAYOUTS",
    "FixationDataset",
    "Layout",
    "Problem",
    "Record",
    "Sample",
    "open_dataset",
    "parse_data_option",
]


def open_dataset(
    name: str, path: Path, splits: Path | None = None, reading: Reading | None = None
) -> FixationDataset:
    """Open the data set `name` in its authors' layout under `path`.

    Args:
        name: one of `LAYOUTS`.
        path: its folder.
        splits: a JSON file that names the pictures for training and for validation; None uses
            the data set's own split.
        reading: what its owner says about its table of fixations; for layouts that have one.

    Raises:
        DatasetError: if the name is unknown, the folder missing, or files are damaged.
    """
    _require_name(name)
    path = Path(path)
    if not path.is_dir():
        raise DatasetError(f"There is no folder {path} for the data set {name}. Check the path.")
    layout, names = LAYOUTS[name], None if splits is None else read_splits(splits, name)
    return layout.open(path, names, reading) if layout.takes_reading else layout.open(path, names)


def parse_data_option(option: str) -> tuple[str, Path]:
    """(name, path) from `NAME=PATH`.

    Raises:
        DatasetError: if the option has another form or the name is unknown.
    """
    name, sign, path = option.partition("=")
    if not sign or not path:
        raise DatasetError(f"Give a data set as NAME=PATH, such as osie=data/osie, not {option!r}.")
    _require_name(name)
    return name, Path(path)


def _require_name(name: str) -> None:
    if name not in LAYOUTS:
        known = ", ".join(sorted(LAYOUTS))
        raise DatasetError(f"There is no data set {name!r}. Choose one of {known}.")
