"""Versions of a design: areas matched, differences with their doubts, a winner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from salmap.analysis import wording
from salmap.analysis.certainty import difference_interval, share_interval
from salmap.analysis.versions import areas_of_versions, compare_versions
from salmap.areas import Area
from salmap.errors import AreaError
from salmap.prediction import Prediction

SIZE = (40, 60)
LEFT, RIGHT = Area.box("left", 0, 0, 30, 40), Area.box("right", 30, 0, 60, 40)


def prediction(share: float) -> Prediction:
    """A prediction that gives this share of attention to the left half."""
    density = np.full(SIZE, (1 - share) / 1200, np.float32)
    density[:, :30] = share / 1200
    return Prediction(np.log(density), "made")


def compared(*shares: float):
    versions = {name: prediction(share) for name, share in zip("ABCDEFG", shares, strict=False)}
    return compare_versions(versions, {name: [LEFT, RIGHT] for name in versions})


def test_the_share_of_each_area_in_each_version_and_its_difference():
    comparison = compared(0.1, 0.7)
    assert comparison.versions == ("A", "B")
    assert comparison.shares["left"]["B"].share == pytest.approx(0.7)
    found = comparison.difference("left", "A", "B")
    assert found.value == pytest.approx(0.6)
    assert 0 < found.low < 0.6 < found.high
    assert found.is_clear
    back = comparison.difference("left", "B", "A")
    assert (back.value, back.low, back.high) == pytest.approx(
        (-found.value, -found.high, -found.low)
    )


def test_a_small_difference_is_not_clear_and_says_so():
    comparison = compared(0.30, 0.34)
    (found,) = comparison.differences("left")
    assert not found.is_clear
    assert wording.verdict(found) == "no clear difference"
    assert comparison.winner("left").version == "B"
    assert "no clear difference" in wording.winner(comparison, "left")


def test_a_winner_is_clear_only_if_it_beats_every_other_version():
    assert compared(0.1, 0.2, 0.8).winner("left").is_clear
    assert not compared(0.1, 0.75, 0.8).winner("left").is_clear
    assert compared(0.1, 0.75, 0.8).winner("right").version == "A"


def test_a_difference_is_surer_than_the_sum_of_its_parts_and_less_sure_than_either():
    low, high = difference_interval(0.3, 0.4)
    widths = [np.subtract(*share_interval(share)[::-1]) for share in (0.3, 0.4)]
    assert max(widths) < high - low < sum(widths)
    assert low < 0.1 < high


def test_an_area_that_a_version_lacks_is_left_out_there():
    comparison = compare_versions(
        {"A": prediction(0.5), "B": prediction(0.5)}, {"A": [LEFT], "B": [LEFT, RIGHT]}
    )
    assert list(comparison.shares["right"]) == ["B"]
    assert comparison.differences("right") == []
    assert "Only B has right" in wording.winner(comparison, "right")
    with pytest.raises(AreaError, match="no area 'top'"):
        comparison.winner("top")


@pytest.mark.parametrize("count", [1, 7])
def test_too_few_or_too_many_versions(count):
    with pytest.raises(AreaError, match="2 to 6"):
        compared(*[0.5] * count)


def test_versions_of_one_shape_are_matched_by_position():
    sizes = {"a.png": (40, 60), "b.png": (40, 60), "c.png": (80, 120)}
    for areas in ({"": [LEFT]}, {"a.png": [LEFT]}):
        found = areas_of_versions(sizes, areas)
        assert found["a.png"] == found["b.png"] == [LEFT]
        assert found["c.png"][0].bounds == (0, 0, 60, 80)


def test_versions_of_other_shapes_are_matched_by_name():
    sizes = {"a.png": (40, 60), "b.png": (60, 40)}
    mine, own = [LEFT], [Area.box("left", 1, 2, 3, 4)]
    assert areas_of_versions(sizes, {"a.png": mine, "b.png": own}) == {"a.png": mine, "b.png": own}
    with pytest.raises(AreaError, match=r"b\.png \(40 x 60\) has another shape"):
        areas_of_versions(sizes, {"a.png": mine})
    with pytest.raises(AreaError, match="no areas for"):
        areas_of_versions(sizes, {"z.png": mine})


def test_an_area_off_a_version_says_of_which():
    far = Area.box("far", 100, 100, 120, 120)
    with pytest.raises(AreaError, match="B: The area 'far'"):
        compare_versions({"A": prediction(0.5), "B": prediction(0.5)}, {"A": [LEFT], "B": [far]})


def test_on_unfamiliar_pictures_a_difference_must_be_larger_to_be_clear():
    versions = {name: prediction(share) for name, share in (("A", 0.3), ("B", 0.6))}
    areas = {name: [LEFT] for name in versions}
    assert compare_versions(versions, areas).differences("left")[0].is_clear
    versions["B"] = replace(versions["B"], unfamiliarity=2.0)
    assert not compare_versions(versions, areas).differences("left")[0].is_clear
