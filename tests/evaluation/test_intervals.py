"""Bootstrap intervals and paired tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from salmap.evaluation import intervals
from salmap.evaluation.intervals import mean_interval, paired_test


def test_an_interval_is_as_wide_as_theory_says():
    values = np.random.default_rng(0).normal(3, 2, 400)
    interval = mean_interval(values)
    assert interval.mean == pytest.approx(values.mean())
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert interval.low == pytest.approx(values.mean() - half, abs=0.03)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.03)


def test_intervals_cover_the_truth_about_as_often_as_they_say(monkeypatch):
    monkeypatch.setattr(intervals, "RESAMPLES", 1000)
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        interval = mean_interval(rng.exponential(1, 60))
        covered += interval.low <= 1 <= interval.high
    assert 0.87 <= covered / 200 <= 0.99


def test_an_interval_depends_on_nothing_but_values_and_seed(monkeypatch):
    values = np.random.default_rng(2).random(50)
    once = mean_interval(values)
    assert mean_interval(values) == once
    assert mean_interval(values, seed=1) != once
    monkeypatch.setattr(intervals, "_MAX_DRAWS_AT_ONCE", 700)
    assert mean_interval(values) == once


def test_what_has_no_interval():
    assert np.isnan(mean_interval(np.empty(0)).mean)
    infinite = mean_interval(np.array([1.0, -np.inf]))
    assert infinite.mean == -np.inf
    assert np.isnan(infinite.low)
    alone = mean_interval(np.array([4.0]))
    assert alone.mean == 4
    assert np.isnan([alone.low, alone.high]).all()


def test_a_paired_test_sees_a_small_difference_that_intervals_hide():
    rng = np.random.default_rng(3)
    difficulty = rng.normal(0, 5, 60)
    a, b = difficulty + 0.3 + rng.normal(0, 0.2, 60), difficulty
    test = paired_test(("a", "b"), "ig", (a, b))
    assert mean_interval(a).low < mean_interval(b).mean
    assert test.difference.low > 0
    assert test.p_value == pytest.approx(stats.wilcoxon(a - b).pvalue)
    assert test.p_value < 1e-6
    turned = paired_test(("b", "a"), "ig", (b, a))
    assert turned.difference.mean == pytest.approx(-test.difference.mean)
    assert turned.p_value == pytest.approx(test.p_value)


def test_pictures_that_one_model_lacks_are_left_out_and_equal_models_differ_in_nothing():
    a = np.array([1.0, 2.0, np.nan, -np.inf, 3.0])
    test = paired_test(("a", "b"), "ig", (a, np.arange(5.0)))
    assert test.pictures == 3
    assert test.difference.mean == pytest.approx(np.mean([1, 1, -1]))
    same = paired_test(("a", "b"), "ig", (a, a))
    assert same.p_value == 1
    assert same.difference.mean == 0
