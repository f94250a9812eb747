import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from salmap.analysis.summary import MAX_REGIONS, analyze
from salmap.center_bias import gaussian, uniform
from salmap.density import normalize, shrink_density, smoothed
from salmap.pictures import SCREEN_SIDE, screen_size, shrink_image
from salmap.prediction import Prediction


def blobs(size: tuple[int, int], *centers: tuple[int, int]) -> np.ndarray:
    spikes = np.zeros(size)
    for weight, (x, y) in enumerate(reversed(centers), 1):
        spikes[y, x] = weight
    return normalize(gaussian_filter(spikes, 8) + 1e-9)


def test_screen_size_keeps_proportions_and_never_grows():
    assert screen_size((3000, 4000)) == (1200, SCREEN_SIDE)
    assert screen_size((4000, 3000)) == (SCREEN_SIDE, 1200)
    assert screen_size((10, 7)) == (10, 7)
    assert screen_size((1, 50_000)) == (1, SCREEN_SIDE)


def test_shrink_image_has_the_asked_size():
    image = np.full((100, 400, 3), 7, np.uint8)
    small = shrink_image(image, 40)
    assert small.shape == (10, 40, 3)
    assert (small == 7).all()
    assert shrink_image(image) is image


def test_shrunk_density_keeps_the_mass_where_it_was():
    density = blobs((120, 200), (40, 60))
    small = shrink_density(density, (30, 50))
    assert small.dtype == np.float32
    assert small.sum() == pytest.approx(1, abs=1e-5)
    assert np.unravel_index(small.argmax(), small.shape) in {(15, 10), (14, 10), (15, 9), (14, 9)}
    assert small[:, :25].sum() == pytest.approx(density[:, :100].sum(), abs=1e-4)


def test_smoothing_lowers_the_peak_and_keeps_the_sum():
    density = blobs((400, 600), (150, 100))
    soft = smoothed(density, 0.05)
    assert soft.shape == density.shape
    assert soft.sum() == pytest.approx(1, abs=1e-4)
    assert soft.max() < density.max() / 4
    row, column = np.unravel_index(soft.argmax(), soft.shape)
    assert abs(row - 100) <= 4
    assert abs(column - 150) <= 4
    np.testing.assert_array_equal(smoothed(density, 0), density.astype(np.float32))


def test_smoothing_is_that_of_a_gaussian_at_full_size():
    density = blobs((200, 300), (150, 100))
    expected = normalize(gaussian_filter(density, 0.05 * 300, mode="constant"))
    assert np.abs(smoothed(density, 0.05) - expected).sum() < 0.02


def test_analysis_measures_at_full_size():
    density = blobs((300, 400), (100, 80), (300, 200))
    prediction = Prediction(np.log(density).astype(np.float32), "some-model")
    analysis = analyze(prediction)
    assert analysis.model == "some-model"
    assert analysis.size == (300, 400)
    assert [region.rank for region in analysis.regions] == [1, 2]
    x, y = analysis.regions[0].peak
    assert (abs(x - 100) <= 1) and (abs(y - 80) <= 1)
    assert 0 < analysis.half_area < 0.05


def test_half_of_a_uniform_density_lies_on_half_of_the_picture():
    analysis = analyze(Prediction(uniform((60, 80)), "m"))
    assert analysis.half_area == pytest.approx(0.5, abs=0.01)
    assert analysis.regions == ()


def test_no_more_regions_than_asked_for():
    analysis = analyze(Prediction(gaussian((90, 120)), "m"))
    assert len(analysis.regions) <= MAX_REGIONS
