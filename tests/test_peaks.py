"""Prominent peaks, beside scikit-image's watershed from its own reconstruction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage.measure import label
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import watershed

from salmap.peaks import prominent_peaks


def surface(seed: int, size: tuple[int, int] = (40, 60), sigma: float = 3.0) -> np.ndarray:
    """Smooth hills, with a standard deviation of 1."""
    hills = gaussian_filter(np.random.default_rng(seed).normal(size=size), sigma)
    return (hills - hills.mean()) / hills.std()


@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.5, 1.5]))
@settings(max_examples=40)
def test_peaks_and_what_belongs_to_them_are_those_of_scikit_image(seed: int, least: float) -> None:
    height = surface(seed)
    expected = label(local_maxima(reconstruction(height - least, height)))
    peaks, basins = prominent_peaks(height, least)
    found = expected.ravel()[peaks]
    assert sorted(found) == list(range(1, expected.max() + 1))
    theirs = watershed(-height, expected, connectivity=2)
    assert (found[basins] == theirs).mean() > 0.95  # on a ridge either is right


@given(st.integers(0, 10_000), st.floats(0, 3))
@settings(max_examples=40)
def test_every_cell_belongs_to_a_peak_and_every_peak_to_itself(seed: int, least: float) -> None:
    height = surface(seed, (13, 9), 1.0)
    peaks, basins = prominent_peaks(height, least)
    assert set(basins.ravel()) == set(range(len(peaks)))
    assert basins.ravel()[peaks].tolist() == list(range(len(peaks)))
    assert height.argmax() in peaks
    assert all((height[basins == n] <= height.flat[peak]).all() for n, peak in enumerate(peaks))


@given(st.integers(0, 10_000))
def test_more_prominence_means_fewer_peaks_of_the_same(seed: int) -> None:
    height = surface(seed)
    many, some, one = (set(prominent_peaks(height, least)[0]) for least in (0.0, 0.5, 100.0))
    assert one <= some <= many
    assert len(one) == 1


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (6, 1), (5, 8)])
def test_a_plain_has_one_peak(size: tuple[int, int]) -> None:
    peaks, basins = prominent_peaks(np.zeros(size), 0.1)
    assert len(peaks) == 1
    assert not basins.any()


def test_a_low_peak_goes_to_the_one_beside_it_and_not_to_the_highest() -> None:
    """Along a line: 9, then 7, joined to it at 5.5, and then one that does not count."""
    peaks, basins = prominent_peaks(np.array([[9.0, 5.5, 7.0, 5.2, 5.9, 1.0]]), 1.0)
    assert peaks.tolist() == [0, 2]
    assert basins.tolist() == [[0, 0, 1, 1, 1, 1]]
