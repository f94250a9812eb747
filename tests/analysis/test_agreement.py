"""Comparing predictions, and scoring them on fixations of one picture."""

from __future__ import annotations

import numpy as np
import pytest

from salmap import center_bias, metrics
from salmap.analysis.agreement import MOST, agreement, proposed, second_opinions
from salmap.density import fixation_density, shrink_density
from salmap.errors import FixationsError
from salmap.fixations import synthetic as synthetic_viewers
from salmap.fixations.truth import (
    DRAWN,
    dots,
    looks_at,
    make_truth,
    read_looks,
    score,
    truth_density,
)
from salmap.render import difference, difference_limit, difference_view
from salmap.types import Fixations
from salmap.weights.registry import ModelEntry, Source

SIZE = (60, 90)


def looks(*points: tuple[float, float], viewer: int = 0) -> Fixations:
    x, y = np.array(points, float).T
    return Fixations(x, y, np.full(len(x), viewer), np.arange(len(x)))


def gaussian(size=SIZE, **kwargs):
    return np.exp(center_bias.gaussian(size, **kwargs))


def noise(seed: int, size=SIZE):
    return np.random.default_rng(seed).dirichlet(np.ones(size[0] * size[1])).reshape(size)


def test_an_agreement_is_what_the_metrics_say():
    a, b = noise(0), noise(1)
    found = agreement(a, b)
    assert found.cc == metrics.cc(a, b)
    assert found.sim == metrics.sim(a, b)
    assert found.kl_of_b == metrics.kl_divergence(a, b)
    assert found.kl_of_a == metrics.kl_divergence(b, a)
    assert found.kl_of_a != found.kl_of_b


def test_the_difference_is_drawn_on_its_stated_scale():
    a, b = gaussian(), gaussian(sigma=(0.1, 0.1))
    picture, limit = difference_view(a, b, 0)
    assert limit == difference_limit(a.astype(np.float32), b.astype(np.float32))
    np.testing.assert_array_equal(picture, difference(a.astype(np.float32), b, limit))
    strong, third = difference_view(a, b, 0, 3)
    assert third == pytest.approx(limit / 3)
    np.testing.assert_array_equal(strong, difference(a.astype(np.float32), b, third))
    smooth, smaller = difference_view(a, b, 0.1)
    assert smaller < limit
    assert (smooth != picture).any()


def test_networks_come_first_and_baselines_beside_them():
    def entry(name, source):
        return ModelEntry(name, "", source)

    built_in = [entry(f"base{i}", Source.BUILT_IN) for i in range(3)]
    own = [entry("aaa", Source.FOLDER), entry("lite", Source.BUNDLED)]
    assert proposed([*built_in, *own]) == ["lite", "aaa", "base0", "base1"]
    assert proposed([*built_in, own[0]])[0] == "aaa"
    fitted = entry("center-bias", Source.BUNDLED)
    assert proposed([fitted, *built_in, own[0]]) == ["aaa", "center-bias", "base0", "base1"]
    assert proposed(built_in) == ["base0", "base1", "base2"]
    assert len(proposed([entry(str(i), Source.BUILT_IN) for i in range(9)])) == MOST


def test_networks_are_asked_for_a_second_opinion_and_the_users_own_before_others():
    entries = [
        ModelEntry("center-bias", "", Source.BUNDLED),
        ModelEntry("itti-koch", "", Source.BUILT_IN),
        ModelEntry("large", "", Source.BUNDLED),
        ModelEntry("lite", "", Source.BUNDLED),
        ModelEntry("zebra", "", Source.FOLDER),
    ]
    assert second_opinions(entries, "lite", 9) == ["zebra", "large"]
    assert second_opinions(entries, "zebra", 1) == ["large"]
    assert second_opinions(entries, "itti-koch", 9) == ["zebra", "large", "lite"]
    assert second_opinions(entries[:2], "lite", 4) == []


def test_the_center_bias_gains_nothing_over_itself():
    bias = gaussian()
    found = score(bias, bias, make_truth(looks((4, 5), (50, 20)), SIZE, bias, 3))
    assert found.ig == pytest.approx(0, abs=1e-6)


def test_knowing_the_looks_wins_every_score():
    bias = gaussian()
    truth = make_truth(looks((4, 5), (80, 50), (81, 8)), SIZE, bias, 3)
    best = score(truth_density(truth) + 1e-9, bias, truth)
    rival = score(noise(0), bias, truth)
    assert best.ig > 3
    assert best.sim == pytest.approx(1, abs=1e-3)
    assert best.kl < 1e-3 < rival.kl
    for name in ("ig", "nss", "auc", "sauc", "cc", "sim"):
        assert getattr(best, name) > getattr(rival, name), name


def test_scores_are_those_of_the_metrics():
    bias, density = gaussian(), noise(3)
    given = looks((4, 5), (80, 50), (30, 31))
    truth = make_truth(given, SIZE, bias, 4)
    found = score(density, bias, truth)
    empirical = fixation_density(given, SIZE, 4)
    assert found.nss == pytest.approx(metrics.nss(density, given))
    assert found.auc == pytest.approx(metrics.auc_judd(density, given))
    assert found.kl == pytest.approx(metrics.kl_divergence(empirical, density))
    gain = np.log2(density[[5, 50, 31], [4, 80, 30]] / bias[[5, 50, 31], [4, 80, 30]]).mean()
    assert found.ig == pytest.approx(gain, abs=1e-4)


def test_looks_at_a_place_that_a_model_rules_out_cost_everything():
    bias, density = gaussian(), noise(0)
    density[5, 4] = 0
    found = score(density / density.sum(), bias, make_truth(looks((4, 5)), SIZE, bias, 3))
    assert found.ig == -np.inf


def test_scores_hardly_change_on_the_smaller_copy():
    large, small = (480, 720), (240, 360)
    bias, density = gaussian(large), gaussian(large, sigma=(0.1, 0.3))
    given = looks(*np.random.default_rng(0).uniform(0, 470, (200, 2)))
    whole = score(density, bias, make_truth(given, large, bias, 20))
    reduced = shrink_density(bias, small)
    copy = score(shrink_density(density, small), reduced, make_truth(given, large, reduced, 20))
    for name in ("ig", "nss", "auc", "cc", "sim", "kl"):
        assert getattr(copy, name) == pytest.approx(getattr(whole, name), rel=0.01, abs=0.005), name
    assert copy.sauc == pytest.approx(whole.sauc, abs=0.02)


def test_drawn_nonfixations_follow_the_center_bias_and_stay_the_same():
    bias = gaussian()
    first, again = (make_truth(looks((4, 5)), SIZE, bias, 3) for _ in range(2))
    np.testing.assert_array_equal(first.nonfixations.x, again.nonfixations.x)
    assert len(first.nonfixations) == DRAWN
    assert first.others == 0
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    assert first.nonfixations.y.mean() == pytest.approx((bias * rows).sum(), abs=0.5)
    assert first.nonfixations.x.std() == pytest.approx(
        np.sqrt((bias * (columns - 44.5) ** 2).sum()), rel=0.03
    )


def test_looks_on_other_pictures_are_stretched_to_this_one():
    others = [(looks((0, 0), (19, 9), (400, 400)), (10, 20)), (looks((-5, -5)), (10, 20))]
    truth = make_truth(looks((4, 5)), SIZE, gaussian(), 3, others)
    assert truth.others == 1
    np.testing.assert_allclose(truth.nonfixations.x, [1.75, 87.25])
    np.testing.assert_allclose(truth.nonfixations.y, [2.5, 56.5])


def test_what_falls_outside_is_counted():
    truth = make_truth(looks((4, 5), (90, 5), (-3, 2)), SIZE, gaussian(), 3)
    assert (len(truth.fixations), truth.outside) == (1, 2)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (looks((900, 5)), "None of the 1 fixations falls on the picture of 90 x 60 pixels"),
        (looks((0.2, 0.3), (0.9, 0.1), (1, 0)), "multiply x by the picture's width"),
    ],
)
def test_wrong_units_are_explained(given, part):
    bias = gaussian()
    with pytest.raises(FixationsError, match=part):
        make_truth(given, SIZE, bias, 3)


def test_viewers_are_counted_where_they_are_known():
    bias = gaussian()
    assert make_truth(looks((4, 5), viewer=7), SIZE, bias, 3).viewers == 1
    assert make_truth(looks((4, 5), viewer=-1), SIZE, bias, 3).viewers == 0


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("a.jpg", 1),
        ("A.JPG", 1),
        ("a", 1),
        ("b.png", 2),
        ("folder/b.jpg", 2),
        ("c.jpg", None),
    ],
)
def test_a_picture_is_found_in_a_table(picture, expected):
    table = {"x/a.jpg": looks((1, 1)), "b.jpg": looks((1, 1), (2, 2))}
    found = looks_at(picture, table)
    assert (None if found is None else len(found)) == expected


def test_a_picture_that_could_be_several_images_is_refused():
    table = {"left/a.jpg": looks((1, 1)), "right/a.jpg": looks((1, 1))}
    with pytest.raises(FixationsError, match=r"left/a\.jpg, right/a\.jpg"):
        looks_at("a.jpg", table)
    assert len(looks_at("left/a.jpg", table)) == 1


def test_dots_are_in_per_cent_and_bounded():
    truth = make_truth(looks((0, 0), (89, 59)), SIZE, gaussian(), 3)
    assert dots(truth) == [(0.56, 0.83), (99.44, 99.17)]
    assert len(dots(make_truth(looks(*[(1, 1)] * 999), SIZE, gaussian(), 3), 100)) == 100


def test_the_synthetic_viewers_are_always_the_same_and_look_at_their_picture():
    data = synthetic_viewers.table().encode()
    assert data == synthetic_viewers.table().encode()
    found = read_looks("looks.csv", data, synthetic_viewers.SIZE)
    given = looks_at(synthetic_viewers.PICTURE, found)
    assert given is not None
    assert len(given) == synthetic_viewers.VIEWERS * synthetic_viewers.LOOKS
    assert len(given.inside(synthetic_viewers.SIZE)) == len(given)
    assert len(set(given.viewer)) == synthetic_viewers.VIEWERS
