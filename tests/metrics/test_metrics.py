"""Every metric against pysaliency, against hand-computed cases, and its invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from salmap import metrics
from salmap.density import fixation_density, log_normalize
from salmap.errors import DensityError, FixationsError
from salmap.types import Fixations
from tests import pysaliency_oracle as oracle

SIZES = [(60, 80), (48, 33), (75, 75), (20, 110)]
SIGMA = 4.0


def fixations_at(points, viewer=None):
    """Fixations from (x, y) points, all of one viewer unless said otherwise."""
    x, y = np.array(points, float).reshape(-1, 2).T
    viewer = np.zeros(len(x), int) if viewer is None else viewer
    return Fixations(x, y, viewer, np.arange(len(x)))


def random_fixations(rng, size, count=60):
    """Uneven fixations of five viewers, some of them on the same pixel, none outside."""
    x = np.clip(rng.normal(0.45, 0.2, count), 0, 0.999) * size[1] - 0.5
    y = np.clip(rng.normal(0.55, 0.2, count), 0, 0.999) * size[0] - 0.5
    x[:7], y[:7] = x[7], y[7]
    return Fixations(x, y, np.sort(rng.integers(0, 5, count)), np.arange(count))


@pytest.fixture(scope="module", params=[0, 1, 2])
def scene(request):
    """Random smooth maps with ties, baselines and fixations on pictures of several sizes."""
    rng = np.random.default_rng(request.param)
    fixations = [random_fixations(rng, size) for size in SIZES]
    maps = []
    for size, fixated in zip(SIZES, fixations, strict=True):
        noise = rng.gamma(0.3, size=size)
        maps.append(noise / noise.max() + 30 * fixation_density(fixated, size, 6))
    maps[1] = np.round(maps[1] * 12)
    maps[2] = maps[2] - 1
    log_densities = [log_normalize(rng.normal(0, 2, size)).astype(float) for size in SIZES]
    baselines = [log_normalize(rng.normal(0, 1, size)).astype(float) for size in SIZES]
    return maps, log_densities, baselines, fixations


@pytest.fixture(scope="module")
def judge(scene):
    """The same scene in pysaliency's classes."""
    maps, log_densities, baselines, fixations = scene
    stimuli = oracle.stimuli_of(SIZES)
    return {
        "stimuli": stimuli,
        "fixations": oracle.fixations_of(fixations),
        "map": oracle.Maps(stimuli, maps),
        "density": oracle.LogDensities(stimuli, log_densities),
        "baseline": oracle.LogDensities(stimuli, baselines),
        "empirical": oracle.pysaliency.FixationMap(
            stimuli, oracle.fixations_of(fixations), kernel_size=SIGMA
        ),
    }


def test_log_likelihood_and_information_gain_agree_with_pysaliency(scene, judge):
    _, log_densities, baselines, fixations = scene
    stimuli, fixated = judge["stimuli"], judge["fixations"]
    likelihoods = judge["density"].log_likelihoods(stimuli, fixated)
    gains = judge["density"].information_gains(stimuli, fixated, judge["baseline"])
    np.testing.assert_allclose(
        [metrics.log_likelihood(p, f) for p, f in zip(log_densities, fixations, strict=True)],
        oracle.per_picture(likelihoods, fixated),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        [
            metrics.information_gain(p, b, f)
            for p, b, f in zip(log_densities, baselines, fixations, strict=True)
        ],
        oracle.per_picture(gains, fixated),
        rtol=1e-6,
    )


def test_nss_agrees_with_pysaliency(scene, judge):
    maps, _, _, fixations = scene
    expected = judge["map"].NSSs(judge["stimuli"], judge["fixations"])
    np.testing.assert_allclose(
        [metrics.nss(m, f) for m, f in zip(maps, fixations, strict=True)],
        oracle.per_picture(expected, judge["fixations"]),
        rtol=1e-6,
    )


def test_auc_judd_agrees_with_pysaliency(scene, judge):
    maps, _, _, fixations = scene
    expected = judge["map"].AUCs(judge["stimuli"], judge["fixations"], nonfixations="uniform")
    np.testing.assert_allclose(
        [metrics.auc_judd(m, f) for m, f in zip(maps, fixations, strict=True)],
        oracle.per_picture(expected, judge["fixations"]),
        rtol=1e-9,
    )


def stretched(per_picture, target):
    """All fixations of the other pictures, stretched to the picture `target`."""
    height, width = SIZES[target]
    others = [n for n in range(len(SIZES)) if n != target]
    x = [(per_picture[n].x + 0.5) * (width / SIZES[n][1]) - 0.5 for n in others]
    y = [(per_picture[n].y + 0.5) * (height / SIZES[n][0]) - 0.5 for n in others]
    count = sum(map(len, x))
    zeros = np.zeros(count, int)
    return Fixations(np.concatenate(x), np.concatenate(y), zeros, zeros)


def test_shuffled_auc_agrees_with_pysaliency(scene, judge):
    maps, _, _, fixations = scene
    expected = judge["map"].AUCs(judge["stimuli"], judge["fixations"], nonfixations="shuffled")
    np.testing.assert_allclose(
        [
            metrics.shuffled_auc(m, f, stretched(fixations, n))
            for n, (m, f) in enumerate(zip(maps, fixations, strict=True))
        ],
        oracle.per_picture(expected, judge["fixations"]),
        rtol=1e-9,
    )


def test_cc_sim_and_kl_agree_with_pysaliency_on_its_own_fixation_maps(scene, judge):
    maps, _, _, fixations = scene
    stimuli, model, empirical = judge["stimuli"], judge["map"], judge["empirical"]
    truths = [fixation_density(f, s, SIGMA) for f, s in zip(fixations, SIZES, strict=True)]
    pairs = list(zip(maps, truths, strict=True))
    np.testing.assert_allclose(
        [metrics.cc(m, t) for m, t in pairs], model.CCs(stimuli, empirical), rtol=1e-6
    )
    np.testing.assert_allclose(
        [metrics.sim(m, t) for m, t in pairs], model.SIMs(stimuli, empirical), rtol=1e-6
    )
    expected = oracle.kl_divergences(model, stimuli, empirical)
    np.testing.assert_allclose([metrics.kl_divergence(t, m) for m, t in pairs], expected, rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.7, 5.0, 60.0])
@pytest.mark.parametrize("size", [(31, 47), (200, 20)])
def test_fixation_density_is_pysaliencys_fixation_map(sigma, size):
    fixations = random_fixations(np.random.default_rng(9), size)
    stimuli = oracle.stimuli_of([size])
    fixated = oracle.fixations_of([fixations])
    expected = oracle.pysaliency.FixationMap(stimuli, fixated, kernel_size=sigma)
    expected = expected.saliency_map(stimuli[0])
    np.testing.assert_allclose(
        fixation_density(fixations, size, sigma), expected / expected.sum(), atol=1e-15
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_map_with_one_wrong_value_anywhere_is_refused(value):
    for place in ((0, 0), (149, 499)):
        broken = np.random.default_rng(0).random((150, 500), np.float32)
        broken[place] = value
        with pytest.raises(DensityError, match="NaN or infinite"):
            metrics.Measured(broken)


def test_mean_and_deviation_are_exact_far_from_zero():
    values = 1e4 + np.random.default_rng(0).random((300, 400))
    measured = metrics.Measured(values)
    assert measured.mean == pytest.approx(values.mean(), rel=1e-15)
    assert measured.std == pytest.approx(values.std(), rel=1e-10)


def test_fixation_density_without_blur_counts_fixations_and_drops_those_outside():
    density = fixation_density(fixations_at([(1, 0), (1.4, 0.4), (2, 1), (9, 9)]), (2, 3), 0)
    np.testing.assert_allclose(density, [[0, 2 / 3, 0], [0, 0, 1 / 3]])


def test_single_precision_maps_score_like_double_ones(scene):
    maps, log_densities, baselines, fixations = scene
    for m, p, b, f in zip(maps, log_densities, baselines, fixations, strict=True):
        single = m.astype(np.float32)
        assert metrics.nss(single, f) == pytest.approx(metrics.nss(m, f), rel=1e-5)
        assert metrics.auc_judd(single, f) == metrics.auc_judd(single.astype(float), f)
        gain = metrics.information_gain(p.astype(np.float32), b.astype(np.float32), f)
        assert gain == pytest.approx(metrics.information_gain(p, b, f), rel=1e-5)


def test_a_perfect_map_gets_what_can_be_got():
    fixations = fixations_at([(2, 1)])
    perfect = np.zeros((4, 5))
    perfect[1, 2] = 1
    truth = fixation_density(fixations, (4, 5), 0)
    assert metrics.auc_judd(perfect, fixations) == pytest.approx(1 - 0.5 / 20)  # a tie with itself
    assert metrics.shuffled_auc(perfect, fixations, fixations_at([(0, 0), (4, 3)])) == 1
    assert metrics.nss(perfect, fixations) == pytest.approx(np.sqrt(19))  # (1 - 1/20) / std
    assert metrics.cc(perfect, truth) == pytest.approx(1)
    assert metrics.sim(perfect, truth) == pytest.approx(1)
    assert metrics.kl_divergence(truth, perfect) == pytest.approx(0, abs=1e-12)
    with np.errstate(divide="ignore"):
        log_density = np.log(perfect)
    uniform = np.full((4, 5), -np.log(20))
    assert metrics.log_likelihood(log_density, fixations) == 0
    assert metrics.information_gain(log_density, uniform, fixations) == pytest.approx(np.log2(20))


@pytest.mark.parametrize("value", [0.0, 0.1, 3.0, -2.0])
def test_a_constant_map_is_at_chance(value):
    constant = np.full((7, 11), value)
    other = np.arange(77, dtype=float).reshape(7, 11)
    fixations = fixations_at([(1, 1), (5, 5)])
    assert metrics.nss(constant, fixations) == 0
    assert metrics.cc(constant, other) == metrics.cc(other, constant) == 0
    assert metrics.auc_judd(constant, fixations) == 0.5
    assert metrics.shuffled_auc(constant, fixations, fixations_at([(0, 3)])) == 0.5
    assert metrics.sim(constant, np.ones((7, 11))) == pytest.approx(1)
    assert metrics.kl_divergence(np.ones((7, 11)), constant) == pytest.approx(0, abs=1e-12)


def test_ties_count_a_half():
    values = np.array([[0.0, 1.0, 1.0, 2.0]])
    fixations = fixations_at([(1, 0), (3, 0)])
    # the first: 1 below, 2 equal of 4; the second: 3 below, 1 equal
    assert metrics.auc_judd(values, fixations) == pytest.approx((2 / 4 + 3.5 / 4) / 2)
    nonfixations = fixations_at([(0, 0), (2, 0)])
    assert metrics.shuffled_auc(values, fixations, nonfixations) == pytest.approx(
        (1.5 / 2 + 2 / 2) / 2
    )


def test_hand_computed_divergence_similarity_and_correlation():
    truth, model = np.array([[3.0, 1.0]]), np.array([[1.0, 1.0]])
    assert metrics.kl_divergence(truth, model) == pytest.approx(
        0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    )
    assert metrics.sim(truth, model) == pytest.approx(0.75)
    assert metrics.cc(np.array([[1.0, 2.0, 4.0]]), np.array([[1.0, 3.0, 2.0]])) == pytest.approx(
        1 / (2 * np.sqrt(7 / 3))
    )


def test_a_prediction_of_zero_where_people_looked_is_bounded_by_epsilon():
    truth, model = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert metrics.kl_divergence(truth, model) == pytest.approx(-np.log(metrics.KL_EPSILON))
    assert metrics.kl_divergence(truth, model) < 37


def test_fixations_of_one_pixel_count_several_times_and_those_outside_do_not():
    values = np.arange(12, dtype=float).reshape(3, 4)
    once, twice = fixations_at([(0, 0), (3, 2)]), fixations_at([(0, 0), (0, 0), (3, 2)])
    outside = fixations_at([(0, 0), (3, 2), (3.5, 0), (-0.51, 1), (1, 2.5)])
    assert metrics.nss(values, twice) < metrics.nss(values, once)
    assert metrics.nss(values, outside) == metrics.nss(values, once)


@pytest.mark.parametrize("points", [[], [(100, 100)]])
def test_no_fixation_is_an_error_and_no_zero(points):
    values, none = log_normalize(np.arange(12.0).reshape(3, 4)), fixations_at(points)
    some = fixations_at([(1, 1)])
    for score in (
        lambda: metrics.nss(values, none),
        lambda: metrics.auc_judd(values, none),
        lambda: metrics.shuffled_auc(values, none, some),
        lambda: metrics.shuffled_auc(values, some, none),
        lambda: metrics.log_likelihood(values, none),
        lambda: metrics.information_gain(values, values, none),
        lambda: fixation_density(none, (3, 4), 2.0),
    ):
        with pytest.raises(FixationsError, match="fixation"):
            score()


def test_shapes_that_disagree_are_an_error():
    a, b = log_normalize(np.zeros((3, 4))), log_normalize(np.zeros((4, 3)))
    some = fixations_at([(1, 1)])
    for score in (
        lambda: metrics.cc(a, b),
        lambda: metrics.sim(a, b),
        lambda: metrics.kl_divergence(a, b),
        lambda: metrics.information_gain(a, b, some),
    ):
        with pytest.raises(DensityError, match=r"\(3, 4\) and \(4, 3\)"):
            score()
    with pytest.raises(DensityError, match=r"\(H, W\)"):
        metrics.nss(np.zeros(5), some)


def test_what_is_no_number_is_an_error():
    broken, whole, some = np.full((3, 4), np.nan), np.ones((3, 4)), fixations_at([(1, 1)])
    for score in (
        lambda: metrics.nss(broken, some),
        lambda: metrics.auc_judd(broken, some),
        lambda: metrics.cc(whole, broken),
        lambda: metrics.sim(whole, broken),
        lambda: metrics.kl_divergence(whole, broken),
        lambda: metrics.log_likelihood(broken, some),
    ):
        with pytest.raises(DensityError):
            score()


def test_information_gain_refuses_what_is_no_log_density_and_a_baseline_that_says_never():
    some, uniform = fixations_at([(0, 0)]), np.full((1, 2), np.log(0.5))
    with pytest.raises(DensityError, match="sum to 2"):
        metrics.information_gain(np.zeros((1, 2)), uniform, some)
    never = np.array([[-np.inf, 0.0]])
    with pytest.raises(DensityError, match="baseline"):
        metrics.information_gain(uniform, never, some)
    assert metrics.information_gain(never, uniform, some) == -np.inf


def test_a_log_density_is_checked_once_and_brings_its_density():
    values = log_normalize(np.random.default_rng(0).normal(0, 2, (90, 70)))
    checked = metrics.LogDensity(values)
    np.testing.assert_array_equal(checked.density, np.exp(values))
    some = fixations_at([(3, 4)])
    assert metrics.log_likelihood(checked, some) == metrics.log_likelihood(values, some)
    with pytest.raises(DensityError, match=r"sum to 2\.71"):
        metrics.LogDensity(values + 1)
    with pytest.raises(DensityError, match="sum to nan"):
        metrics.LogDensity(np.full((2, 2), np.nan))


SHAPE = (5, 6)
finite_maps = arrays(np.float64, SHAPE, elements=st.integers(-50, 50).map(float))
point_lists = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), min_size=1, max_size=9)


@given(finite_maps, finite_maps, st.floats(0.1, 50), st.floats(-100, 100))
@settings(deadline=None)
def test_cc_is_bounded_symmetric_and_blind_to_affine_scaling(a, b, scale, shift):
    value = metrics.cc(a, b)
    assert -1 <= value <= 1
    assert metrics.cc(b, a) == pytest.approx(value, abs=1e-12)
    assert metrics.cc(scale * a + shift, b) == pytest.approx(value, abs=1e-9)
    assert metrics.cc(-a, b) == pytest.approx(-value, abs=1e-12)


@given(finite_maps, finite_maps)
@settings(deadline=None)
def test_sim_and_kl_are_bounded_and_sim_is_symmetric(a, b):
    value = metrics.sim(a, b)
    assert 0 <= value <= 1
    assert metrics.sim(b, a) == pytest.approx(value, abs=1e-12)
    assert metrics.sim(a, a) == pytest.approx(1)
    assert metrics.kl_divergence(a, b) >= -1e-9
    assert metrics.kl_divergence(a, a) == pytest.approx(0, abs=1e-9)


@given(finite_maps, point_lists, point_lists)
@settings(deadline=None)
def test_auc_is_bounded_and_blind_to_monotone_transforms(values, points, others):
    fixations, nonfixations = fixations_at(points), fixations_at(others)
    bent = np.exp(values / 20) + values**3
    for auc in (
        lambda v: metrics.auc_judd(v, fixations),
        lambda v: metrics.shuffled_auc(v, fixations, nonfixations),
    ):
        assert 0 <= auc(values) <= 1
        assert auc(bent) == auc(values)
        assert auc(-values) == pytest.approx(1 - auc(values), abs=1e-12)


@given(finite_maps, finite_maps, point_lists)
@settings(deadline=None)
def test_information_gain_of_a_baseline_over_itself_is_zero_and_gains_add_up(a, b, points):
    fixations = fixations_at(points)
    a, b = (log_normalize(m / 10).astype(float) for m in (a, b))
    assert metrics.information_gain(a, a, fixations) == 0
    there, back = (metrics.information_gain(p, q, fixations) for p, q in ((a, b), (b, a)))
    assert there == pytest.approx(-back, abs=1e-12)


@given(finite_maps, point_lists, st.floats(0.1, 50), st.floats(-100, 100))
@settings(deadline=None)
def test_nss_is_blind_to_affine_scaling(values, points, scale, shift):
    fixations = fixations_at(points)
    assert metrics.nss(scale * values + shift, fixations) == pytest.approx(
        metrics.nss(values, fixations), abs=1e-9
    )
