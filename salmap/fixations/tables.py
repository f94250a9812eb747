"""Files of fixations of any kind: what is in the file decides how it is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

import numpy as np

from salmap.errors import FixationsError, listed
from salmap.fixations.columns import gaze_of_table
from salmap.fixations.frame import Reading
from salmap.fixations.gaze import Gaze, counted
from salmap.fixations.text_table import read_text_table
from salmap.pictures.names import match_names

#: endings of files that may hold fixations
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")


def is_table(name: str) -> bool:
    """Whether a file may be a table of fixations, by its name."""
    return PurePosixPath(name).suffix.lower() in TABLE_SUFFIXES


def read_gaze(name: str, data: bytes, reading: Reading | None = None) -> Gaze:
    """What a file says of where people looked.

    Args:
        name: of the file, for messages.
        data: its bytes.
        reading: what its owner says about it.

    Raises:
        FixationsError: if it can't be read or has mistakes, saying where.
    """
    return gaze_of_table(read_text_table(name, data), reading or Reading())


def on_pictures(name: str, gaze: Gaze, pictures: Iterable[str]) -> Gaze:
    """The rows on these pictures, under their names; see `salmap.pictures.names`.

    Rows on other things, such as pictures that are not at hand or a tracker's calibration, are left
    out and counted.

    Args:
        name: of the file, for messages.
        gaze: what it says.
        pictures: the names of the pictures there are.

    Raises:
        FixationsError: if an image can be several pictures, several can be one, or there is none.
    """
    matches = match_names(gaze.images, pictures)
    for image, candidates in matches.several.items():
        raise FixationsError(
            f"{name}: {image!r} could be any of {listed(candidates)}. Give its folder, too."
        )
    for picture, images in matches.rivals.items():
        raise FixationsError(
            f"The table has several images that could be {picture}: {listed(images)}. Keep one."
        )
    unknown = [number for number, image in enumerate(gaze.images) if image not in matches.found]
    if not unknown:
        return gaze.on(matches.found)
    rows = np.flatnonzero(np.isin(gaze.image, unknown))
    if not matches.found:
        mistakes = [_unknown(gaze, int(row)) for row in rows]
        raise FixationsError(
            f"{name} has {counted(len(mistakes), 'mistake')}: {listed(mistakes, '; ')}. Correct "
            "or remove these rows."
        )
    others = listed([gaze.images[number] for number in unknown])
    return gaze.on(matches.found).noted(
        f"{counted(len(rows), 'row')} on {counted(len(unknown), 'image')} that "
        f"{'is' if len(unknown) == 1 else 'are'} not among the pictures ({others}): left out."
    )


def _unknown(gaze: Gaze, row: int) -> str:
    image = gaze.images[gaze.image[row]]
    where = f"row {gaze.line[row]}, " if gaze.line[row] else ""
    return f"{where}column image: {image!r} is not among the images"
