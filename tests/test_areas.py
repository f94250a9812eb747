"""Areas of interest: which pixels belong to one, and the attention it draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salmap.areas import Area, area_shares
from salmap.errors import AreaError
from salmap.prediction import Prediction

SIZE = (40, 60)


def density(seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).random(SIZE) ** 4
    return values / values.sum()


@given(
    st.integers(0, 59), st.integers(0, 39), st.integers(1, 60), st.integers(1, 40),
)  # fmt: skip
def test_a_box_holds_what_a_slice_of_the_density_holds(left, top, width, height):
    box = (left, top, left + width, top + height)
    (found,) = area_shares(density(), [Area.box("a", *box)])
    inside = density()[top : top + height, left : left + width]
    assert found.share == pytest.approx(inside.sum())
    assert found.area == pytest.approx(inside.size / density().size)
    assert found.density == pytest.approx(found.share / found.area)


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 40)), min_size=3, max_size=3))
def test_a_triangle_and_its_rest_fill_the_box_around_both_in_area(corners):
    mask = Area("a", tuple(corners)).mask(SIZE)
    x, y = np.meshgrid(np.arange(60) + 0.5, np.arange(40) + 0.5)
    (ax, ay), (bx, by), (cx, cy) = corners
    sides = [
        (bx - ax) * (y - ay) - (by - ay) * (x - ax),
        (cx - bx) * (y - by) - (cy - by) * (x - bx),
        (ax - cx) * (y - cy) - (ay - cy) * (x - cx),
    ]
    clearly = np.minimum.reduce([np.abs(side) for side in sides]) > 1e-6
    inside = np.all([side > 0 for side in sides], 0) | np.all([side < 0 for side in sides], 0)
    assert (mask == inside)[clearly].all()


def test_a_polygon_that_is_a_box_is_treated_as_one():
    corners = ((30.0, 10.0), (10.0, 10.0), (10.0, 25.0), (30.0, 25.0))
    assert Area("a", corners).is_box
    assert (Area("a", corners).mask(SIZE) == Area.box("a", 10, 10, 30, 25).mask(SIZE)).all()


def test_ranks_and_peaks():
    values = np.ones(SIZE)
    values[5, 7], values[30, 50] = 500, 1000
    left, right = Area.box("left", 0, 0, 30, 40), Area.box("right", 30, 0, 60, 40)
    first, second = area_shares(values, [left, right])
    assert (first.rank, second.rank) == (2, 1)
    assert (first.peak, second.peak) == ((7, 5), (50, 30))
    assert first.share + second.share == pytest.approx(1)


def test_a_prediction_measures_areas():
    prediction = Prediction(np.log(density()).astype(np.float32), "some")
    (whole,) = prediction.areas([Area.box("all", -5, -5, 100, 100)])
    assert (whole.share, whole.area, whole.density) == pytest.approx((1, 1, 1), rel=1e-5)


def test_an_area_keeps_its_place_on_a_larger_copy():
    area = Area.box("a", 10, 5, 20, 15).scaled(SIZE, (80, 180))
    assert area.bounds == (30, 10, 60, 30)


@pytest.mark.parametrize(
    ("areas", "part"),
    [
        ([], "no area"),
        ([Area.box("a", 0, 0, 5, 5), Area.box("a", 5, 5, 9, 9)], "'a'"),
        ([Area.box("far", 100, 0, 120, 9)], "'far' covers no pixel"),
        ([Area.box("thin", 3.6, 3.6, 3.9, 9)], "'thin' covers no pixel"),
    ],
)
def test_areas_that_can_not_be_measured_are_refused(areas, part):
    with pytest.raises(AreaError, match=part):
        area_shares(density(), areas)


@pytest.mark.parametrize("edges", [(5, 5, 5, 9), (5, 5, 9, 4), (float("nan"), 0, 1, 1)])
def test_empty_boxes_are_refused(edges):
    with pytest.raises(AreaError, match="'a' is empty"):
        Area.box("a", *edges)


def test_corners_must_be_finite_and_three_at_least():
    with pytest.raises(AreaError, match="2 corners"):
        Area("a", ((0, 0), (1, 1)))
    with pytest.raises(AreaError, match="finite"):
        Area("a", ((0, 0), (1, float("inf")), (2, 2)))
    with pytest.raises(AreaError, match="name"):
        Area(" ", ((0, 0), (1, 0), (1, 1)))
