"""Where the fixations of a file would fall, for somebody who says how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from salmap.errors import FixationsError
from salmap.fixations.frame import Reading
from salmap.fixations.placing import to_pixels
from salmap.fixations.plausibility import lost_eyes
from salmap.fixations.tables import read_gaze
from salmap.fixations.text_table import decode, read_text_table
from salmap.pictures.names import match_names
from salmap.types import Fixations


@dataclass(frozen=True, eq=False)
class Preview:
    """Where the rows of a file fall on one of its pictures.

    Attributes:
        picture: its name.
        fixations: all rows on it, in its pixels, outside, too; samples are not fixations yet.
        inside: how many of them are on it.
    """

    picture: str
    fixations: Fixations
    inside: int


def headings_of(name: str, data: bytes) -> tuple[str, ...]:
    """The headings of a table; () for a file of another kind."""
    try:
        return tuple(read_text_table(name, decode(name, data)).columns)
    except FixationsError:
        return ()


def preview(
    name: str, data: bytes, sizes: Mapping[str, tuple[int, int]], reading: Reading
) -> Preview:
    """Where fixations fall if a file is read like this, on the first picture that has any.

    Args:
        name: of the file.
        data: its bytes.
        sizes: (height, width) of pictures, by name; the first one is meant where the file names
            none.
        reading: how it is read.

    Raises:
        FixationsError: if it can't be read like this, or has nothing on these pictures.
    """
    gaze = read_gaze(name, data, reading)
    found = {"": next(iter(sizes))}
    if gaze.images != ("",):
        found = dict(match_names(gaze.images, sizes).found)
    picture = next((name for name in sizes if name in found.values()), "")
    gaze = gaze.on({image: meant for image, meant in found.items() if meant == picture})
    if not len(gaze):
        raise FixationsError(f"{name} has no fixations on these pictures.")
    frame = reading.frame.over(gaze.frame)
    gaze = gaze.rows(~lost_eyes(gaze, frame))
    height, width = (np.full(len(gaze), float(side)) for side in sizes[picture])
    fixations = Fixations.of_unknown_viewers(*to_pixels(gaze.x, gaze.y, width, height, frame))
    return Preview(picture, fixations, len(fixations.inside(sizes[picture])))
