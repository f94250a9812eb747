"""Fixations on one picture, and perhaps on a few others, from a file that a user brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from salmap.density import normalize
from salmap.errors import FixationsError, listed
from salmap.fixations.fixation_map import parse_fixation_map
from salmap.fixations.frame import Reading
from salmap.fixations.gaze import Gaze
from salmap.fixations.placing import Placed, place
from salmap.fixations.points import draw_points
from salmap.fixations.scoring import PictureScorer, Truth
from salmap.fixations.tables import is_table, read_gaze
from salmap.metrics import LogDensity
from salmap.pictures.names import match_names
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


def read_brought(
    name: str,
    data: bytes,
    picture: str,
    sizes: Mapping[str, tuple[int, int]],
    reading: Reading | None = None,
) -> Placed:
    """Fixations by picture from a file that somebody brings: a table or a fixation map.

    Args:
        name: of the file.
        data: its bytes.
        picture: the one that a map, or a table that names no images, belongs to.
        sizes: (height, width) of the pictures at hand, by name.
        reading: what the owner of a table says about it.

    Returns:
        The fixations on those of the pictures that have any; those on others are left out.

    Raises:
        FixationsError: if it is wrong, saying where; a `DoubtfulError` if it is not certain how
            positions are counted.
        ImageError: if it is neither a table nor a picture.
    """
    if not is_table(name):
        return Placed({picture: parse_fixation_map(data, name, sizes[picture])})
    gaze = read_gaze(name, data, reading)
    names_images = gaze.images != ("",)
    gaze = gaze.on(_meant(name, gaze, sizes) if names_images else {"": picture})
    placed = place(gaze, [sizes[picture] for picture in gaze.images], reading or Reading())
    return replace(placed, names_images=names_images)


def _meant(name: str, gaze: Gaze, pictures: Iterable[str]) -> dict[str, str]:
    """Image as written -> picture at hand; a file may have fixations on others, too.

    Raises:
        FixationsError: if several images could be one picture, or there is none for any.
    """
    matches = match_names(gaze.images, pictures)
    for picture, images in matches.rivals.items():
        raise FixationsError(
            f"The table has several images that could be {picture}: {listed(images)}. Keep one."
        )
    if not matches.found:
        raise FixationsError(
            f"{name} has no fixations on {listed(list(pictures))}; its column image has "
            f"{listed(gaze.images)}. Show one of these pictures, or leave the column out."
        )
    return dict(matches.found)


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
