"""Fixations from files: a table with a row for each, or a picture with a point for each.

Every mistake is reported by row and column. The table has the columns `x,y` in zero-based pixels
(0, 0 is the center of the top-left pixel), and optionally `image`, `subject` and `duration_ms`;
its rows are in the order of viewing.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import BinaryIO

import numpy as np

from salmap.errors import FixationsError, listed
from salmap.fixations.points import points_of_mask
from salmap.pictures import load_image
from salmap.types import UNKNOWN_VIEWER, Fixations

#: a map with more than this share of its pixels lit is blurred and shows no points
MAX_LIT_SHARE = 0.05

_COLUMNS = ("image", "subject", "x", "y", "duration_ms")
_JPEG_START = b"\xff\xd8"
#: image -> x, y and the subject's name of each fixation, in the order of viewing
_Rows = dict[str, list[tuple[float, float, str | None]]]


def parse_fixations_csv(
    stream: BinaryIO,
    name: str,
    required: Sequence[str] = ("x", "y"),
    images: Collection[str] | None = None,
) -> dict[str, Fixations]:
    """Fixations by image from a table.

    Args:
        stream: the table, UTF-8, with a heading row.
        name: of the file, for messages.
        required: columns it must have.
        images: the images it may name; None allows any.

    Returns:
        Image -> fixations, grouped by viewer. Subjects are numbered by their place in the sorted
        list of their names; without the column `subject` the viewer is `UNKNOWN_VIEWER` and every
        order 0. Without the column `image` there is one image, "".

    Raises:
        FixationsError: if columns are missing, an image is unknown or a value is not a number,
            naming the first rows and columns concerned and how many there are.
    """
    found: _Rows = defaultdict(list)
    mistakes: list[str] = []
    for number, row in _rows(stream, name, required):
        wrong = _mistakes(row, images)
        mistakes.extend(f"row {number}, {mistake}" for mistake in wrong)
        if not wrong:
            subject = row["subject"].strip() if "subject" in row else None
            found[_image(row)].append((float(row["x"]), float(row["y"]), subject))
    if mistakes:
        raise FixationsError(
            f"{name} has {len(mistakes)} mistakes: {listed(mistakes, '; ')}. Correct "
            "or remove these rows."
        )
    if not found:
        raise FixationsError(f"{name} has no fixations. Add a row for each: {','.join(required)}.")
    subjects = sorted({s for rows in found.values() for _, _, s in rows if s is not None})
    numbers = {subject: number for number, subject in enumerate(subjects)}
    return {image: _fixations(rows, numbers) for image, rows in found.items()}


def parse_fixation_map(data: bytes, name: str, size: tuple[int, int]) -> Fixations:
    """Fixations of unknown viewers from a picture: one on each pixel that is not black.

    In a JPEG file, whose pixels smear, one on each pixel brighter than half of the brightest.

    Args:
        data: the bytes of the file.
        name: of the file, for messages.
        size: (height, width) of the picture that was viewed.

    Raises:
        ImageError: if it is not a picture.
        FixationsError: if its size differs, it is black, or it is blurred.
    """
    stream = io.BytesIO(data)
    stream.name = name  # so that a message names the file
    gray = load_image(stream).max(axis=2)
    if gray.shape != size:
        raise FixationsError(
            f"{name} has {gray.shape[1]} x {gray.shape[0]} pixels, but the picture has {size[1]} x "
            f"{size[0]}. Use a fixation map of the same size."
        )
    points = gray > (gray.max() // 2 if data.startswith(_JPEG_START) else 0)
    if not points.any():
        raise FixationsError(f"{name} is black. Use a map with a white point for each fixation.")
    if points.mean() > MAX_LIT_SHARE:
        raise FixationsError(
            f"{name} shows no points: {points.mean():.0%} of its pixels are lit. A blurred map "
            "does not show single fixations; use white points on black, or a fixations.csv."
        )
    return points_of_mask(points)


def _rows(
    stream: BinaryIO, name: str, required: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line in the file, row by column) of the table; short rows are filled with empty text."""
    try:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        reader = csv.DictReader(text, restval="", skipinitialspace=True)
        have = [(heading or "").strip() for heading in reader.fieldnames or []]
        lacking = [column for column in required if column not in have]
        if lacking:
            optional = [column for column in _COLUMNS if column not in required]
            raise FixationsError(
                f"{name} lacks the columns {', '.join(lacking)}; its first row is "
                f"{','.join(have)[:200] or 'empty'!r}. It needs {','.join(required)}; "
                f"{', '.join(optional)} are optional."
            )
        reader.fieldnames = have
        for row in reader:
            yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FixationsError(f"{name} can't be read ({error}). Save it as CSV in UTF-8.") from error


def _mistakes(row: dict[str, str], images: Collection[str] | None) -> list[str]:
    """What is wrong with a row, by column."""
    wrong = []
    if images is not None and _image(row) not in images:
        wrong.append(f"column image: {_image(row)!r} is not among the images")
    named = ("subject",) if images is not None else ("image", "subject")
    wrong += [f"column {c}: it is empty" for c in named if c in row and not row[c].strip()]
    for column in ("x", "y", "duration_ms"):
        value = row.get(column, "")
        if not _is_number(value) and not (column == "duration_ms" and not value.strip()):
            wrong.append(f"column {column}: {value[:40]!r} is not a finite number")
    return wrong


def _fixations(
    points: Sequence[tuple[float, float, str | None]], numbers: Mapping[str, int]
) -> Fixations:
    """The fixations on one image, given in the order of viewing, grouped by viewer."""
    seen: Counter[int] = Counter()
    rows = []
    for across, down, subject in points:
        number = UNKNOWN_VIEWER if subject is None else numbers[subject]
        rows.append((across, down, number, seen[number]))
        seen[number] += number != UNKNOWN_VIEWER
    x, y, viewer, order = np.array(sorted(rows, key=lambda row: row[2]), np.float64).T
    return Fixations(x, y, viewer.astype(np.int64), order.astype(np.int64))


def _image(row: dict[str, str]) -> str:
    return row.get("image", "").strip().replace("\\", "/")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
