"""Pictures that a GPU predicts together get what each would get alone."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from salmap.backends import BatchBackend
from salmap.backends.gathering import Gathering
from salmap.backends.pytorch import TorchBackend
from salmap.errors import ImageError
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS
from salmap.predictor import Predictor


class Pairs(TorchBackend):
    """Runs two pictures at once, and remembers how many it got."""

    together = 2

    def __init__(self, model):
        super().__init__(model)
        self.counts = []

    def run_batch(self, pictures):
        self.counts.append(len(pictures))
        return super().run_batch(pictures)


@pytest.fixture
def small():
    torch.manual_seed(0)
    network = SaliencyNetwork(dataclasses.replace(PRESETS["lite"].config, size=64))
    torch.nn.init.normal_(network.decoder.head.weight, std=0.1)
    return Predictor(Pairs(network), "small")


def pictures():
    rng = np.random.default_rng(0)
    sizes = [(48, 64), (60, 80), (64, 48), (48, 64), (40, 120), (60, 80), (48, 64)]
    return [rng.integers(0, 256, (*size, 3), np.uint8) for size in sizes]


def test_batches_change_nothing(small):
    assert isinstance(small.backend, BatchBackend)
    images = pictures()
    together = list(small.predict_many(iter(images)))
    assert sum(small.backend.counts) == len(images) - 1 + 4  # 40 x 120 goes screen by screen
    for image, prediction in zip(images, together, strict=True):
        alone = small.predict(image).log_density
        np.testing.assert_allclose(prediction.log_density, alone, atol=1e-4)


def test_pictures_that_wait_for_their_turn_are_run_together(small):
    image = pictures()[0]
    gathering = Gathering(small.backend)
    with ThreadPoolExecutor(6) as threads:
        with gathering._running:  # as if a picture were being run
            asked = [threads.submit(gathering.run, image) for _ in range(6)]
            while sum(map(len, gathering._waiting.values())) < 6:
                threading.Event().wait(0.01)
        answers = [future.result().log_density for future in asked]
    assert small.backend.counts == [2, 2, 2]
    assert all(np.array_equal(answer, answers[0]) for answer in answers)


def test_all_who_asked_are_told_what_went_wrong(small, monkeypatch):
    def fail(pictures):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(small.backend, "run_batch", fail)
    found = small.predict_many(pictures()[:2])
    with pytest.raises(RuntimeError, match="memory"):
        next(found)


def test_a_picture_that_can_not_be_read_fails_at_its_place(small):
    first, *rest = pictures()
    found = small.predict_many([first, b"no picture", *rest])
    assert next(found).size == first.shape[:2]
    with pytest.raises(ImageError):
        next(found)
