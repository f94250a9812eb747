"""Where people looked on one picture, as somebody tells it, and how predictions score on it.

`salmap.evaluation.scoring` scores whole data sets; here there is one picture, and perhaps a few
others.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from salmap import metrics
from salmap.density import fixation_density, normalize
from salmap.errors import FixationsError, listed
from salmap.fixations.files import UNKNOWN_VIEWER, parse_fixation_map, parse_fixations_csv
from salmap.types import Fixations, MapArray

#: one degree of visual angle as a share of the long side, where nobody says how far away the
#: screen was; of the same order as in OSIE (24 / 800), Saliency in Crowd (26 / 1024) and MIT1003
#: (35 / 1024)
SIGMA_SHARE = 0.03
#: how many nonfixations are drawn from a center bias where there are no other pictures
DRAWN = 10_000
SEED = 0


@dataclass(frozen=True, eq=False)
class Truth:
    """Where people looked on a picture.

    Attributes:
        fixations: those on the picture, at least one.
        size: (height, width) on which they are scored.
        outside: how many fell outside and were left out.
        sigma_px: standard deviation, in pixels of `size`, of the blur that makes a density of
            them; one degree of visual angle by custom.
        nonfixations: the negatives of shuffled AUC.
        others: how many other pictures those come from; 0 if they were drawn from a center bias.
    """

    fixations: Fixations
    size: tuple[int, int]
    outside: int
    sigma_px: float
    nonfixations: Fixations
    others: int

    @property
    def viewers(self) -> int:
        """How many viewers looked; 0 if nobody knows."""
        return len(set(self.fixations.viewer.tolist()) - {UNKNOWN_VIEWER})


@dataclass(frozen=True)
class Scores:
    """How one prediction does on one picture; see `salmap.metrics`.

    Attributes:
        ig: information gain over the center bias, bits per fixation.
        nss, auc, sauc, cc, sim: as `salmap.metrics` has them.
        kl: divergence of the prediction from the density of the fixations, nats.
    """

    ig: float
    nss: float
    auc: float
    sauc: float
    cc: float
    sim: float
    kl: float


def read_looks(name: str, data: bytes, size: tuple[int, int]) -> dict[str, Fixations]:
    """Fixations by image from the bytes of a table (`*.csv`) or a fixation map.

    Args:
        name: of the file.
        data: its bytes.
        size: (height, width) of the picture that a map belongs to.

    Returns:
        Image -> fixations; a map, or a table without the column `image`, is of the image "".

    Raises:
        FixationsError: if it is wrong, saying where.
        ImageError: if it is neither table nor picture.
    """
    if name.lower().endswith(".csv"):
        return parse_fixations_csv(io.BytesIO(data), name)
    return {"": parse_fixation_map(data, name, size)}


def looks_at(picture: str, looks: Mapping[str, Fixations]) -> Fixations | None:
    """The fixations on one picture of a table; None if it has none.

    The table may call it by its file name in a folder, without the ending, in capitals or not.

    Raises:
        FixationsError: if several images of the table could be meant.
    """
    if picture in looks:
        return looks[picture]
    for name_of in (_file_name, _stem):
        found = [image for image in looks if image and name_of(image) == name_of(picture)]
        if len(found) > 1:
            raise FixationsError(
                f"The table has several images that could be {picture}: {listed(found)}. Keep one."
            )
        if found:
            return looks[found[0]]
    return None


def make_truth(
    looks: Fixations,
    size: tuple[int, int],
    center_bias: MapArray,
    sigma_px: float,
    others: Iterable[tuple[Fixations, tuple[int, int]]] = (),
) -> Truth:
    """What scoring needs to know of one picture.

    Args:
        looks: in pixels of the picture.
        size: its (height, width).
        center_bias: density (h, w), on whose grid everything is scored.
        sigma_px: one degree of visual angle in pixels of the picture.
        others: fixations on other pictures with their sizes. Stretched to this picture they are
            the nonfixations, as in the MIT/Tuebingen benchmark; without any, `DRAWN` points are
            drawn from the center bias, the same ones each time.

    Raises:
        FixationsError: if no fixation falls on the picture.
    """
    _check_unit(looks)
    inside = looks.inside(size)
    if len(inside) == 0:
        raise FixationsError(
            f"None of the {len(looks)} fixations falls on the picture of {size[1]} x {size[0]} "
            "pixels. Give x and y in pixels of the picture, 0, 0 being its top-left pixel."
        )
    grid = center_bias.shape
    elsewhere = [_stretched(other.inside(area), area, grid) for other, area in others]
    elsewhere = [fixations for fixations in elsewhere if len(fixations)]
    return Truth(
        fixations=_stretched(inside, size, grid),
        size=(grid[0], grid[1]),
        outside=len(looks) - len(inside),
        sigma_px=sigma_px * max(grid) / max(size),
        nonfixations=_joined(elsewhere) if elsewhere else _drawn(center_bias),
        others=len(elsewhere),
    )


def truth_density(truth: Truth) -> MapArray:
    """The fixations as a density: float64 (H, W), sums to 1."""
    return fixation_density(truth.fixations, truth.size, truth.sigma_px)


def score(density: MapArray, center_bias: MapArray, truth: Truth) -> Scores:
    """Score a prediction.

    Args:
        density, center_bias: (H, W) of `truth.size`, each a density.
        truth: where people looked.

    Raises:
        DensityError: if a size is wrong, or the center bias rules a fixation out.
    """
    with np.errstate(divide="ignore"):
        log_density, log_bias = np.log(normalize(density)), np.log(normalize(center_bias))
    likeness = metrics.compare(truth_density(truth), density)
    return Scores(
        ig=metrics.information_gain(log_density, log_bias, truth.fixations),
        nss=metrics.nss(density, truth.fixations),
        auc=metrics.auc_judd(density, truth.fixations),
        sauc=metrics.shuffled_auc(density, truth.fixations, truth.nonfixations),
        cc=likeness.cc,
        sim=likeness.sim,
        kl=likeness.kl,
    )


def dots(truth: Truth, limit: int = 500) -> list[tuple[float, float]]:
    """Fixations as (x, y) in per cent of the picture's width and height, for drawing.

    Of more than `limit`, an even choice.
    """
    height, width = truth.size
    step = -(-len(truth.fixations) // limit)
    x = 100 * (truth.fixations.x[::step] + 0.5) / width
    y = 100 * (truth.fixations.y[::step] + 0.5) / height
    return [(round(a, 2), round(b, 2)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def _check_unit(looks: Fixations) -> None:
    """Refuse coordinates that are shares of the picture's sides."""
    xy = np.concatenate([looks.x, looks.y])
    if len(looks) > 2 and xy.min() >= 0 and xy.max() <= 1 and (xy % 1).any():
        raise FixationsError(
            "All x and y lie between 0 and 1, as shares of the picture do. Give them in pixels: "
            "multiply x by the picture's width and y by its height."
        )


def _stretched(fixations: Fixations, size: tuple[int, int], grid: tuple[int, ...]) -> Fixations:
    """Fixations on a picture of `size` in pixels of a copy of the size `grid`."""
    if size == grid:
        return fixations
    x = (fixations.x + 0.5) * (grid[1] / size[1]) - 0.5
    y = (fixations.y + 0.5) * (grid[0] / size[0]) - 0.5
    return Fixations(x, y, fixations.viewer, fixations.order)


def _joined(parts: Sequence[Fixations]) -> Fixations:
    """Fixations of nobody in particular, all together."""
    x, y = np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts])
    return Fixations(x, y, np.full(len(x), UNKNOWN_VIEWER), np.zeros(len(x), np.int64))


def _drawn(density: MapArray) -> Fixations:
    """`DRAWN` pixels drawn from a density, the same ones each time."""
    chance = np.cumsum(density, dtype=np.float64)
    draws = np.random.default_rng(SEED).random(DRAWN) * chance[-1]
    places = np.searchsorted(chance, draws, side="right").clip(max=density.size - 1)
    y, x = np.unravel_index(places, density.shape)
    return _joined([Fixations(x, y, np.zeros(DRAWN, np.int64), np.zeros(DRAWN, np.int64))])


def _file_name(image: str) -> str:
    return PurePosixPath(image).name.casefold()


def _stem(image: str) -> str:
    return PurePosixPath(image).stem.casefold()
