"""Reading the `fixations.csv` of a data set."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from salmap.errors import DatasetError, FixationsError
from salmap.fixations.files import parse_fixations_csv
from salmap.types import Fixations

COLUMNS = ("image", "subject", "x", "y")


def read_fixations_csv(path: Path, images: Collection[str]) -> dict[str, Fixations]:
    """Fixations by image from a table `image,subject,x,y[,duration_ms]` in zero-based pixels.

    Args:
        path: the table; see `salmap.fixations.files.parse_fixations_csv`.
        images: the images there are.

    Raises:
        DatasetError: if it can't be read or has mistakes, naming row and column.
    """
    try:
        with path.open("rb") as stream:
            return parse_fixations_csv(stream, str(path), COLUMNS, images)
    except FixationsError as error:
        raise DatasetError(str(error)) from error
    except OSError as error:
        raise DatasetError(f"{path} can't be read: {error.strerror}.") from error
