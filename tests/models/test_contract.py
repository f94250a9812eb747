"""What every model promises, whatever it is made of: one class, run over all of them.

Models that have weights are loaded with them; the networks that have none yet are built with
random parameters, for the promises do not depend on training.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

import salmap
from salmap.backends.pytorch import TorchBackend
from salmap.errors import ModelError
from salmap.models import ARCHITECTURES, SaliencyModel, build
from salmap.models.classical import CenterBias, IttiKoch, SpectralResidual
from salmap.models.file import load_model, save_model
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS
from salmap.pictures import fit_size
from salmap.prediction import Prediction
from salmap.predictor import Predictor
from salmap.types import ImageArray
from salmap.weights.info import ModelInfo
from salmap.weights.registry import REGISTRY, Source

CLASSICAL = {model.architecture: model for model in (CenterBias, SpectralResidual, IttiKoch)}
NAMES = sorted({*REGISTRY, *PRESETS, *CLASSICAL})
#: (height, width)
SIZES = [(1, 1), (300, 1), (1, 300), (53, 37), (480, 640), (300, 2000)]


@cache
def make_predictor(name: str) -> Predictor:
    """A named model with its weights, or with random ones where there are none."""
    if name in REGISTRY and REGISTRY[name].source in (Source.BUILT_IN, Source.BUNDLED):
        return salmap.load(name, use_hub=False)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = SaliencyNetwork(PRESETS[name].config).config()
        return Predictor(TorchBackend(build(SaliencyNetwork.architecture, config)), name)


@pytest.fixture(scope="module", params=NAMES)
def predictor(request: pytest.FixtureRequest) -> Predictor:
    return make_predictor(request.param)


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


def tensors_of(model: SaliencyModel) -> dict[str, torch.Tensor]:
    """Every parameter and buffer, those that are not saved included, copied."""
    named = [*model.named_parameters(), *model.named_buffers()]
    return {name: tensor.detach().clone() for name, tensor in named}


def test_every_architecture_is_under_contract():
    assert {make_predictor(name).backend.model.architecture for name in NAMES} == set(ARCHITECTURES)


def test_an_unknown_architecture_is_refused_with_those_that_exist():
    with pytest.raises(ModelError, match=r"no architecture 'deepgaze'.*itti-koch.*network"):
        build("deepgaze", {})


class TestContract:
    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_any_size_gives_a_log_density_of_that_size(self, predictor, size):
        assert_is_log_density(predictor.predict(make_image(size)), size)

    @settings(max_examples=4, deadline=None)
    @given(height=st.integers(1, 80), width=st.integers(1, 80), seed=st.integers(0, 9))
    def test_small_pictures_of_any_shape(self, predictor, height, width, seed):
        size = (height, width)
        assert_is_log_density(predictor.predict(make_image(size, seed)), size)

    @pytest.mark.parametrize("value", [0, 255])
    def test_a_picture_without_content(self, predictor, value):
        flat = np.full((60, 80, 3), value, np.uint8)
        assert_is_log_density(predictor.predict(flat), (60, 80))

    def test_the_same_picture_gives_the_same_bytes(self, predictor):
        image = make_image((90, 120))
        first, second = (predictor.predict(image).log_density for _ in range(2))
        assert first.tobytes() == second.tobytes()

    def test_many_pictures_give_their_predictions_in_order(self, predictor):
        images = [make_image((40, 60), 1), make_image((60, 40), 2)]
        predictions = list(predictor.predict_many(images))
        assert [prediction.model for prediction in predictions] == [predictor.name] * 2
        for image, prediction in zip(images, predictions, strict=True):
            alone = predictor.predict(image).log_density
            np.testing.assert_array_equal(prediction.log_density, alone)

    def test_predicting_changes_neither_the_picture_nor_the_model(self, predictor):
        image, before = make_image((50, 70)), tensors_of(predictor.backend.model)
        untouched = image.copy()
        predictor.predict(image)
        np.testing.assert_array_equal(image, untouched)
        after = tensors_of(predictor.backend.model)
        assert before.keys() == after.keys()
        for name, tensor in before.items():
            assert torch.equal(tensor, after[name]), name

    def test_it_runs_in_eval_mode_and_keeps_no_gradient(self, predictor):
        outputs: list[torch.Tensor] = []
        running = predictor.backend._running
        hook = running.register_forward_hook(lambda _m, _i, out: outputs.append(out))
        try:
            predictor.predict(make_image((50, 70)))
        finally:
            hook.remove()
        assert len(outputs) == 1
        assert outputs[0].is_inference()
        assert not outputs[0].requires_grad
        assert not any(module.training for module in predictor.backend.model.modules())
        assert not any(p.requires_grad for p in predictor.backend.model.parameters())

    def test_a_batch_gives_a_grid_of_the_stated_stride_for_each_picture(self, predictor):
        model = predictor.backend.model
        size = fit_size((30, 80), model.size, model.output_stride)
        images = torch.rand(2, 3, *size, generator=torch.manual_seed(0))
        with torch.inference_mode():
            together = model(images)
            alone = torch.cat([model(images[i : i + 1]) for i in range(2)])
        assert together.dtype == torch.float32
        assert together.shape == (2, *(side // model.output_stride for side in size))
        assert torch.isfinite(together).all()
        assert (together - alone).abs().max() <= 1e-4 * alone.abs().max()  # single precision

    def test_the_configuration_is_json_and_builds_the_same_model(self, predictor):
        model = predictor.backend.model
        config = json.loads(json.dumps(model.config()))
        again = build(model.architecture, config)
        assert type(again) is type(model)
        assert again.config() == model.config()
        assert (again.size, again.output_stride) == (model.size, model.output_stride)

    def test_a_setting_that_does_not_exist_is_refused(self, predictor):
        config = predictor.backend.model.config() | {"flux": 1.21}
        with pytest.raises(ModelError, match="flux"):
            build(predictor.backend.model.architecture, config)

    def test_a_saved_and_loaded_model_predicts_the_same(self, predictor, tmp_path):
        model, path = predictor.backend.model, tmp_path / "model.safetensors"
        info = ModelInfo(predictor.name, model.architecture, model.config(), notes="a test")
        save_model(model, path, info, half=False)
        loaded, loaded_info = load_model(path)
        assert loaded_info == info
        image = make_image((90, 120))
        expected = predictor.predict(image).log_density
        actual = Predictor(TorchBackend(loaded), "loaded").predict(image).log_density
        assert actual.tobytes() == expected.tobytes()
