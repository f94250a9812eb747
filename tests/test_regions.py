"""Salient regions: where the peaks are, disjoint, ranked, and the same at every size."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import label

from salmap.density import normalize
from salmap.errors import DensityError
from salmap.patches import SMALLEST_SHARE
from salmap.regions import (
    attention_area,
    region_labels,
    region_record,
    top_regions,
)


def blobs(size: tuple[int, int], spots: list[tuple[float, float, float, float]]) -> np.ndarray:
    """A density of Gaussians (x, y, sigma, weight) in shares of the picture, on a little ground."""
    height, width = size
    y, x = np.mgrid[:height, :width] + 0.5
    density = np.full(size, 0.02 / (height * width))
    for spot_x, spot_y, sigma, weight in spots:
        square = (x - spot_x * width) ** 2 + (y - spot_y * height) ** 2
        spot = np.exp(-square / (2 * (sigma * max(size)) ** 2))
        density += weight * spot / spot.sum()
    return normalize(density)


THREE = [(0.3, 0.3, 0.05, 0.3), (0.75, 0.55, 0.06, 0.5), (0.25, 0.8, 0.04, 0.18)]

maps = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40),
    elements=st.floats(0, 1, width=32),
).filter(lambda values: values.sum() > 0)


@settings(deadline=None, max_examples=60)
@given(values=maps, k=st.integers(0, 8), stretch=st.sampled_from([1, 1, 9]))
def test_what_holds_for_every_density(values, k, stretch):
    density = np.repeat(np.repeat(values, stretch, axis=0), stretch, axis=1)
    before = density.copy()
    labels, regions = region_labels(density, k)
    assert np.array_equal(density, before)
    assert labels.shape == density.shape
    assert labels.dtype == np.int32
    assert len(regions) <= k
    assert [region.rank for region in regions] == list(range(1, len(regions) + 1))
    assert set(np.unique(labels)) - {0} == {region.rank for region in regions}
    assert sum(region.share for region in regions) <= 1 + 1e-9
    assert all(a.share >= b.share for a, b in pairwise(regions))
    height, width = density.shape
    for region in regions:
        left, top, right, bottom = region.box
        x, y = region.peak
        mask = labels == region.rank
        assert 0 <= left <= x < right <= width
        assert 0 <= top <= y < bottom <= height
        assert mask[y, x]
        assert density[y, x] == density[mask].max()
        rows, columns = np.nonzero(mask)
        assert (rows.min(), rows.max()) == (top, bottom - 1)
        assert (columns.min(), columns.max()) == (left, right - 1)
        assert 0 <= region.share <= 1
        assert region.share == pytest.approx(
            density[mask].sum(dtype=float) / density.sum(dtype=float)
        )
        assert 0 < region.area <= 1
        assert region.area == pytest.approx(mask.mean())


def test_regions_are_the_peaks_in_the_order_of_their_weight():
    regions = top_regions(blobs((300, 400), THREE))
    expected = [(0.75, 0.55), (0.3, 0.3), (0.25, 0.8)]
    assert len(regions) == 3
    for region, (x, y) in zip(regions, expected, strict=True):
        assert region.peak == pytest.approx((x * 400, y * 300), abs=3)
    # within half of its height, a Gaussian in two dimensions holds half of its mass
    for region, weight in zip(regions, (0.5, 0.3, 0.18), strict=True):
        assert region.share == pytest.approx(weight / 2, rel=0.2)
    assert [region.peak for region in top_regions(blobs((300, 400), THREE), 2)] == [
        region.peak for region in regions[:2]
    ]


@pytest.mark.parametrize("size", [(120, 160), (192, 256), (1200, 1600)])
def test_the_size_of_the_picture_changes_nothing(size):
    scale = np.array([size[1], size[0]] * 2)
    reference = top_regions(blobs((300, 400), THREE))
    for region, known in zip(top_regions(blobs(size, THREE)), reference, strict=True):
        assert region.share == pytest.approx(known.share, abs=0.015)
        assert region.area == pytest.approx(known.area, rel=0.1)
        box = np.array(region.box) / scale
        assert np.abs(box - np.array(known.box) / (400, 300, 400, 300)).max() < 0.015


def test_a_large_picture_has_whole_disjoint_regions_where_its_density_is_high():
    density = blobs((900, 1200), THREE)
    labels, regions = region_labels(density, 3)
    for region in regions:
        mask = labels == region.rank
        assert label(mask).max() == 1  # in one piece
        assert density[mask].min() > density.mean()
        assert density[mask].min() > 0.4 * density[mask].max()


def test_touching_peaks_are_parted_only_by_a_valley():
    apart = blobs((200, 300), [(0.35, 0.5, 0.06, 0.5), (0.65, 0.5, 0.06, 0.4)])
    assert len(top_regions(apart)) == 2
    merged = blobs((200, 300), [(0.47, 0.5, 0.06, 0.5), (0.53, 0.5, 0.06, 0.4)])
    assert len(top_regions(merged)) == 1


def test_noise_makes_no_regions():
    density = blobs((200, 300), THREE)
    noisy = density * np.random.default_rng(0).uniform(0.7, 1.3, density.shape)
    assert len(top_regions(noisy, 20)) == 3
    faint = blobs((200, 300), [(0.3, 0.5, 0.06, 1), (0.8, 0.5, 0.03, SMALLEST_SHARE / 2)])
    assert len(top_regions(faint, 20)) == 1


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (40, 60), (500, 700)])
def test_where_all_is_the_same_nothing_stands_out(size):
    labels, regions = region_labels(np.full(size, 1 / (size[0] * size[1]), np.float32))
    assert regions == []
    assert not labels.any()


@pytest.mark.parametrize("size", [(1, 900), (900, 1), (2, 900), (3, 3000)])
def test_strips(size):
    spot = (0.3, 0.5, 0.04, 1) if size[0] < size[1] else (0.5, 0.3, 0.04, 1)
    (region,) = top_regions(blobs(size, [spot]))
    along = region.peak[0] / size[1] if size[0] < size[1] else region.peak[1] / size[0]
    assert along == pytest.approx(0.3, abs=0.02)
    assert region.share > 0.5


@pytest.mark.parametrize("size", [(1, 2), (2, 2), (3, 5), (100, 80), (1500, 1000)])
def test_one_hot_pixel(size):
    density = np.zeros(size)
    density[0, -1] = 1
    (region,) = top_regions(density)
    assert region.peak == (size[1] - 1, 0)
    assert region.share == 1


def test_the_scale_of_the_map_does_not_matter():
    density = blobs((100, 150), THREE)
    for factor in (1e-6, 1e6):
        for region, known in zip(top_regions(density * factor), top_regions(density), strict=True):
            assert region.box == known.box
            assert region.share == pytest.approx(known.share)
    assert top_regions(density.astype(np.float16) + np.float16(0))  # any floating point


@pytest.mark.parametrize(
    ("density", "message"),
    [
        (np.zeros((3, 3)), "zero everywhere"),
        (np.full((3, 3), np.nan), "NaN"),
        (np.array([[1.0, -1.0]]), "negative"),
        (np.ones(3), "shape"),
        (np.ones((0, 3)), "shape"),
    ],
)
def test_what_is_no_density_is_refused(density, message):
    for function in (top_regions, attention_area):
        with pytest.raises(DensityError, match=message):
            function(density)


def test_a_negative_number_of_regions_is_refused():
    assert top_regions(blobs((30, 40), THREE), 0) == []
    with pytest.raises(DensityError, match="-1 regions"):
        top_regions(blobs((30, 40), THREE), -1)


def test_records_are_json():
    (first, *_) = regions = top_regions(blobs((300, 400), THREE))
    records = json.loads(json.dumps([region_record(region) for region in regions]))
    assert records[0] == {
        "rank": 1,
        "box": list(first.box),
        "peak": list(first.peak),
        "share": first.share,
        "area": first.area,
    }
