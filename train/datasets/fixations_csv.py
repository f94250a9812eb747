"""Reading `fixations.csv`: a row for each fixation, every mistake named by row and column."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from salmap.errors import DatasetError
from salmap.types import Fixations
from train.datasets.base import listed
from train.datasets.scanpaths import join_viewers

COLUMNS = ("image", "subject", "x", "y")
_Trials = dict[str, dict[str, list[tuple[float, float]]]]


def read_fixations_csv(path: Path, images: Collection[str]) -> dict[str, Fixations]:
    """Fixations by image from a table `image,subject,x,y[,duration_ms]` in zero-based pixels.

    Subjects are numbered by their place in the sorted list of their names.

    Args:
        path: the table, UTF-8, with a heading row; rows are in the order of viewing.
        images: the images there are.

    Raises:
        DatasetError: if columns are missing, an image is unknown or a number is none, naming the
            first rows and columns concerned and how many there are.
    """
    trials: _Trials = defaultdict(lambda: defaultdict(list))
    mistakes: list[str] = []
    for number, row in _rows(path):
        wrong = _mistakes(row, images)
        mistakes.extend(f"row {number}, {mistake}" for mistake in wrong)
        if not wrong:
            image = _image(row)
            trials[image][row["subject"].strip()].append((float(row["x"]), float(row["y"])))
    if mistakes:
        raise DatasetError(
            f"{path} has {len(mistakes)} mistakes: {listed(mistakes, '; ')}. Correct "
            "these rows or take them out."
        )
    if not trials:
        raise DatasetError(f"{path} has no fixation. Add a row for each: {','.join(COLUMNS)}.")
    subjects = sorted({subject for by_subject in trials.values() for subject in by_subject})
    viewer = {subject: index for index, subject in enumerate(subjects)}
    return {
        image: join_viewers(
            ((viewer[subject], *np.array(xy).T) for subject, xy in by_subject.items()),
            f"{path}, {image}",
        )
        for image, by_subject in trials.items()
    }


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line in the file, row by column) of the table; short rows are filled with nothing."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", skipinitialspace=True)
            have = [(name or "").strip() for name in reader.fieldnames or []]
            lacking = [column for column in COLUMNS if column not in have]
            if lacking:
                raise DatasetError(
                    f"{path} lacks the columns {', '.join(lacking)}; its first row is "
                    f"{','.join(have) or 'empty'!r}. It must be image,subject,x,y[,duration_ms]."
                )
            reader.fieldnames = have
            for row in reader:
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} can't be read ({error}). Save it as CSV in UTF-8.") from error


def _image(row: dict[str, str]) -> str:
    return row["image"].strip().replace("\\", "/")


def _mistakes(row: dict[str, str], images: Collection[str]) -> list[str]:
    """What is wrong with a row, by column."""
    wrong = []
    if _image(row) not in images:
        wrong.append(f"column image: there is no {_image(row)!r} in images")
    if not row["subject"].strip():
        wrong.append("column subject: it is empty")
    for column in ("x", "y", "duration_ms"):
        value = row.get(column, "") or ""
        if not _is_number(value) and not (column == "duration_ms" and not value.strip()):
            wrong.append(f"column {column}: {value!r} is no finite number")
    return wrong


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
