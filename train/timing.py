"""How a network's density depends on viewing time, by maximum likelihood; kept beside its weights.

What is fitted is described in `salmap.timing`. Its density is that of a generalized linear model of
each stretch of time, so the likelihood is concave and has one maximum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from tqdm import tqdm

from salmap import load
from salmap.datasets import FixationDataset
from salmap.errors import TrainingError
from salmap.fixations.onsets import with_onsets
from salmap.moves import coarse
from salmap.pictures import load_image
from salmap.predictor import Predictor
from salmap.timing import EDGES_S, TERMS, Timing, cosines, log_blurred, seen
from salmap.types import UNKNOWN_VIEWER
from salmap.weights.timing import write_timing
from train.moves import fit_moves

#: pictures of each data set that it is fitted to, at most
MOST = 60
#: fixations in each stretch of time that it takes to know when people look where
FEWEST = 1000
#: boxes on each picture on which it is seen how alike viewers are, and their sides, as shares of
#: the picture's
BOXES, SIDES = 20, (0.05, 0.7)
#: keeps coefficients near "as at any time" that the data do not determine
RIDGE = 1e-4

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Viewed:
    """What a network expects of one picture, and what people did.

    Attributes:
        grid: float32 (h, w), log density, on few cells (`salmap.moves.coarse`).
        cells: int64 (n,), on which cell of the flattened grid each fixation falls.
        start_s: float64 (n,), when it began.
        duration_s: float64 (n,), how long it lasted.
        viewer: int64 (n,), who made it.
        viewers: how many people saw the picture.
    """

    grid: NDArray[np.float32]
    cells: NDArray[np.int64]
    start_s: Array
    duration_s: Array
    viewer: NDArray[np.int64]
    viewers: int

    def begun(self, stretch: int) -> NDArray[np.bool_]:
        """Which fixations begin in a stretch of time, (n,)."""
        return (self.start_s > EDGES_S[stretch]) & (self.start_s <= EDGES_S[stretch + 1])

    def path(self, viewer: int) -> NDArray[np.int64]:
        """Which fixations a viewer made up to the end of the last stretch, in their order."""
        own = np.flatnonzero((self.viewer == viewer) & (self.start_s <= EDGES_S[-1]))
        return own[np.argsort(self.start_s[own], kind="stable")]


def measure(weights: Path, datasets: Sequence[FixationDataset]) -> Path:
    """Write `<name>.timing.safetensors` beside a network's weight file; its path.

    Args:
        weights: the network's `.safetensors` file.
        datasets: whole data sets whose fixations have durations and viewers; it is fitted to their
            training splits.

    Raises:
        TrainingError: if fixations have no times or no viewers, or are too few.
        WeightsError: if the model can't be read.
    """
    predictor = load(weights, device="auto")
    pictures = list(viewed(predictor, datasets))
    timing = fit(pictures)
    return write_timing(weights, replace(timing, moves=fit_moves(pictures, timing)))


def viewed(predictor: Predictor, datasets: Sequence[FixationDataset]) -> Iterator[Viewed]:
    """At most `MOST` training pictures of each data set, evenly spread.

    Raises:
        TrainingError: if fixations have no times or no viewers.
    """
    for dataset in (whole.split("train") for whole in datasets):
        chosen = np.linspace(0, len(dataset) - 1, min(MOST, len(dataset))).round().astype(int)
        for index in tqdm(chosen.tolist(), desc=dataset.name, unit="picture", delay=2):
            yield _viewed(predictor, dataset, index)


def _viewed(predictor: Predictor, dataset: FixationDataset, index: int) -> Viewed:
    every = with_onsets(dataset.records[index].read_fixations())
    times = np.isfinite([every.start_s, every.duration_s])
    if not times.all() or (every.viewer == UNKNOWN_VIEWER).any():
        raise TrainingError(
            f"{dataset.name}, {dataset.records[index].name}: fixations lack a viewer or a time. "
            "When people look where shows in data sets that have both, such as OSIE."
        )
    grid = coarse(predictor.predict_grid(load_image(dataset.path(index))).grid)
    size = dataset.size(index)
    inside = every.inside(size)
    rows, columns = inside.scaled(size, (grid.shape[0], grid.shape[1])).pixels()
    cells = rows.clip(0, grid.shape[0] - 1) * grid.shape[1] + columns.clip(0, grid.shape[1] - 1)
    return Viewed(grid, cells, inside.start_s, inside.duration_s, inside.viewer, len(every.viewers))


def fit(pictures: Sequence[Viewed]) -> Timing:
    """What makes the fixations on some pictures most likely.

    Raises:
        TrainingError: if they are too few.
    """
    stretches = range(len(EDGES_S) - 1)
    fewest = min(sum(int(one.begun(s).sum()) for one in pictures) for s in stretches)
    if fewest < FEWEST:
        raise TrainingError(
            f"When people look where shows in {FEWEST:,} fixations or more of each stretch of "
            f"time up to {EDGES_S[-1]:g} s: there are only {fewest:,} in one."
        )
    features = [_features(one.grid) for one in pictures]
    found = np.stack([_coefficients(pictures, features, s) for s in stretches])
    counts = _counts(pictures)
    density = Timing(
        found[:, :2].astype(np.float32),
        found[:, 2:].reshape(-1, TERMS, TERMS).astype(np.float32),
        counts,
        np.ones(len(counts), np.float32),
    )
    return replace(density, concentrations=_concentrations(pictures, density))


def _features(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the log density at a moment is a sum of: float32 (h * w, 2 + TERMS * TERMS)."""
    rows, columns = (cosines(side) for side in grid.shape)
    waves = rows[:, None, :, None] * columns[None, :, None, :]
    maps = [grid[..., None], log_blurred(grid)[..., None], waves.reshape(*grid.shape, -1)]
    return np.concatenate(maps, axis=2).reshape(grid.size, -1)


def _coefficients(
    pictures: Sequence[Viewed], features: Sequence[NDArray[np.float32]], stretch: int
) -> Array:
    """Those of one stretch of time, float64 (2 + TERMS * TERMS,); every picture weighs the same."""
    cells = [one.cells[one.begun(stretch)] for one in pictures]
    pairs = [(f, f[c].mean(0)) for f, c in zip(features, cells, strict=True) if len(c)]
    start = np.zeros(features[0].shape[1])
    start[0] = 1

    def loss(values: Array) -> tuple[float, Array]:
        total, slope = 0.0, np.zeros_like(values)
        for maps, observed in pairs:
            logits = maps @ values.astype(np.float32)
            weights = np.exp(logits - logits.max())
            mass = weights.sum(dtype=np.float64)
            total += logits.max() + np.log(mass) - observed @ values
            slope += (weights @ maps) / mass - observed
        away = values - start
        total, slope = total / len(pairs), slope / len(pairs)
        return float(total + RIDGE * away @ away), slope + 2 * RIDGE * away

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x, np.float64)


def _counts(pictures: Sequence[Viewed]) -> NDArray[np.float32]:
    """The shares of viewers who have begun 0, 1, ... fixations by the end of each stretch."""
    tables = []
    for end in EDGES_S[1:]:
        numbers: list[int] = []
        for one in pictures:
            _, own = np.unique(one.viewer[one.start_s <= end], return_counts=True)
            numbers += [*own.tolist(), *[0] * (one.viewers - len(own))]
        tables.append(np.bincount(numbers))
    table = np.zeros((len(tables), max(map(len, tables))))
    for row, counted in zip(table, tables, strict=True):
        row[: len(counted)] = counted / counted.sum()
    return table.astype(np.float32)


def _concentrations(pictures: Sequence[Viewed], timing: Timing) -> NDArray[np.float32]:
    """How alike viewers are by the end of each stretch, from who has fixated boxes."""
    found = []
    for stretch, end in enumerate(EDGES_S[1:]):
        random = np.random.default_rng(0)
        rows = [row for one in pictures for row in _boxes(one, timing, end, random)]
        shares, reached = np.array(rows).T

        def loss(
            log_concentration: float,
            shares: Array = shares,
            reached: Array = reached,
            counts: NDArray[np.float32] = timing.counts[stretch],
        ) -> float:
            expected = seen(shares, counts, float(np.exp(log_concentration)))
            expected = expected.clip(1e-6, 1 - 1e-6)
            return float(-np.mean(reached * np.log(expected) + (1 - reached) * np.log1p(-expected)))

        found.append(np.exp(minimize_scalar(loss, bounds=(-2, 7), method="bounded").x))
    return np.array(found, np.float32)


def _boxes(
    one: Viewed, timing: Timing, end: float, random: np.random.Generator
) -> Iterator[tuple[float, float]]:
    """Of some boxes, the share of the density up to a moment and of the viewers who saw them."""
    density = np.exp(timing.until(one.grid, end), dtype=np.float64)
    height, width = density.shape
    early = one.start_s <= end
    rows, columns = np.divmod(one.cells, width)
    for number in range(BOXES):
        low, high = np.log(SIDES)
        sides = np.exp(random.uniform(low, high, 2)) * (height, width)
        if number % 2:  # around something salient, as people draw areas
            place = int(random.choice(density.size, p=density.ravel() / density.sum()))
        else:
            place = int(random.integers(density.size))
        middle = np.array(divmod(place, width))
        (top, left), (bottom, right) = (
            (middle + sign * sides / 2).round().astype(int).clip(0, density.shape)
            for sign in (-1, 1)
        )
        inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
        share = float(density[top:bottom, left:right].sum())
        yield share, len(np.unique(one.viewer[inside & early])) / one.viewers
