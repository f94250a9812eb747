"""How eyes go from one fixation to the next, by maximum likelihood; see `salmap.moves`.

The density of the next fixation is that of a generalized linear model, so the likelihood is concave
and Newton's method finds its one maximum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from salmap.errors import TrainingError
from salmap.moves import DISTANCES, LAGS, Cell, Moves, around, offset_features
from salmap.timing import Timing, stretch_of

if TYPE_CHECKING:
    from train.timing import Viewed

#: about how many viewers of each picture it is fitted to
VIEWERS = 4
#: steps of Newton's method, at most, and the change of all numbers that ends it
STEPS, SMALL = 12, 1e-3
#: keeps numbers that the data do not determine near "as if by chance"
RIDGE = 1e-4
#: fixations with others before and after them that it takes
FEWEST = 1000
#: quantiles of the durations of fixations
QUANTILES = 41

Array = NDArray[np.float64]


def fit_moves(pictures: Sequence[Viewed], timing: Timing) -> Moves:
    """What makes the order in which people viewed some pictures most likely.

    Args:
        pictures: what people did on them.
        timing: how the density depends on time.

    Raises:
        TrainingError: if hardly anybody made a second fixation.
    """
    durations = _durations(pictures)
    values = chance = np.eye(1 + LAGS * (len(DISTANCES) - 1) + 1)[0]
    for _ in range(STEPS):
        slope, curvature, count = np.zeros_like(values), np.diag(np.zeros_like(values)), 0
        for features, fallen in _cases(pictures, timing):
            logits = features @ values.astype(np.float32)
            density = np.exp(logits - logits.max())
            density /= density.sum()
            mean = density @ features
            slope += features[fallen] - mean
            curvature += (features * density[:, None]).T @ features - np.outer(mean, mean)
            count += 1
        slope = slope / count - 2 * RIDGE * (values - chance)
        step = np.linalg.solve(curvature / count + 2 * RIDGE * np.eye(len(values)), slope)
        values = values + step
        if np.abs(step).max() < SMALL:
            break
    numbers = values.astype(np.float32)
    return Moves(numbers[:1], numbers[1:-1].reshape(LAGS, -1), numbers[-1:], durations)


def _cases(pictures: Sequence[Viewed], timing: Timing) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Of each fixation after a first one, what its log density is a sum of on each cell (h * w, n),
    and the cell on which it fell.
    """
    offsets: dict[tuple[int, ...], NDArray[np.float32]] = {}
    for one in pictures:
        size = one.grid.shape[0], one.grid.shape[1]
        if size not in offsets:
            offsets[size] = offset_features(size)
        moments = timing.moments(one.grid)
        for viewer in np.unique(one.viewer)[:: max(1, one.viewers // VIEWERS)]:
            path = one.path(viewer)
            cells = [divmod(cell, size[1]) for cell in one.cells[path].tolist()]
            for number, fixation in enumerate(path[1:], 1):
                moment = moments[stretch_of(one.start_s[fixation])]
                features = _features(moment, offsets[size], cells[:number])
                yield features, int(one.cells[fixation])


def _features(
    moment: NDArray[np.float32], offsets: NDArray[np.float32], before: Sequence[Cell]
) -> NDArray[np.float32]:
    """See `_cases`; in the order of `Moves`."""
    ago = [around(offsets, cell) for cell in reversed(before)]
    nothing = np.zeros_like(ago[0][..., :-1])
    lags = [ago[0][..., :-1], ago[1][..., :-1] if len(ago) > 1 else nothing]
    lags.append(sum((one[..., :-1] for one in ago[2:]), nothing))
    found = np.concatenate([moment[..., None], *lags, ago[0][..., -1:]], 2)
    return found.reshape(moment.size, -1)


def _durations(pictures: Sequence[Viewed]) -> NDArray[np.float32]:
    """Quantiles of how long first and other fixations last; last ones, which are cut off, are not
    counted.
    """
    first, other = [], []
    for one in pictures:
        for viewer in np.unique(one.viewer):
            lasted = one.duration_s[one.path(viewer)[:-1]].tolist()
            first += lasted[:1]
            other += lasted[1:]
    if len(other) < FEWEST:
        raise TrainingError(
            f"How eyes move shows in {FEWEST:,} fixations or more that were followed by another: "
            f"there are only {len(other):,}."
        )
    steps = np.linspace(0, 1, QUANTILES)
    return np.array([np.quantile(first, steps), np.quantile(other, steps)], np.float32)
