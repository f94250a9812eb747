"""A look at the table of fixations of a folder before it is certain how it is read."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from salmap.datasets.fixations_csv import find_tables, read_fixation_tables
from salmap.datasets.folder import pictures_in
from salmap.datasets.pictures import read_picture, read_size
from salmap.errors import DatasetError, FixationsError
from salmap.fixations.frame import Reading
from salmap.fixations.preview import Preview, preview
from salmap.pictures import shrink_image
from salmap.types import ImageArray

#: how many pictures are looked at, and the long side at which one is shown
_PICTURES, _SIDE = 30, 480


def table_refusal(path: Path, reading: Reading) -> FixationsError | None:
    """Why the table of a folder is refused; None if it is not, or there is none.

    Args:
        path: a folder in the layout "folder".
        reading: what is known of its table.
    """
    tables = find_tables(path)
    try:
        if tables:
            read_fixation_tables(tables, pictures_in(path), reading)
    except DatasetError as error:
        return error.__cause__ if isinstance(error.__cause__, FixationsError) else None
    return None


def preview_in_folder(
    table: Path, pictures: Mapping[str, Path], reading: Reading
) -> tuple[ImageArray, Preview]:
    """A small picture of a folder, and where fixations fall on it if a table is read like this.

    Raises:
        FixationsError: if the table can't be read so.
        DatasetError: if the table or the picture can't be read.
    """
    sizes = {
        name: read_size(path, True) for name, path in itertools.islice(pictures.items(), _PICTURES)
    }
    try:
        data = table.read_bytes()
    except OSError as error:
        raise DatasetError(f"{table.name} can't be read: {error.strerror}.") from error
    found = preview(table.name, data, sizes, reading)
    image = shrink_image(read_picture(pictures[found.picture], use_exif=True), _SIDE)
    scaled = found.fixations.scaled(sizes[found.picture], image.shape[:2])
    return image, replace(found, fixations=scaled)
