"""What every model promises, whatever it is made of: one class, run over all of them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

import salmap
from salmap.backends.choice import open_model
from salmap.errors import ModelError, WeightsError
from salmap.models import CLASSICAL
from salmap.models.config import NETWORK
from salmap.networks import PRESETS, NetworkConfig
from salmap.pictures import fit_size
from salmap.prediction import Prediction
from salmap.predictor import Predictor
from salmap.types import ImageArray
from salmap.weights.file import write_tensors
from salmap.weights.info import ModelInfo
from salmap.weights.registry import REGISTRY, Source

NAMES = sorted(
    name for name, entry in REGISTRY.items() if entry.source in (Source.BUILT_IN, Source.BUNDLED)
)
LARGE = {"large", "resnet50"}
#: long side at which large networks see pictures here
SIDE = 224
#: (height, width)
SIZES = [(1, 1), (300, 1), (1, 300), (53, 37), (480, 640), (300, 800)]


def with_marks(name: str) -> Any:
    """A large network takes some time for all these tests."""
    return pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name


@pytest.fixture(scope="module", params=map(with_marks, NAMES))
def predictor(request: pytest.FixtureRequest) -> Predictor:
    predictor = salmap.load(request.param, use_hub=False)
    if request.param in LARGE:  # what is promised holds at any size
        predictor.backend.size = SIDE
    return predictor


#: (height, width) of a strip: a network takes little time for it, as it comes to few pixels
STRIP = (12, 90)


def make_image(size: tuple[int, int], seed: int = 0) -> ImageArray:
    """Coarse random blocks with fine noise on top, uint8 (H, W, 3)."""
    rng = np.random.default_rng(seed)
    rows, columns = (np.arange(side) * 5 // side for side in size)
    blocks = rng.integers(30, 226, (5, 5, 3))[rows][:, columns]
    return (blocks + rng.integers(-30, 30, (*size, 3))).astype(np.uint8)


def assert_is_log_density(prediction: Prediction, size: tuple[int, int]) -> None:
    log_density = prediction.log_density
    assert log_density.dtype == np.float32
    assert log_density.shape == prediction.size == size
    assert np.isfinite(log_density).all()
    assert abs(logsumexp(log_density.astype(np.float64))) < 1e-4


def config_of(predictor: Predictor) -> dict[str, Any]:
    assert predictor.info is not None
    return json.loads(json.dumps(predictor.info.config))


def test_every_architecture_is_under_contract():
    found = {salmap.load(name, use_hub=False).info.architecture for name in NAMES}
    assert found == {NETWORK, *CLASSICAL}
    assert {"lite", "large", "resnet50"} <= set(NAMES) & set(PRESETS)


def test_an_unknown_architecture_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    write_tensors(path, {}, ModelInfo("model", "deepgaze", {}))
    with pytest.raises(WeightsError, match="no architecture 'deepgaze'"):
        open_model(path, "", "cpu")


class TestContract:
    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_any_size_gives_a_log_density_of_that_size(self, predictor, size):
        assert_is_log_density(predictor.predict(make_image(size)), size)

    @settings(max_examples=3, deadline=None)
    @given(height=st.integers(1, 80), width=st.integers(1, 80), seed=st.integers(0, 9))
    def test_small_pictures_of_any_shape(self, predictor, height, width, seed):
        size = (height, width)
        assert_is_log_density(predictor.predict(make_image(size, seed)), size)

    @pytest.mark.parametrize("value", [0, 255])
    def test_a_picture_without_content(self, predictor, value):
        flat = np.full((*STRIP, 3), value, np.uint8)
        assert_is_log_density(predictor.predict(flat), STRIP)

    def test_the_same_picture_gives_the_same_bytes(self, predictor):
        image = make_image(STRIP)
        first, second = (predictor.predict(image).log_density for _ in range(2))
        assert first.tobytes() == second.tobytes()

    def test_many_pictures_give_their_predictions_in_order(self, predictor):
        images = [make_image(STRIP, 1), make_image(STRIP[::-1], 2)]
        predictions = list(predictor.predict_many(images))
        assert [prediction.model for prediction in predictions] == [predictor.name] * 2
        for image, prediction in zip(images, predictions, strict=True):
            alone = predictor.predict(image).log_density
            np.testing.assert_array_equal(prediction.log_density, alone)

    def test_predicting_changes_neither_the_picture_nor_the_model(self, predictor):
        image, other = make_image(STRIP), make_image(STRIP[::-1], seed=1)
        untouched = image.copy()
        before = predictor.predict(image).log_density
        np.testing.assert_array_equal(image, untouched)
        predictor.predict(other)
        np.testing.assert_array_equal(predictor.predict(image).log_density, before)

    def test_the_grid_has_the_stated_stride(self, predictor):
        backend = predictor.backend
        size = fit_size(STRIP, backend.size, backend.output_stride)
        grid = backend.run(np.random.default_rng(0).random((1, 3, *size), np.float32)).log_density
        assert grid.dtype == np.float32
        assert grid.shape == tuple(side // backend.output_stride for side in size)
        assert np.isfinite(grid).all()

    def test_threads_may_share_a_model(self, predictor):
        images = [make_image((STRIP[0] + i, STRIP[1]), i) for i in range(6)]
        alone = [predictor.predict(image).log_density for image in images]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda image: predictor.predict(image).log_density, images))
        for expected, actual in zip(alone, together, strict=True):
            np.testing.assert_array_equal(actual, expected)

    def test_a_setting_that_does_not_exist_is_refused(self, predictor):
        config = config_of(predictor) | {"flux": 1.21}
        architecture = predictor.info.architecture
        read = (
            CLASSICAL[architecture].from_config
            if architecture in CLASSICAL
            else (NetworkConfig.from_json)
        )
        with pytest.raises(ModelError, match="flux"):
            read(config)
