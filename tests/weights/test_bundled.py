"""The bundled networks on real photographs: what any viewer would expect of them."""

import cv2
import numpy as np
import pytest
from skimage import data

import salmap
from salmap.metrics import cc
from salmap.networks import PRESETS
from salmap.pictures import resize
from salmap.weights.registry import REGISTRY, Source

pytestmark = pytest.mark.slow
NETWORKS = [
    name for name, entry in REGISTRY.items() if name in PRESETS and entry.source is Source.BUNDLED
]

FACE = (170, 60, 290, 200)  # in skimage's astronaut, 512x512


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    return salmap.load(request.param)


def test_a_face_draws_attention(network):
    astronaut = data.astronaut()
    prediction = network.predict(astronaut)
    (face,) = prediction.areas([salmap.Area.box("face", *FACE)])
    (habit,) = salmap.load("center-bias").predict(astronaut).areas([salmap.Area.box("face", *FACE)])
    assert face.share > 2 * habit.share
    left, top, right, bottom = FACE
    x, y = prediction.regions(k=1)[0].peak
    assert left <= x < right
    assert top <= y < bottom


def test_a_mirrored_picture_has_a_mirrored_prediction(network):
    coffee = data.coffee()
    straight = network.predict(coffee).density
    mirrored = network.predict(np.ascontiguousarray(coffee[:, ::-1])).density
    assert cc(straight, mirrored[:, ::-1]) > 0.9
    assert cc(straight, mirrored) < 0.9


def test_a_smaller_copy_is_looked_at_in_the_same_places(network):
    chelsea = data.chelsea()
    height, width = chelsea.shape[:2]
    small = network.predict(resize(chelsea, (height // 2, width // 2))).density
    whole = network.predict(chelsea).density
    assert cc(resize_map(whole, small.shape), small) > 0.8


def resize_map(density, size):
    return cv2.resize(density, size[::-1], interpolation=cv2.INTER_AREA)


def test_its_file_says_what_a_user_must_know(network):
    info = network.info
    assert info.license == REGISTRY[info.name].license
    assert set(info.scores) == {"osie", "saliency-in-crowd", "scene"}
    for scores in info.scores.values():
        mean, low, high = scores["ig"]
        assert low < mean < high
    assert info.notes
