"""Pictures that are unlike those that a network learned from."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from skimage import data

import salmap
from salmap.errors import WeightsError
from salmap.weights import assets_folder, list_models
from salmap.weights.familiarity import Familiarity, read_familiarity

SIMPLE = Familiarity(
    np.array([1, 1, 1], np.float32), np.array([[0.5, 0, 0], [0, 0.25, 0]], np.float32)
)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return Path(
        shutil.copy(assets_folder() / "center-bias.safetensors", tmp_path / "m.safetensors")
    )


@pytest.fixture(scope="module")
def lite() -> salmap.Predictor:
    return salmap.load("lite", use_hub=False)


@pytest.mark.parametrize(
    ("features", "expected"), [((1, 1, 1), 0), ((2, 1, 9), 0.5), ((2, 7, 1), 1.5), ((-9, 1, 1), 0)]
)
def test_what_lies_farthest_in_any_direction_counts(features, expected):
    assert SIMPLE.unfamiliarity(np.array(features, np.float32)) == pytest.approx(expected)


def test_it_is_read_as_it_was_written(weights):
    path = SIMPLE.write(weights)
    assert path.name == "m.familiarity.safetensors"
    read = read_familiarity(weights)
    np.testing.assert_array_equal(read.center, SIMPLE.center)
    np.testing.assert_array_equal(read.directions, SIMPLE.directions)


def test_it_is_of_no_use_to_other_weights(weights):
    assert read_familiarity(weights) is None
    SIMPLE.write(weights)
    shutil.copy(assets_folder() / "lite.safetensors", weights)
    assert read_familiarity(weights) is None


def test_a_damaged_file_is_refused(weights):
    path = SIMPLE.write(weights)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(WeightsError, match=r"m\.familiarity\.safetensors is damaged"):
        read_familiarity(weights)


def test_a_file_of_other_tensors_is_refused(weights):
    Familiarity(SIMPLE.directions, SIMPLE.directions).write(weights)
    with pytest.raises(WeightsError, match="damaged or something else"):
        read_familiarity(weights)


def test_it_is_not_taken_for_a_model(weights, monkeypatch):
    SIMPLE.write(weights)
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(weights.parent))
    assert [name for name in list_models() if name.startswith("m")] == ["m"]


def test_photographs_are_familiar_to_a_bundled_network(lite):
    for photo in (data.astronaut(), data.coffee()):
        prediction = lite.predict(photo)
        assert prediction.unfamiliarity is not None
        assert prediction.is_unfamiliar is False


def test_a_page_of_text_and_noise_are_not(lite):
    noise = np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8)
    for picture in (np.stack([data.page()] * 3, axis=2), noise):
        assert lite.predict(picture).is_unfamiliar is True


def test_nothing_is_claimed_where_nothing_is_known(weights):
    prediction = salmap.load(weights).predict(data.coffee())
    assert prediction.unfamiliarity is None
    assert prediction.is_unfamiliar is None
