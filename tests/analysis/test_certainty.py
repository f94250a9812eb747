"""Intervals of shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salmap.analysis.certainty import share_interval, spread
from salmap.errors import AreaError

SHARES = st.floats(0.001, 0.999)


@given(SHARES, st.integers(1, 50))
def test_a_higher_level_holds_all_of_a_lower_one(share, viewers):
    low, high = share_interval(share, viewers)
    surely_low, surely_high = share_interval(share, viewers, level=0.95)
    assert 0 <= surely_low <= low <= high <= surely_high <= 1


@given(st.floats(0.1, 0.9), st.integers(4, 50))
def test_an_interval_is_wider_for_fewer_viewers_and_unfamiliar_pictures(share, viewers):
    low, high = share_interval(share, viewers)
    for other in (share_interval(share, viewers - 1), share_interval(share, viewers, 0.8, True)):
        assert other[1] - other[0] > high - low


@given(st.floats(0.05, 0.95))
def test_it_holds_as_often_as_it_says_where_its_model_is_true(share):
    random = np.random.default_rng(0)
    concentration = 1 / spread(10) - 1
    real = random.beta(share * concentration, (1 - share) * concentration, 4000)
    low, high = share_interval(share, 10, 0.8)
    held = ((real >= low) & (real <= high)).mean()
    assert 0.78 < held < 0.93  # wider by half a fixation on either side


def test_nothing_and_everything_are_certain():
    assert share_interval(0) == (0, 0)
    assert share_interval(1) == (1, 1)


def test_senseless_questions():
    with pytest.raises(AreaError, match="viewers"):
        share_interval(0.5, 0)
    with pytest.raises(AreaError, match="level"):
        share_interval(0.5, level=1)
