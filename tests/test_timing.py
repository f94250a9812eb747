"""When people look where: densities of moments, and who has seen what by when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from salmap.areas import Area
from salmap.center_bias import gaussian
from salmap.density import log_normalize
from salmap.errors import TimingError
from salmap.prediction import GridPrediction, Prediction
from salmap.screens import Screens
from salmap.timing import EDGES_S, TERMS, Timing, seen, stretch_of

GRID = np.random.default_rng(5).normal(0, 2, (24, 36)).astype(np.float32)
#: all viewers begin 1 fixation in each half second
COUNTS = np.eye(7, dtype=np.float32)[[1, 2, 4, 6]]


def timing(powers=((1, 0),) * 4, shifts=(0, 0, 0, 0), concentration: float = 1e5) -> Timing:
    """With shifts, the map for all pictures falls from left to right."""
    center = np.zeros((4, TERMS, TERMS), np.float32)
    center[:, 0, 1] = shifts
    return Timing(
        np.array(powers, np.float32), center, COUNTS, np.full(4, concentration, np.float32)
    )


def test_a_moment_that_is_like_any_other_changes_nothing():
    for seconds in (0.2, 1, 2.5):
        np.testing.assert_allclose(timing().at(GRID, seconds), log_normalize(GRID), atol=1e-5)
        np.testing.assert_allclose(timing().until(GRID, seconds), log_normalize(GRID), atol=1e-5)


def test_a_power_sharpens_and_a_map_shifts():
    found = timing(powers=((2, 0), (1, 0), (1, 0), (0, 1)), shifts=(0, 3, 0, 0))
    np.testing.assert_allclose(found.at(GRID, 0.5), log_normalize(2 * GRID), atol=1e-5)
    left, right = (part.sum() for part in np.hsplit(np.exp(found.at(GRID, 0.8)), 2))
    assert left > 5 * right
    blurred = found.at(GRID, 3)
    assert np.abs(np.diff(blurred)).max() < np.abs(np.diff(GRID)).max() / 4


def test_up_to_a_moment_stretches_count_by_their_fixations():
    found = timing(shifts=(3, 0, -2, 1))
    densities = [np.exp(found.at(GRID, end)) for end in EDGES_S[1:]]
    for seconds, weights in ((0.3, (1,)), (1, (1, 1)), (1.5, (1, 1, 1)), (3, (1, 1, 2, 2))):
        expected = np.average(densities[: len(weights)], axis=0, weights=weights)
        np.testing.assert_allclose(np.exp(found.until(GRID, seconds)), expected, atol=1e-6)


@pytest.mark.parametrize("seconds", [0, -1, 3.01, float("nan")])
def test_other_moments_are_refused(seconds):
    for ask in (timing().at, timing().until):
        with pytest.raises(TimingError, match="more than 0 s and at most 3 s"):
            ask(GRID, seconds)
    with pytest.raises(TimingError, match=r"known for 0\.5, 1, 2, 3 s"):
        timing().seen(0.2, 1.5)


def test_a_moment_between_two_stretches_belongs_to_the_earlier_one():
    assert [stretch_of(seconds) for seconds in (0.1, 0.5, 0.51, 1, 2, 2.01, 3)] == [
        0, 0, 1, 1, 2, 3, 3
    ]  # fmt: skip


def test_where_viewers_are_alike_each_fixation_is_a_new_chance():
    for share in (0.0, 0.1, 0.6, 1.0):
        assert timing().seen(share, 2) == pytest.approx(1 - (1 - share) ** 4, abs=1e-4)


def test_where_viewers_differ_fewer_have_seen_an_area():
    random = np.random.default_rng(0)
    own = random.beta(0.2 * 3, 0.8 * 3, 200_000)
    counts = np.array([0, 0.5, 0, 0.5])
    made = random.choice(4, 200_000, p=counts)
    expected = (random.random(200_000) < 1 - (1 - own) ** made).mean()
    assert float(seen(np.array(0.2), counts, 3)) == pytest.approx(expected, abs=0.005)
    assert expected < float(seen(np.array(0.2), counts, 1e5)) - 0.03


def made_by_a_model(**changes) -> Prediction:
    grid = GridPrediction(gaussian((24, 36)), timing=timing(shifts=(2, 1, 0, -1), concentration=20))
    return replace(grid, **changes).full((120, 180), "lite")


def test_a_prediction_for_a_moment_has_the_same_size_and_no_further_moments():
    prediction = made_by_a_model()
    early = prediction.at(0.2)
    assert early.size == prediction.size
    assert early.density.sum() == pytest.approx(1, abs=1e-4)
    assert early.density[:, :90].sum() > 0.7
    assert prediction.until(3).density[:, :90].sum() == pytest.approx(0.5, abs=0.05)
    with pytest.raises(TimingError, match="nothing about other moments"):
        early.until(1)


def test_what_knows_nothing_of_time_says_so():
    with pytest.raises(TimingError, match="Use lite"):
        made_by_a_model(timing=None).at(1)
    with pytest.raises(TimingError, match="screen by screen"):
        made_by_a_model(screens=Screens((300, 100), 100), timing=None).until(1)
    with pytest.raises(TimingError, match="that a model made"):
        Prediction(gaussian((20, 30)), "mine").at(1)


def test_areas_say_how_likely_they_are_seen_by_when():
    left, right = (Area.box(name, x, 0, x + 90, 120) for name, x in (("left", 0), ("right", 90)))
    prediction = made_by_a_model()
    first, second = prediction.areas([left, right])
    assert first.seen[0] > second.seen[0]
    assert list(second.seen) == sorted(second.seen)
    early = prediction.until(1).density[:, :90].sum(dtype=float)
    assert first.seen[0] == pytest.approx(timing(concentration=20).seen(early, 1), abs=1e-4)


def test_what_is_seen_of_a_large_picture_is_what_is_seen_of_a_small_copy():
    grid = made_by_a_model().source
    small, large = grid.full((120, 180), "lite"), grid.full((1200, 1800), "lite")
    for corners in (((10, 10), (90, 20), (60, 100)), ((3, 3), (4, 3), (4, 4), (3, 4))):
        area = Area("a", tuple(corners))
        (one,), (other,) = small.areas([area]), large.areas([area.scaled(small.size, large.size)])
        assert other.seen == pytest.approx(one.seen, rel=0.03)


def test_nothing_is_said_of_when_unfamiliar_pictures_are_seen():
    (found,) = made_by_a_model(unfamiliarity=1.5).areas([Area.box("a", 0, 0, 50, 50)])
    assert found.seen == ()
