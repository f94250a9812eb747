"""The classical baselines against their papers: formulas, known pictures, pop-out displays."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter
from scipy.special import logsumexp
from skimage import data

from salmap.center_bias import gaussian
from salmap.errors import ModelError
from salmap.models import CenterBias, IttiKoch, SpectralResidual, itti_koch
from salmap.models.map_model import (
    SILENT,
    DensitySettings,
    MapModel,
    gaussian_matrix,
    to_log_density,
)
from salmap.pictures import fit_size, resize

MAP_MODELS = [SpectralResidual, IttiKoch]


def as_pixels(image: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) -> float32 (3, H, W) in [0, 1]."""
    return (image.transpose(2, 0, 1) / 255).astype(np.float32)


def at_model_size(image: np.ndarray, model: MapModel) -> np.ndarray:
    return as_pixels(resize(image, fit_size(image.shape[:2], model.size, model.output_stride)))


def peak(saliency: np.ndarray) -> tuple[int, int]:
    """(row, column) of the highest cell of a (h, w) map."""
    return divmod(int(saliency.argmax()), saliency.shape[1])


# --- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [CenterBias, *MAP_MODELS])
def test_the_configuration_builds_the_same_model(model):
    assert model.from_config(model().config()).config() == model().config()


@pytest.mark.parametrize("model", MAP_MODELS)
def test_settings_are_used_and_written_back(model):
    config = {"blur": 0.1, "uniform": 0.5, "gamma": 2}
    assert model.from_config(config).config() == config


@pytest.mark.parametrize("model", MAP_MODELS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sigma": 1}, "no setting 'sigma'"),
        ({"blur": -0.1}, "'blur' must be from 0 up to 1, not -0.1"),
        ({"blur": 1.5}, "'blur'"),
        ({"uniform": 0}, "'uniform' must be above 0"),
        ({"uniform": 1.01}, "'uniform'"),
        ({"gamma": 0}, "'gamma'"),
        ({"gamma": math.inf}, "'gamma'"),
        ({"gamma": math.nan}, "'gamma'"),
        ({"gamma": "1"}, "'gamma' must be a number"),
        ({"blur": True}, "'blur' must be a number"),
        ({"blur": None}, "'blur' must be a number"),
    ],
)
def test_wrong_settings_are_refused_by_name(model, change, message):
    with pytest.raises(ModelError, match=message):
        model.from_config(model().config() | change)


@pytest.mark.parametrize("missing", ["blur", "uniform", "gamma"])
def test_missing_settings_are_refused_by_name(missing):
    config = IttiKoch().config()
    del config[missing]
    with pytest.raises(ModelError, match=f"itti-koch lacks '{missing}'"):
        IttiKoch.from_config(config)


def test_center_bias_has_no_settings():
    with pytest.raises(ModelError, match="no setting 'sigma'"):
        CenterBias.from_config({"sigma": 0.2})


# --- from map to density ------------------------------------------------------------------------


def test_density_of_a_map_by_hand():
    saliency = np.array([[0.0, 1.0], [2.0, 1.0]], np.float32)
    log_density = to_log_density(saliency, DensitySettings(blur=0, uniform=0.2, gamma=2))
    powered = np.array([[0, 1], [4, 1]]) / 6
    np.testing.assert_allclose(log_density, np.log(0.8 * powered + 0.2 / 4), rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(1, 20),
    columns=st.integers(1, 20),
    scale=st.sampled_from([1e-4, 1.0, 1e4]),
    blur=st.sampled_from([0.0, 0.05, 1.0]),
    gamma=st.sampled_from([0.5, 1.0, 10.0]),
    seed=st.integers(0, 99),
)
def test_any_map_gives_a_density_of_at_least_the_uniform_share(
    rows, columns, scale, blur, gamma, seed
):
    saliency = np.random.default_rng(seed).random((rows, columns), np.float32) * np.float32(scale)
    assume(saliency.mean() > SILENT)  # else it is silent, and no density yet
    log_density = to_log_density(saliency, DensitySettings(blur, 0.1, gamma)).astype(np.float64)
    assert abs(logsumexp(log_density)) < 1e-5
    assert (np.exp(log_density) >= 0.1 / (rows * columns) * (1 - 1e-5)).all()


@pytest.mark.parametrize("value", [1e-12, 1e-8])
def test_rounding_noise_is_not_stretched_to_a_density(value):
    saliency = np.zeros((8, 8), np.float32)
    saliency[3, 3] = value
    log_density = to_log_density(saliency, DensitySettings(blur=0.02, uniform=0.1, gamma=1))
    assert log_density.max() - log_density.min() < math.log(10)
    silent = to_log_density(np.zeros((8, 8), np.float32), DensitySettings(0.02, 0.1, 1))
    assert (silent == silent[0, 0]).all()


def test_blur_keeps_constants_and_spreads_as_a_gaussian():
    blur = gaussian_matrix(41, 3.0)
    np.testing.assert_allclose(blur @ np.ones(41), np.ones(41), rtol=1e-6)
    spread = math.sqrt(blur[20].astype(np.float64) @ np.arange(-20, 21) ** 2)
    assert spread == pytest.approx(3.0, rel=1e-3)
    np.testing.assert_array_equal(gaussian_matrix(3, 0.0), np.eye(3))


# --- pictures without content -------------------------------------------------------------------


@pytest.mark.parametrize("model", MAP_MODELS)
@pytest.mark.parametrize(
    "color", [(0, 0, 0), (255, 255, 255), (1, 1, 1), (127, 127, 127), (255, 0, 0), (3, 90, 200)]
)
def test_a_picture_of_one_color_gives_the_uniform_density(model, color):
    image = np.full((48, 64, 3), color, np.uint8)
    log_density = model().run(at_model_size(image, model())[None]).log_density
    assert np.isfinite(log_density).all()
    assert log_density.max() - log_density.min() < 0.01


@pytest.mark.parametrize("model", MAP_MODELS)
@pytest.mark.parametrize("cells", [(1, 1), (1, 40), (40, 1), (2, 3), (7, 40)])
def test_strips_and_specks_give_finite_maps(model, cells):
    size = tuple(model.output_stride * side for side in cells)
    pixels = np.random.default_rng(0).random((1, 3, *size), np.float32)
    log_density = model().run(pixels).log_density
    assert log_density.dtype == np.float32
    assert log_density.shape == cells
    assert np.isfinite(log_density).all()


# --- spectral residual --------------------------------------------------------------------------


@pytest.mark.parametrize("picture", [data.astronaut, data.coffee, data.chelsea])
def test_spectral_residual_follows_the_papers_formula(picture):
    pixels = at_model_size(picture(), SpectralResidual())
    intensity = pixels.astype(np.float64).mean(0)
    spectrum = np.fft.fft2(intensity)
    log_amplitude = np.log(np.abs(spectrum))
    residual = log_amplitude - uniform_filter(log_amplitude, 3, mode="nearest")
    expected = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    actual = SpectralResidual().saliency_map(pixels)
    # the model's maps have another scale, and its floor under the amplitude moves them a little
    assert np.corrcoef(actual.ravel(), expected.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("contrast", [0.25, 0.5])
def test_spectral_residual_does_not_depend_on_contrast(contrast):
    pixels = at_model_size(data.astronaut(), SpectralResidual())
    dimmed = pixels * np.float32(contrast)
    full, less = (SpectralResidual().run(x[None]).log_density for x in (pixels, dimmed))
    assert np.corrcoef(full.ravel(), less.ravel())[0, 1] > 0.98


@pytest.mark.parametrize(("row", "column"), [(2, 2), (3, 5), (5, 1)])
def test_an_odd_patch_stands_out_of_the_spectrum(row, column):
    image = np.full((64, 64, 3), 128, np.uint8)
    for y in range(4, 64, 8):
        for x in range(4, 64, 8):
            image[y - 2 : y + 2, x] = 255
    y, x = 4 + 8 * row, 4 + 8 * column
    image[y - 2 : y + 2, x] = 128
    image[y, x - 2 : x + 2] = 255
    model = SpectralResidual()
    found = peak(model.run(as_pixels(image)[None]).log_density)
    assert math.dist(found, (y, x)) <= 3


# --- Itti and Koch ------------------------------------------------------------------------------

GRID = [(y, x) for y in range(40, 480, 80) for x in range(40, 640, 80)]


def draw_discs(odd: int) -> np.ndarray:
    """A red disc among green ones of the same intensity, close together, on gray."""
    image = np.full((480, 640, 3), 128, np.uint8)
    for index, (y, x) in enumerate(GRID):
        color = (200, 40, 40) if index == odd else (40, 200, 40)
        cv2.circle(image, (x, y), 28, color, -1)
    return image


def draw_bars(odd: int, degrees: int) -> np.ndarray:
    """A tilted bar among vertical ones, white on gray."""
    image = np.full((480, 640, 3), 100, np.uint8)
    for index, (y, x) in enumerate(GRID):
        box = ((x, y), (10, 44), degrees if index == odd else 0)
        corners = cv2.boxPoints(box).round().astype(np.int32)
        cv2.fillPoly(image, [corners], (230, 230, 230), cv2.LINE_AA)
    return image


@pytest.mark.parametrize("odd", range(0, len(GRID), 7))
def test_a_red_disc_pops_out_among_green_ones(odd):
    assert_pops_out(draw_discs(odd), odd)


@pytest.mark.parametrize("odd", range(0, len(GRID), 7))
@pytest.mark.parametrize("degrees", [45, 90, -45])
def test_a_tilted_bar_pops_out_among_vertical_ones(odd, degrees):
    assert_pops_out(draw_bars(odd, degrees), odd)


def assert_pops_out(image: np.ndarray, odd: int) -> None:
    """The maximum of the map lies on the odd item, clearly above every other item."""
    saliency = IttiKoch().saliency_map(as_pixels(image))
    row, column = peak(saliency)
    y, x = GRID[odd]
    assert math.dist(((row + 0.5) * 16, (column + 0.5) * 16), (y, x)) < 40
    others = [
        float(saliency[y // 16 - 1 : y // 16 + 2, x // 16 - 1 : x // 16 + 2].max())
        for index, (y, x) in enumerate(GRID)
        if index != odd
    ]
    assert max(others) < 0.85 * float(saliency.max())


def test_one_peak_is_promoted_and_many_alike_are_not():
    one, two, unequal = np.zeros((3, 9, 9), np.float32)
    one[4, 4] = 5
    two[2, 2] = two[6, 6] = 5
    unequal[2, 2], unequal[6, 6] = 4, 2
    promoted = itti_koch.promote_peaks(np.stack([one, two, unequal]))
    np.testing.assert_allclose(promoted[0], one / 5)  # (1 - 0)^2
    np.testing.assert_allclose(promoted[1], np.zeros((9, 9)))  # (1 - 1)^2
    np.testing.assert_allclose(promoted[2], unequal / 4 * 0.25)  # (1 - 0.5)^2


def test_gabor_filters_answer_to_their_own_orientation_and_not_to_constants():
    y, x = np.mgrid[:64, :64]
    wave = 2 * math.pi / itti_koch.GABOR_WAVELENGTH
    for index, degrees in enumerate(itti_koch.ORIENTATIONS):
        # bars that run at `degrees`, anticlockwise from the horizontal; y points down
        angle = math.radians(degrees)
        grating = 0.5 + 0.5 * np.cos(wave * (x * math.sin(angle) + y * math.cos(angle)))
        energy = itti_koch.orientation_energy(grating.astype(np.float32))[:, 16:48, 16:48]
        strength = energy.mean((1, 2))
        assert int(strength.argmax()) == index
        assert float(strength[index]) == pytest.approx(0.5, rel=0.05)
        assert float(strength[(index + 2) % 4]) < 0.02
    constant = itti_koch.orientation_energy(np.full((32, 32), 0.7, np.float32))
    assert float(constant.max()) < 1e-6


def test_colors_are_opponents_and_free_of_intensity():
    colors = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0)}
    pixels = np.array([*colors.values(), (0.5, 0.5, 0.5), (0.5, 0, 0), (0.01, 0, 0)], np.float32)
    intensity, red_green, blue_yellow = itti_koch.early_features(pixels.T[:, None])[:, 0]
    np.testing.assert_allclose(intensity, pixels.mean(1), rtol=1e-6)
    # the last is too dark
    np.testing.assert_allclose(red_green, [3, -3, 0, 0, 0, 3, 0], rtol=1e-6)
    np.testing.assert_allclose(blue_yellow, [0, 0, 3, -1.5, 0, 0, 0], rtol=1e-6)


def test_the_pyramid_has_nine_scales_and_keeps_position():
    ramp = np.broadcast_to(np.arange(256, dtype=np.float32), (1, 64, 256))
    pyramid = itti_koch.gaussian_pyramid(ramp, 8)
    assert [level.shape[1:] for level in pyramid[:3]] == [(64, 256), (32, 128), (16, 64)]
    assert pyramid[8].shape[1:] == (1, 1)
    # a pixel of scale 2 lies in the middle of the four it replaces
    np.testing.assert_allclose(pyramid[2][0, 8, 16:48], 4 * np.arange(16.0, 48) + 1.5, rtol=1e-6)


@pytest.mark.parametrize("turned", [np.fliplr, np.flipud, np.transpose])
def test_itti_koch_turns_with_the_picture(turned):
    pixels = as_pixels(data.astronaut())
    model = IttiKoch()
    there = model.saliency_map(np.stack([turned(channel) for channel in pixels]))
    back = turned(model.saliency_map(pixels))
    np.testing.assert_allclose(there, back, atol=1e-3, rtol=1e-3)


# --- center bias --------------------------------------------------------------------------------


def test_the_center_bias_is_the_stored_log_density():
    predicted = CenterBias().run(np.zeros((1, 3, 64, 64), np.float32)).log_density
    np.testing.assert_allclose(predicted - logsumexp(predicted), gaussian((64, 64)), atol=1e-4)
    fitted = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    model = CenterBias().with_tensors({"log_density": fitted})
    predicted = model.run(np.zeros((1, 3, 64, 64), np.float32)).log_density
    np.testing.assert_allclose(predicted, fitted - fitted.max(), atol=1e-4, rtol=1e-4)


def test_the_center_bias_ignores_the_picture():
    random = np.random.default_rng(0)
    one, other = (CenterBias().run(random.random((1, 3, 48, 64), np.float32))[0] for _ in range(2))
    assert one.shape == (48, 64)
    np.testing.assert_array_equal(one, other)


def test_the_center_bias_of_a_strip_is_gathered_from_all_rows():
    log_density = np.zeros((64, 64), np.float32)
    log_density[10, 20] = 6
    strip = CenterBias(log_density).run(np.zeros((1, 3, 1, 64), np.float32)).log_density[0]
    assert int(strip.argmax()) == 20
    assert float(strip[20] - strip[40]) > 1
