"""What is fitted of how eyes move."""

from __future__ import annotations

import numpy as np
import pytest

from salmap.density import log_normalize
from salmap.errors import TrainingError
from salmap.moves import DISTANCES, LAGS, Moves
from salmap.scanpaths import sample
from tests.test_timing import timing
from train.moves import fit_moves
from train.timing import Viewed

SIZE = (12, 16)


def true_moves() -> Moves:
    pulls = np.zeros((LAGS, len(DISTANCES) - 1), np.float32)
    pulls[0], pulls[1, :4], pulls[2, :4] = np.linspace(2, 0, pulls.shape[1]), -2, -1
    durations = np.array([np.full(5, 0.1), np.linspace(0.1, 0.3, 5)], np.float32)
    return Moves(np.array([0.7], "f4"), pulls, np.array([0.6], "f4"), durations)


def make_viewed(moves: Moves, pictures: int = 30) -> list[Viewed]:
    random, found = np.random.default_rng(2), []
    for _ in range(pictures):
        grid = log_normalize(random.normal(0, 1, SIZE).astype(np.float32))
        paths = sample([grid] * 4, moves, SIZE, 4, 3, random)
        x, y = (np.concatenate([getattr(p, n) for p in paths]) for n in ("x_px", "y_px"))
        cells = np.floor(y + 0.5).astype(int) * SIZE[1] + np.floor(x + 0.5).astype(int)
        starts, lasted = (
            np.concatenate([getattr(p, n) for p in paths]) for n in ("start_s", "duration_s")
        )
        viewer = np.repeat(np.arange(4), [len(p) for p in paths])
        found.append(Viewed(grid, cells, starts, lasted, viewer, 4))
    return found


def test_the_moves_are_those_that_scanpaths_were_drawn_with():
    truth = true_moves()
    found = fit_moves(make_viewed(truth), timing())
    grid = log_normalize(np.random.default_rng(9).normal(0, 1, SIZE).astype(np.float32))
    for before in ([(6, 12)], [(3, 15), (9, 6)], [(11, 3), (2, 2), (4, 14), (9, 12)]):
        expected, fitted = (
            np.exp(one.next(grid, one.pull_maps(SIZE), before)) for one in (truth, found)
        )
        assert np.abs(fitted - expected).sum() < 0.3
    assert found.level == pytest.approx(0.6, abs=0.1)
    np.testing.assert_allclose(found.durations_s[0], 0.1, rtol=1e-5)
    assert np.median(found.durations_s[1]) == pytest.approx(0.2, abs=0.02)


def test_few_fixations_do_not_show_it():
    with pytest.raises(TrainingError, match="followed by another"):
        fit_moves(make_viewed(true_moves(), 5), timing())
