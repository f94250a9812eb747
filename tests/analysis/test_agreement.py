"""Comparing predictions."""

from __future__ import annotations

import numpy as np
import pytest

from salmap import center_bias, metrics
from salmap.analysis.agreement import MOST, agreement, proposed, second_opinions
from salmap.render import difference, difference_limit, difference_view
from salmap.weights.info import ModelInfo
from salmap.weights.registry import ModelEntry, Source

SIZE = (60, 90)


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


def test_only_networks_with_good_scores_of_their_own_are_asked_the_best_first():
    def info(**bits: float) -> ModelInfo:
        return ModelInfo("", "", {}, scores={name: {"ig": [value]} for name, value in bits.items()})

    infos = {
        "lite": info(osie=2.0, scene=1.0),
        "better": info(osie=2.2, scene=1.1),
        "weak": info(osie=1.0, scene=0.5),
        "near": info(osie=1.7),
        "throwaway": info(folder=9.0),
        "unknown": info(),
    }
    assert second_opinions(infos, "lite", 9) == ["better", "near"]
    assert second_opinions(infos, "lite", 1) == ["better"]
    assert second_opinions(infos, "throwaway", 9) == ["better", "lite", "near"]
    assert second_opinions({"lite": infos["lite"]}, "lite", 4) == []
