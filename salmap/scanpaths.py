"""Scanpaths: fixations of one viewer in their order, drawn from what a model expects of them.

They follow one another in time: each is drawn from the density of the moment at which it begins,
changed by where the eyes have been (`salmap.moves`), and lasts as long as one of a training viewer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from salmap.errors import TimingError
from salmap.moves import Cell, Maps, Moves
from salmap.timing import EDGES_S, FIRST_S, SACCADE_S, stretch_of

#: how far from all earlier fixations those of a typical scanpath are, as a share of the long side
APART = 0.06

Array = NDArray[np.float64]
Grid = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Scanpath:
    """Fixations of one viewer, in their order.

    Attributes:
        x_px, y_px: float64 (n,), pixels; the origin is the center of the top-left pixel.
        start_s: float64 (n,), when each begins, in seconds after the picture appears.
        duration_s: float64 (n,), how long it lasts, in seconds.
    """

    x_px: Array
    y_px: Array
    start_s: Array
    duration_s: Array

    def __len__(self) -> int:
        return len(self.x_px)


def sample(
    moments: Sequence[Grid],
    moves: Moves,
    size: tuple[int, int],
    count: int,
    seconds: float,
    random: np.random.Generator,
) -> list[Scanpath]:
    """Scanpaths of several viewers who see the picture for the first time.

    Args:
        moments: (h, w) each, the log density of the fixations that begin in each stretch of time.
        moves: how eyes go from one fixation to the next.
        size: (height, width) of the picture.
        count: how many scanpaths.
        seconds: until when; a fixation that lasts longer is cut off there.
        random: where chance comes from.

    Raises:
        TimingError: if nobody has begun a fixation by then, or it is not known what they do.
    """

    def draw(expected: Grid, _: Sequence[Cell]) -> Cell:
        mass = np.cumsum(np.exp(expected, dtype=np.float64))
        place = int(np.searchsorted(mass, random.uniform(0, mass[-1])))
        row, column = divmod(min(place, expected.size - 1), expected.shape[1])
        return row, column

    def lasts(number: int) -> float:
        return moves.duration(number, random.uniform())

    def inside(cells: int) -> Array:
        return random.uniform(0, 1, (2, cells))

    pulls = _pulls(moments, moves)
    return [_walk(moments, moves, pulls, size, seconds, draw, lasts, inside) for _ in range(count)]


def typical(
    moments: Sequence[Grid], moves: Moves, size: tuple[int, int], seconds: float
) -> Scanpath:
    """Of places that have not been viewed yet, always that which is viewed next most likely.

    Each fixation lasts as long as most do (the median). The arguments are those of `sample`.

    Raises:
        TimingError: as `sample` does.
    """

    def most_likely(expected: Grid, before: Sequence[Cell]) -> Cell:
        rows, columns = np.indices(expected.shape)
        new = expected.copy()
        for row, column in before:
            new[np.hypot(rows - row, columns - column) < APART * max(new.shape)] = -np.inf
        row, column = divmod(int(new.argmax()), new.shape[1])
        return row, column

    def lasts(number: int) -> float:
        return moves.duration(number, 0.5)

    def inside(cells: int) -> Array:
        return np.full((2, cells), 0.5)

    pulls = _pulls(moments, moves)
    return _walk(moments, moves, pulls, size, seconds, most_likely, lasts, inside)


def _pulls(moments: Sequence[Grid], moves: Moves) -> Maps:
    height, width = moments[0].shape
    return moves.pull_maps((height, width))


def _walk(
    moments: Sequence[Grid],
    moves: Moves,
    pulls: Maps,
    size: tuple[int, int],
    seconds: float,
    choose: Callable[[Grid, Sequence[Cell]], Cell],
    lasts: Callable[[int], float],
    inside: Callable[[int], Array],
) -> Scanpath:
    """One scanpath; see `sample`.

    Args:
        pulls: of the moves on the grid of the moments.
        choose: a cell from the log density of the next fixation and the cells before.
        lasts: for how long the fixation of this number, from 0, in seconds.
        inside: where fixations fall inside their cells, down and across, (2, n) in [0, 1].
    """
    if seconds <= FIRST_S or seconds > EDGES_S[-1]:
        raise TimingError(
            f"The first fixation begins after {FIRST_S:g} s. Ask for more than that, and at most "
            f"{EDGES_S[-1]:g} s."
        )
    height, width = moments[0].shape
    cells: list[Cell] = []
    times: list[tuple[float, float]] = []
    start = FIRST_S
    while start < seconds:
        cells.append(choose(moves.next(moments[stretch_of(start)], pulls, cells), cells))
        duration = lasts(len(times))
        times.append((start, min(duration, seconds - start)))
        start += duration + SACCADE_S
    rows, columns = np.array(cells, np.float64).T + inside(len(cells))
    starts, durations = np.array(times, np.float64).T
    x, y = columns * size[1] / width - 0.5, rows * size[0] / height - 0.5
    return Scanpath(x, y, starts, durations)
