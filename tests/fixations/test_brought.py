"""Fixations that somebody brings for one picture, and predictions scored on them."""

from __future__ import annotations

import numpy as np
import pytest

from salmap import center_bias, metrics
from salmap.density import fixation_density, shrink_density
from salmap.errors import DoubtfulError, FixationsError
from salmap.fixations import synthetic as synthetic_viewers
from salmap.fixations.brought import (
    DRAWN,
    Evidence,
    as_log_density,
    dots,
    make_evidence,
    read_brought,
)
from salmap.fixations.frame import Reading, read_settings
from salmap.fixations.placing import Placed
from salmap.metrics import Scores
from salmap.types import Fixations, MapArray

SIZE = (60, 90)


def fixations(*points: tuple[float, float], viewer: int = 0) -> Fixations:
    x, y = np.array(points, float).T
    return Fixations(x, y, np.full(len(x), viewer), np.arange(len(x)))


def gaussian(size=SIZE, **kwargs):
    return np.exp(center_bias.gaussian(size, **kwargs))


def noise(seed: int, size=SIZE):
    return np.random.default_rng(seed).dirichlet(np.ones(size[0] * size[1])).reshape(size)


def score(density: MapArray, bias: MapArray, evidence: Evidence) -> Scores:
    return evidence.scorer(bias).score_density(as_log_density(density))


def test_the_center_bias_gains_nothing_over_itself():
    bias = gaussian()
    found = score(bias, bias, make_evidence(fixations((4, 5), (50, 20)), SIZE, bias, 3))
    assert found["ig"] == pytest.approx(0, abs=1e-6)


def test_knowing_the_fixations_wins_every_score():
    bias = gaussian()
    evidence = make_evidence(fixations((4, 5), (80, 50), (81, 8)), SIZE, bias, 3)
    best = score(evidence.truth.density() + 1e-9, bias, evidence)
    rival = score(noise(0), bias, evidence)
    assert best["ig"] > 3
    assert best["sim"] == pytest.approx(1, abs=1e-3)
    assert best["kl"] < 1e-3 < rival["kl"]
    for name in ("ig", "nss", "auc", "sauc", "cc", "sim"):
        assert best[name] > rival[name], name


def test_scores_are_those_of_the_metrics():
    bias, density = gaussian(), noise(3)
    given = fixations((4, 5), (80, 50), (30, 31))
    evidence = make_evidence(given, SIZE, bias, 4)
    found = score(density, bias, evidence)
    empirical = fixation_density(given, SIZE, 4)
    assert found["nss"] == pytest.approx(metrics.nss(density, given))
    assert found["auc"] == pytest.approx(metrics.auc_judd(density, given))
    assert found["kl"] == pytest.approx(metrics.kl_divergence(empirical, density))
    gain = np.log2(density[[5, 50, 31], [4, 80, 30]] / bias[[5, 50, 31], [4, 80, 30]]).mean()
    assert found["ig"] == pytest.approx(gain, abs=1e-4)


def test_fixations_at_a_place_that_a_model_rules_out_cost_everything():
    bias, density = gaussian(), noise(0)
    density[5, 4] = 0
    found = score(density / density.sum(), bias, make_evidence(fixations((4, 5)), SIZE, bias, 3))
    assert found["ig"] == -np.inf


def test_scores_hardly_change_on_the_smaller_copy():
    large, small = (480, 720), (240, 360)
    bias, density = gaussian(large), gaussian(large, sigma=(0.1, 0.3))
    given = fixations(*np.random.default_rng(0).uniform(0, 470, (200, 2)))
    whole = score(density, bias, make_evidence(given, large, bias, 20))
    reduced = shrink_density(bias, small)
    copy = score(shrink_density(density, small), reduced, make_evidence(given, large, reduced, 20))
    for name in ("ig", "nss", "auc", "cc", "sim", "kl"):
        assert copy[name] == pytest.approx(whole[name], rel=0.01, abs=0.005), name
    assert copy["sauc"] == pytest.approx(whole["sauc"], abs=0.02)


def test_drawn_nonfixations_follow_the_center_bias_and_stay_the_same():
    bias = gaussian()
    first, again = (make_evidence(fixations((4, 5)), SIZE, bias, 3) for _ in range(2))
    np.testing.assert_array_equal(first.nonfixations.x, again.nonfixations.x)
    assert len(first.nonfixations) == DRAWN
    assert first.other_pictures == 0
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    assert first.nonfixations.y.mean() == pytest.approx((bias * rows).sum(), abs=0.5)
    assert first.nonfixations.x.std() == pytest.approx(
        np.sqrt((bias * (columns - 44.5) ** 2).sum()), rel=0.03
    )


def test_fixations_on_other_pictures_are_stretched_to_this_one():
    others = [(fixations((0, 0), (19, 9), (400, 400)), (10, 20)), (fixations((-5, -5)), (10, 20))]
    evidence = make_evidence(fixations((4, 5)), SIZE, gaussian(), 3, others)
    assert evidence.other_pictures == 1
    np.testing.assert_allclose(evidence.nonfixations.x, [1.75, 87.25])
    np.testing.assert_allclose(evidence.nonfixations.y, [2.5, 56.5])


def test_what_falls_outside_is_counted():
    evidence = make_evidence(fixations((4, 5), (90, 5), (-3, 2)), SIZE, gaussian(), 3)
    assert (len(evidence.truth.fixations), evidence.truth.outside) == (1, 2)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (fixations((900, 5)), "None of the 1 fixations falls on the picture of 90 x 60 pixels"),
    ],
)
def test_wrong_units_are_explained(given, part):
    bias = gaussian()
    with pytest.raises(FixationsError, match=part):
        make_evidence(given, SIZE, bias, 3)


def test_viewers_are_counted_where_they_are_known():
    bias = gaussian()
    assert make_evidence(fixations((4, 5), viewer=7), SIZE, bias, 3).truth.fixations.viewers == {7}
    unknown = make_evidence(fixations((4, 5), viewer=-1), SIZE, bias, 3)
    assert unknown.truth.fixations.viewers == set()


SIZES = {"a.jpg": SIZE, "folder/b.jpg": SIZE}


def brought(text: str, picture: str = "a.jpg", reading: Reading | None = None) -> Placed:
    return read_brought("gaze.csv", text.encode(), picture, SIZES, reading)


def test_a_table_serves_all_pictures_at_hand():
    found = brought("image,x,y\nA,1,2\nb.JPG,3,4\nx/b.jpg,5,6\nother.jpg,7,8\n".replace("x/b", "b"))
    assert {name: len(f) for name, f in found.fixations.items()} == {"a.jpg": 1, "folder/b.jpg": 2}


def test_a_table_without_a_column_image_is_of_the_picture_shown():
    assert list(brought("x,y\n1,2\n", "folder/b.jpg").fixations) == ["folder/b.jpg"]


def test_a_picture_that_could_be_several_images_is_refused():
    with pytest.raises(FixationsError, match=r"left/a\.jpg, right/a\.jpg"):
        brought("image,x,y\nleft/a.jpg,1,2\nright/a.jpg,3,4\n")


def test_a_table_of_other_pictures_is_refused():
    with pytest.raises(FixationsError, match="column image has cat"):
        brought("image,x,y\ncat.png,1,2\n")


def test_shares_are_refused_even_with_one_beyond_the_screen():
    rows = "".join(f"0.{i}5,0.{9 - i}1\n" for i in range(10)) * 4
    with pytest.raises(DoubtfulError, match="shares") as failure:
        brought(f"x,y\n{rows}0.5,1.03\n")
    assert failure.value.guess == ("unit=shares",)
    settled = brought(f"x,y\n{rows}0.5,1.03\n", reading=read_settings(failure.value.guess))
    assert settled.fixations["a.jpg"].x[0] == pytest.approx(0.05 * SIZE[1] - 0.5)
    assert len(settled.fixations["a.jpg"].inside(SIZE)) == 40


def test_dots_are_in_per_cent_and_bounded():
    evidence = make_evidence(fixations((0, 0), (89, 59)), SIZE, gaussian(), 3)
    assert dots(evidence.truth) == [(0.56, 0.83), (99.44, 99.17)]
    many = make_evidence(fixations(*[(1, 1)] * 999), SIZE, gaussian(), 3)
    assert len(dots(many.truth, 100)) == 100


def test_the_synthetic_viewers_are_always_the_same_and_stay_on_their_picture():
    data = synthetic_viewers.table().encode()
    assert data == synthetic_viewers.table().encode()
    sizes = {synthetic_viewers.PICTURE: synthetic_viewers.SIZE}
    placed = read_brought("fixations.csv", data, synthetic_viewers.PICTURE, sizes)
    given = placed.fixations[synthetic_viewers.PICTURE]
    assert not placed.notes and not placed.doubt
    assert len(given) == synthetic_viewers.VIEWERS * synthetic_viewers.FIXATIONS
    assert len(given.inside(synthetic_viewers.SIZE)) == len(given)
    assert len(set(given.viewer)) == synthetic_viewers.VIEWERS
