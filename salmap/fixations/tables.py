"""Files of fixations of any kind: what is in the file decides how it is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

import numpy as np

from salmap.errors import FixationsError, listed
from salmap.fixations.columns import gaze_of_table
from salmap.fixations.eyelink_asc import is_asc, read_asc
from salmap.fixations.frame import Reading
from salmap.fixations.gaze import Gaze, counted
from salmap.fixations.json_files import WEBGAZER, gaze_of_trials, read_json
from salmap.fixations.pysaliency_files import SIGNATURE, read_hdf5
from salmap.fixations.text_table import decode, read_text_table
from salmap.pictures.names import match_names

#: endings of files that may hold fixations
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".asc", ".json", ".hdf5", ".h5")
#: how files begin that hold fixations in a form that can't be read, what they are, what to do
_NOT_TAKEN = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP", "Save the sheet as CSV in UTF-8."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save the sheet as CSV in UTF-8."),
    (b"SR_RESEARCH", "an EyeLink EDF file", "Convert it with SR Research's edf2asc."),
)


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
    reading = reading or Reading()
    for start, what, remedy in _NOT_TAKEN:
        if data.startswith(start):
            raise FixationsError(f"{name} is {what}. {remedy}")
    if data.startswith(SIGNATURE):
        return read_hdf5(name, data)
    text = decode(name, data)
    if text.lstrip()[:1] in ("{", "["):
        return read_json(name, text, reading)
    if is_asc(text):
        return read_asc(name, text)
    table = read_text_table(name, text)
    if any(heading == WEBGAZER for heading in table.columns):
        return gaze_of_trials(name, table.records())
    return gaze_of_table(table, reading)


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
    unknown = [n for n in np.unique(gaze.image) if gaze.images[n] not in matches.found]
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
