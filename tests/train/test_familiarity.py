"""What is measured of a network's training pictures, so that it knows others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import salmap
import train.familiarity
from salmap.errors import TrainingError
from salmap.models.file import save_model
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS
from salmap.weights import assets_folder
from salmap.weights.info import ModelInfo
from tests.train.tiny import make_dataset
from train.familiarity import direction, measure, noise


def features(count: int, away: float, seed: int) -> np.ndarray:
    """Of pictures that differ in many ways, and from others in one of them."""
    random = np.random.default_rng(seed)
    found = random.normal(5, np.linspace(3, 0.1, 60), (count, 60))
    found[:, 40] += away
    return found.astype(np.float32)


@pytest.mark.parametrize("margin", [0.0, 0.5])
def test_the_limit_lies_between_what_is_usual_and_what_is_not(margin):
    usual, held_out, unlike = features(200, 0, 1), features(200, 0, 2), features(80, 8, 3)
    found = direction(usual, held_out, unlike, margin)
    new, other = (features(300, away, 4) - usual.mean(0) for away in (0, 8))
    assert (new @ found > 1).mean() < (0.08 if margin == 0 else 0.01)
    assert (other @ found > 1).mean() > 0.95


def test_few_pictures_do_not_show_what_is_usual():
    with pytest.raises(TrainingError, match="only 12 of one"):
        direction(features(200, 0, 1), features(12, 0, 2), features(200, 8, 3), 0.5)


def test_noise_is_always_the_same_and_of_many_kinds(monkeypatch):
    monkeypatch.setattr(train.familiarity, "NOISE_SIZE", (48, 64))
    one, two = list(noise()), list(noise())
    np.testing.assert_array_equal(one, two)
    steps = [np.abs(np.diff(picture.astype(float), axis=1)).mean() for picture in one]
    assert steps[0] > 4 * steps[-1]


def test_what_is_measured_is_what_the_model_then_says(tmp_path, monkeypatch):
    monkeypatch.setattr(train.familiarity, "NOISE_SIZE", (48, 64))
    torch.manual_seed(3)
    network = SaliencyNetwork(replace(PRESETS["tiny"].config, size=64)).eval()
    weights = tmp_path / "mine.safetensors"
    save_model(network, weights, ModelInfo("mine", network.architecture, network.config()))
    pictures = make_dataset(tmp_path / "pictures", 120)
    stripes = tmp_path / "stripes"
    stripes.mkdir()
    for number in range(30):
        striped = np.zeros((48, 64, 3), np.uint8)
        striped[:: 2 + number % 5] = 255 - number
        Image.fromarray(striped).save(stripes / f"{number}.png")
    path = measure(weights, [pictures], [stripes])
    assert path == tmp_path / "mine.familiarity.safetensors"
    predictor = salmap.load(weights)
    seen = [predictor.predict(pictures.path(index)).is_unfamiliar for index in range(20)]
    assert sum(seen) <= 2
    assert all(predictor.predict(path).is_unfamiliar for path in stripes.iterdir())


def test_a_model_without_encoders_is_refused(tmp_path):
    pictures = make_dataset(tmp_path / "pictures", 40)
    with pytest.raises(TrainingError, match="center-bias is not a network"):
        measure(assets_folder() / "center-bias.safetensors", [pictures], [])
