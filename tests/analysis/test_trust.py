import numpy as np
import pytest

from salmap.analysis.trust import UsualScore, center_bias_share, usual_scores
from salmap.center_bias import gaussian, uniform
from salmap.errors import DensityError
from salmap.metrics import GOLD_STANDARD_KEY
from salmap.weights.info import ModelInfo

CENTER = np.exp(gaussian((48, 64)))


def test_the_center_bias_is_all_center_bias():
    assert center_bias_share(CENTER, CENTER) == pytest.approx(1)


def test_a_corner_owes_nothing_to_the_center_bias():
    corner = np.zeros((48, 64))
    corner[:3, :3] = 1
    assert center_bias_share(corner, CENTER) == 0


def test_a_narrower_center_owes_part_of_its_information():
    narrow = np.exp(gaussian((48, 64), sigma=(0.05, 0.05)))
    share = center_bias_share(narrow, CENTER)
    # both are Gaussians: E_p[log c/u] and E_p[log p/u] in closed form, borders far away
    explained = -np.log(2 * np.pi * 0.22 * 0.25) - 0.5 * (0.05**2 / 0.22**2 + 0.05**2 / 0.25**2)
    information = -np.log(2 * np.pi * 0.05**2) - 1
    assert share == pytest.approx(explained / information, abs=0.04)


def test_scale_and_size_change_nothing():
    rng = np.random.default_rng(0)
    density = rng.random((48, 64)) ** 4
    share = center_bias_share(density, CENTER)
    assert center_bias_share(density * 7, CENTER * 3) == pytest.approx(share)
    twice = np.repeat(np.repeat(density, 2, 0), 2, 1)
    center = np.repeat(np.repeat(CENTER, 2, 0), 2, 1)
    assert center_bias_share(twice, center) == pytest.approx(share)


def test_saying_nothing_is_mere_habit():
    assert center_bias_share(np.exp(uniform((48, 64))), CENTER) == 1


def test_other_sizes_are_refused():
    with pytest.raises(DensityError, match="same picture"):
        center_bias_share(CENTER, CENTER[:, 1:])


def test_usual_scores_come_from_the_model_file():
    info = ModelInfo(
        "m",
        "network",
        {},
        scores={
            "osie": {"ig": [2.0, 1.9, 2.1], GOLD_STANDARD_KEY: [2.25]},
            "scene": {"ig": [0.5]},
            "other": {"nss": [1.0]},
        },
    )
    assert usual_scores(info) == [
        UsualScore("osie", 2.0, (1.9, 2.1), 2.25),
        UsualScore("scene", 0.5),
    ]
    assert usual_scores(None) == []
