"""Fixations on one picture, and perhaps on a few others, from a file that a user brings."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from salmap.density import normalize
from salmap.errors import FixationsError, listed
from salmap.fixations.files import parse_fixation_map, parse_fixations_csv
from salmap.fixations.points import draw_points
from salmap.fixations.scoring import PictureScorer, Truth
from salmap.metrics import LogDensity
from salmap.types import Fixations, MapArray

#: how many nonfixations are drawn from a center bias where there are no other pictures
DRAWN = 10_000
SEED = 0


@dataclass(frozen=True, eq=False)
class Evidence:
    """What predictions of one picture are scored on.

    Attributes:
        truth: where people looked, on the grid of the center bias.
        nonfixations: the negatives of shuffled AUC.
        other_pictures: how many pictures those come from; 0 if they were drawn from a center bias.
    """

    truth: Truth
    nonfixations: Fixations
    other_pictures: int

    def scorer(self, center_bias: MapArray) -> PictureScorer:
        """Scores predictions against this center bias, a density (H, W) of the truth's size."""
        return PictureScorer(self.truth, as_log_density(center_bias), self.nonfixations)


def as_log_density(density: MapArray) -> LogDensity:
    """The checked logarithm of a density (H, W); minus infinity where it is 0."""
    with np.errstate(divide="ignore"):
        return LogDensity(np.log(normalize(density)))


def read_fixations(name: str, data: bytes, size: tuple[int, int]) -> dict[str, Fixations]:
    """Fixations by image from the bytes of a table (`*.csv`) or a fixation map.

    Args:
        name: of the file.
        data: its bytes.
        size: (height, width) of the picture that a map belongs to.

    Returns:
        Image -> fixations; a map, or a table without the column `image`, is of the image "".

    Raises:
        FixationsError: if it is wrong, saying where.
        ImageError: if it is neither a table nor a picture.
    """
    if name.lower().endswith(".csv"):
        return parse_fixations_csv(io.BytesIO(data), name)
    return {"": parse_fixation_map(data, name, size)}


def fixations_on(picture: str, table: Mapping[str, Fixations]) -> Fixations | None:
    """The fixations on one picture of a table; None if it has none.

    The table may use its file name in a folder, leave out the ending, and use other capitals.

    Raises:
        FixationsError: if several images of the table could be meant.
    """
    if picture in table:
        return table[picture]
    for name_of in (_file_name, _stem):
        found = [image for image in table if image and name_of(image) == name_of(picture)]
        if len(found) > 1:
            raise FixationsError(
                f"The table has several images that could be {picture}: {listed(found)}. Keep one."
            )
        if found:
            return table[found[0]]
    return None


def make_evidence(
    fixations: Fixations,
    size: tuple[int, int],
    center_bias: MapArray,
    sigma_px: float,
    others: Iterable[tuple[Fixations, tuple[int, int]]] = (),
) -> Evidence:
    """What scoring needs to know about one picture.

    Args:
        fixations: in pixels of the picture.
        size: its (height, width).
        center_bias: density (h, w), on whose grid everything is scored.
        sigma_px: one degree of visual angle in pixels of the picture.
        others: fixations on other pictures with their sizes. Stretched to this picture they are
            the nonfixations, as in the MIT/Tuebingen benchmark; without any, `DRAWN` points are
            drawn from the center bias, the same ones each time.

    Raises:
        FixationsError: if no fixation falls on the picture.
    """
    _check_unit(fixations)
    inside = fixations.inside(size)
    if len(inside) == 0:
        raise FixationsError(
            f"None of the {len(fixations)} fixations falls on the picture of {size[1]} x {size[0]} "
            "pixels. Give x and y in pixels of the picture, 0, 0 being its top-left pixel."
        )
    height, width = center_bias.shape
    grid = (height, width)
    elsewhere = [other.inside(area).scaled(area, grid) for other, area in others]
    elsewhere = [other for other in elsewhere if len(other)]
    truth = Truth(
        name="",
        size=grid,
        fixations=inside.scaled(size, grid),
        sigma_px=sigma_px * max(grid) / max(size),
        outside=len(fixations) - len(inside),
    )
    if not elsewhere:
        return Evidence(truth, draw_points(center_bias, DRAWN, SEED), 0)
    x, y = np.concatenate([f.x for f in elsewhere]), np.concatenate([f.y for f in elsewhere])
    return Evidence(truth, Fixations.of_unknown_viewers(x, y), len(elsewhere))


def dots(truth: Truth, limit: int = 500) -> list[tuple[float, float]]:
    """Fixations as (x, y) in per cent of the picture's width and height, for drawing.

    Of more than `limit`, an even choice.
    """
    step = -(-len(truth.fixations) // limit)
    chosen = truth.fixations.select(np.arange(0, len(truth.fixations), step))
    shown = chosen.scaled(truth.size, (100, 100))
    pairs = zip(shown.x.tolist(), shown.y.tolist(), strict=True)
    return [(round(x + 0.5, 2), round(y + 0.5, 2)) for x, y in pairs]


def _check_unit(fixations: Fixations) -> None:
    """Refuse coordinates that are shares of the picture's sides."""
    xy = np.concatenate([fixations.x, fixations.y])
    if len(fixations) > 2 and xy.min() >= 0 and xy.max() <= 1 and (xy % 1).any():
        raise FixationsError(
            "All x and y lie between 0 and 1, as shares of the picture do. Give them in pixels: "
            "multiply x by the picture's width and y by its height."
        )


def _file_name(image: str) -> str:
    return PurePosixPath(image).name.casefold()


def _stem(image: str) -> str:
    return PurePosixPath(image).stem.casefold()
