"""Where the eyes go next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from salmap.density import log_normalize
from salmap.moves import CELLS, DISTANCES, INDEPENDENT, LAGS, coarse

SIZE = (24, 36)
GRID = log_normalize(np.random.default_rng(5).normal(0, 1, SIZE).astype(np.float32))


def pulls(lag: int, place: int, weight: float) -> np.ndarray:
    values = np.zeros((LAGS, len(DISTANCES) - 1), np.float32)
    values[lag, place] = weight
    return values


def test_independent_fixations_have_the_density_of_the_moment():
    found = INDEPENDENT.next(GRID, INDEPENDENT.pull_maps(SIZE), [(3, 5), (20, 30), (0, 0)])
    np.testing.assert_allclose(found, GRID, atol=1e-5)


def test_a_power_holds_only_after_a_fixation():
    moves = replace(INDEPENDENT, power=np.array([0.5], np.float32))
    maps = moves.pull_maps(SIZE)
    np.testing.assert_allclose(moves.next(GRID, maps, []), GRID, atol=1e-5)
    expected = log_normalize(GRID / 2)
    np.testing.assert_allclose(moves.next(GRID, maps, [(1, 1)]), expected, atol=1e-5)


@pytest.mark.parametrize("place", [0, 3])
def test_what_is_at_some_distance_from_the_last_fixation_is_more_likely(place):
    moves = replace(INDEPENDENT, pulls=pulls(0, place, 2))
    found = moves.next(GRID, moves.pull_maps(SIZE), [(0, 0), (12, 18)]) - GRID
    rows, columns = np.indices(SIZE)
    away = np.hypot(rows - 12, columns - 18) / 36
    near = np.abs(away - DISTANCES[place])
    assert found.flat[near.argmin()] > found.max() - 0.4
    far = found[away > DISTANCES[place + 1]]
    np.testing.assert_allclose(far, far[0], atol=1e-5)
    assert found.max() - far[0] == pytest.approx(2, abs=0.4)


def test_each_earlier_fixation_has_its_own_weight_by_how_long_ago_it_was():
    second, earlier = (replace(INDEPENDENT, pulls=pulls(lag, 0, -3)) for lag in (1, 2))
    before = [(2, 3), (2, 3), (20, 30), (12, 5)]

    def change(moves, cell):
        found = moves.next(GRID, moves.pull_maps(SIZE), before) - GRID
        return found[cell] - found[0, 35]

    assert change(second, (20, 30)) == pytest.approx(-3, abs=1e-4)
    assert change(second, (2, 3)) == pytest.approx(0, abs=1e-4)
    assert change(earlier, (2, 3)) == pytest.approx(-6, abs=1e-4)
    assert change(earlier, (12, 5)) == pytest.approx(0, abs=1e-4)
    assert change(earlier, (20, 30)) == pytest.approx(0, abs=1e-4)


def test_level_saccades_may_be_more_likely_than_steep_ones():
    moves = replace(INDEPENDENT, level=np.array([0.5], np.float32))
    found = moves.next(GRID, moves.pull_maps(SIZE), [(12, 18)]) - GRID
    assert found[12, 28] - found[22, 18] == pytest.approx(1, abs=1e-4)
    assert found[12, 28] == pytest.approx(found[12, 8], abs=1e-4)


def test_eyes_move_on_a_small_copy_of_the_density():
    large = np.random.default_rng(1).normal(0, 1, (200, 300)).astype(np.float32)
    small = coarse(large)
    assert small.shape == (48, CELLS)
    assert np.exp(small).sum() == pytest.approx(1, abs=1e-4)
    assert coarse(GRID).shape == SIZE


def test_durations_lie_between_the_quantiles_of_first_and_other_fixations():
    moves = replace(INDEPENDENT, durations_s=np.array([[0.1, 0.1, 0.1], [0.2, 0.3, 0.9]], "f4"))
    assert moves.duration(0, 0.9) == pytest.approx(0.1)
    found = [moves.duration(number, number / 4) for number in range(1, 5)]
    assert found == pytest.approx([0.25, 0.3, 0.6, 0.9])


def test_a_strip_keeps_a_row_of_cells():
    assert coarse(np.zeros((1, 3 * CELLS), np.float32)).shape == (1, CELLS)
