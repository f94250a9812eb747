import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salmap.types import Fixations
from train.data.crops import Crop, random_crop, whole_crop
from train.recipe import FinetuneSettings, Recipe

RECIPE = Recipe("x", "lite", flip=0.5, finetune=FinetuneSettings(crop=0.7))


def fixation(x: float, y: float) -> Fixations:
    return Fixations([x], [y], [0], [0])


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("box", [(0, 0, 200, 120), (40, 20, 180, 110)])
def test_fixations_stay_on_what_was_fixated(flip, box):
    """A white spot is found again where its fixation goes, through crop, resize and flip."""
    stimulus = np.zeros((120, 200, 3), np.uint8)
    stimulus[58:63, 98:103] = 255  # center (100, 60)
    crop = Crop(0, box, (96, 160), flip)
    shown = crop.image(stimulus)[..., 0].astype(float)
    rows, columns = np.indices(shown.shape)
    spot_x, spot_y = (columns * shown).sum() / shown.sum(), (rows * shown).sum() / shown.sum()
    moved = crop.fixations(fixation(100, 60))
    assert moved.x[0] == pytest.approx(spot_x, abs=0.1)
    assert moved.y[0] == pytest.approx(spot_y, abs=0.1)


def test_fixations_outside_the_box_are_left_out():
    crop = Crop(0, (50, 50, 100, 100), (64, 64))
    assert len(crop.fixations(fixation(10, 60))) == 0
    assert len(crop.fixations(fixation(75, 60))) == 1


def test_a_flip_twice_is_none():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 63, 9), rng.uniform(0, 47, 9)
    fixations = Fixations(x, y, np.zeros(9), np.zeros(9))
    crop = Crop(0, (0, 0, 64, 48), (48, 64), flip=True)
    twice = crop.fixations(crop.fixations(fixations))
    np.testing.assert_allclose(twice.x, x)
    np.testing.assert_allclose(twice.y, y)


@given(st.integers(8, 4000), st.integers(8, 4000), st.integers(0, 10**6))
def test_random_views_lie_inside_and_keep_the_aspect_range(height, width, seed):
    rng = np.random.default_rng(seed)
    crop = random_crop(0, (height, width), 256, RECIPE, rng)
    left, top, right, bottom = crop.box
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert max(crop.size) == 256
    assert min(crop.size) >= 16
    whole = (right - left, bottom - top) == (width, height)
    if not whole and bottom - top > 30 and right - left > 30:
        assert 9 / 16 * 0.9 < (right - left) / (bottom - top) < 16 / 9 * 1.1


def test_colors_change_but_whole_views_do_not():
    stimulus = np.full((32, 32, 3), (200, 100, 50), np.uint8)
    assert (whole_crop(0, (32, 32), 32).image(stimulus) == stimulus).all()
    darker = Crop(0, (0, 0, 32, 32), (32, 32), brightness=0.5).image(stimulus)
    assert tuple(darker[0, 0]) == (100, 50, 25)
    gray = Crop(0, (0, 0, 32, 32), (32, 32), saturation=0.0).image(stimulus)
    assert len(set(gray[0, 0])) == 1


def test_colors_change_one_after_the_other():
    """Brightness, then saturation about each pixel's gray, then contrast about the mean gray."""
    stimulus = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)
    crop = Crop(0, (0, 0, 56, 40), (40, 56), True, brightness=1.1, contrast=0.8, saturation=1.3)
    values = stimulus[:, ::-1] * 1.1
    gray = values @ [0.299, 0.587, 0.114]
    values = gray[..., None] + 1.3 * (values - gray[..., None])
    values = gray.mean() + 0.8 * (values - gray.mean())
    difference = crop.image(stimulus) - np.clip(values, 0, 255)
    assert abs(difference).max() < 0.51
