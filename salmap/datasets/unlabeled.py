"""Pictures without fixations, for training on what a teacher predicts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from salmap.datasets.base import FixationDataset, Record
from salmap.datasets.pictures import list_tree
from salmap.errors import DatasetError, listed
from salmap.types import Fixations

NAME = "unlabeled"


def open_unlabeled(path: Path, held_out: Iterable[Path]) -> FixationDataset:
    """All pictures under a folder, without fixations, all for training.

    Args:
        path: the folder; folders inside are read, too.
        held_out: pictures that must not be among them: those that models are scored on.

    Raises:
        DatasetError: if there is no picture, or one is the same file as a picture held out.
    """
    if not path.is_dir():
        raise DatasetError(f"There is no folder {path} of unlabeled pictures. Check the path.")
    pictures = list_tree(path)
    if not pictures:
        raise DatasetError(f"The folder {path} of unlabeled pictures contains no pictures.")
    known = {_digest(picture) for picture in held_out}
    if leaks := [name for name, picture in pictures.items() if _digest(picture) in known]:
        raise DatasetError(
            f"{len(leaks)} of the unlabeled pictures in {path} are held out for validation: "
            f"{listed(leaks)}. Remove them from the folder."
        )
    none = Fixations.of_unknown_viewers([], [])
    records = [Record(name, picture, none) for name, picture in pictures.items()]
    return FixationDataset(NAME, records, splits={"train": list(pictures)}, use_exif=True)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
