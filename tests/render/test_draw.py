"""Drawing: what every picture of a density must show, and that inputs stay as they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from salmap import render
from salmap.density import normalize
from salmap.errors import DensityError, ImageError, RenderError
from salmap.pictures import load_image
from salmap.regions import attention_area, region_labels
from salmap.render.canvas import Canvas
from salmap.render.colormaps import diverging_table
from salmap.types import Region

SIZE = (96, 128)
DRAWERS = {
    "heatmap": lambda image, density: render.heatmap(density),
    "overlay": render.overlay,
    "focus": render.focus,
    "contours": render.contours,
    "boxes": lambda image, density: render.draw_regions(image, region_labels(density)[1]),
    "outlines": lambda image, density: render.draw_regions(image, *region_labels(density)[::-1]),
}


def photo(size: tuple[int, int] = SIZE) -> np.ndarray:
    return cv2.resize(skimage.data.coffee(), size[::-1], interpolation=cv2.INTER_AREA)


def spot(size: tuple[int, int] = SIZE, x: float = 0.5, y: float = 0.5, sigma: float = 0.1):
    """A Gaussian density, float32; x, y and sigma in shares of the sides and of the long side."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    square = (columns - x * size[1]) ** 2 + (rows - y * size[0]) ** 2
    return normalize(np.exp(-square / (2 * (sigma * max(size)) ** 2))).astype(np.float32)


@pytest.mark.parametrize("name", DRAWERS)
@pytest.mark.parametrize("size", [SIZE, (1, 1), (1, 40), (40, 1), (7, 9), (2, 300)])
def test_every_picture_is_new_rgb_of_the_same_size(name, size):
    image, density = photo(size), spot(size)
    kept = image.copy(), density.copy()
    image.flags.writeable = density.flags.writeable = False
    drawn = DRAWERS[name](image, density)
    assert drawn.dtype == np.uint8
    assert drawn.shape == (*size, 3)
    assert not np.shares_memory(drawn, image)
    assert np.array_equal(image, kept[0])
    assert np.array_equal(density, kept[1])


@pytest.mark.parametrize("name", ["overlay", "focus", "contours", "outlines"])
def test_a_density_of_another_size_is_refused(name):
    with pytest.raises(DensityError, match=r"\(96, 128\).*Resize"):
        DRAWERS[name](photo(), spot((96, 127)))


@pytest.mark.parametrize("name", sorted(set(DRAWERS) - {"boxes", "outlines"}))
def test_what_is_no_density_is_refused(name):
    for bad in (np.full(SIZE, np.nan), np.zeros(SIZE), np.full(SIZE, -1.0)):
        with pytest.raises(DensityError):
            DRAWERS[name](photo(), bad)


def test_pictures_are_taken_from_anywhere(tmp_path):
    path = tmp_path / "coffee.png"
    path.write_bytes(render.encode_png(photo()))
    expected = render.overlay(photo(), spot())
    for source in (path, str(path), path.read_bytes(), Image.open(path)):
        assert np.array_equal(render.overlay(source, spot()), expected)


# --- scale ----------------------------------------------------------------------------------------


def test_the_scale_of_a_gaussian_is_the_gaussian():
    density = spot((300, 300), sigma=0.08)
    assert np.abs(render.display_scale(density) - density / density.max()).max() < 0.01


def test_a_value_is_the_share_of_looks_on_lower_densities():
    rng = np.random.default_rng(3)
    density = normalize(cv2.GaussianBlur(rng.random((200, 300)) ** 8, (0, 0), 6))
    values = render.display_scale(density)
    for share in (0.1, 0.5, 0.9):
        shown = values > 1 - share
        assert density[shown].sum() == pytest.approx(share, abs=0.01)
        assert shown.mean() == pytest.approx(attention_area(density, share), abs=0.01)


@settings(deadline=None, max_examples=60)
@given(
    density=hnp.arrays(
        np.float32, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.floats(0, 1, width=32)
    ).filter(lambda values: values.sum() > 0)
)
def test_a_scale_keeps_the_order_and_lies_in_0_to_1(density):
    for scale in render.SCALES:
        values = render.display_scale(density, scale)
        assert values.dtype == np.float32
        assert values.min() >= 0
        assert values.max() <= 1
        assert (np.diff(values.ravel()[np.argsort(density, axis=None)]) >= 0).all()


def test_all_the_same_is_in_the_middle_and_signed_zeros_are_zeros():
    assert np.abs(render.display_scale(np.ones((5, 6))) - 0.5).max() < 1e-6
    assert render.display_scale(np.array([[-0.0, 1.0]])).tolist() == [[0.0, 0.5]]


def test_the_linear_scale_is_the_density_and_is_not_ruled_by_one_pixel():
    density = spot((300, 400)).astype(np.float64)
    linear = render.display_scale(density, "linear")
    assert np.abs(linear - density / density.max()).max() < 0.02
    density[0, 0] = 1000 * density.max()
    assert np.abs(render.display_scale(density, "linear") - linear)[1:].max() < 0.02
    assert render.display_scale(np.array([[0.0, 1.0]]), "linear").tolist() == [[0.0, 1.0]]


def test_an_unknown_scale_or_colormap_is_answered_with_the_list():
    with pytest.raises(RenderError, match=r"'log'.*share, linear"):
        render.heatmap(spot(), scale="log")
    with pytest.raises(RenderError, match=r"'nope'.*viridis.*turbo"):
        render.overlay(photo(), spot(), colormap="nope")


# --- colors --------------------------------------------------------------------------------------


def lightness(table: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(table[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0, :, 0]


def test_colormaps_are_rgb_and_the_first_are_perceptually_uniform():
    assert render.COLORMAPS[0] == "viridis"
    assert {"magma", "inferno", "plasma", "cividis", "turbo"} < set(render.COLORMAPS)
    for name in render.COLORMAPS:
        table = render.colormap_table(name)
        assert table.shape == (256, 3)
        assert table.dtype == np.uint8
        if render.COLORMAPS.index(name) < render.COLORMAPS.index("turbo"):
            steps = np.diff(lightness(table))
            assert steps.min() > -0.6  # lighter all the way
            assert steps.sum() > 50
    viridis = render.colormap_table("viridis")
    assert np.abs(viridis[0].astype(int) - (68, 1, 84)).max() <= 1
    assert np.abs(viridis[-1].astype(int) - (253, 231, 37)).max() <= 2
    red = render.colormap_table("turbo")[235].astype(int)
    assert red[0] > red[2] + 80


def test_heatmap_colors_the_peak_with_the_last_color_and_the_rest_with_the_first():
    density = spot((300, 400), sigma=0.05)
    colors = render.heatmap(density, "viridis")
    table = render.colormap_table("viridis").astype(int)
    assert np.abs(colors[150, 200] - table[-1]).max() <= 6
    assert np.abs(colors[0, 0] - table[0]).max() <= 1
    assert not np.array_equal(render.heatmap(density, "magma"), colors)


# --- overlay --------------------------------------------------------------------------------------


def test_overlay_without_opacity_or_above_the_threshold_is_the_picture():
    assert np.array_equal(render.overlay(photo(), spot(), opacity=0), photo())
    for scale in render.SCALES:
        assert np.array_equal(render.overlay(photo(), spot(), threshold=1, scale=scale), photo())


def test_overlay_is_opaque_at_the_peak_and_absent_where_nobody_looks():
    image, density = photo((300, 400)), spot((300, 400), sigma=0.05)
    drawn = render.overlay(image, density, opacity=1, colormap="viridis")
    assert np.array_equal(drawn[150, 200], render.heatmap(density, "viridis")[150, 200])
    nobody = render.display_scale(density) < 1e-4
    assert nobody.mean() > 0.5
    assert np.array_equal(drawn[nobody], image[nobody])
    half = render.overlay(image, density, opacity=0.5, colormap="viridis")[150, 200].astype(int)
    expected = (image[150, 200].astype(int) + drawn[150, 200]) / 2
    assert np.abs(half - expected).max() <= 1


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.6])
def test_the_colors_of_a_layer_laid_over_a_picture_are_its_overlay(threshold):
    image, density = photo(), spot()
    colors = render.layer_colors("magma", threshold).astype(float)
    layer = colors[(render.display_scale(density) * 255 + 0.5).astype(np.uint8)]
    weight = 0.7 * layer[..., 3:] / 255
    expected = image * (1 - weight) + layer[..., :3] * weight
    drawn = render.overlay(image, density, 0.7, "magma", threshold)
    np.testing.assert_allclose(drawn, expected, atol=3)


def test_overlay_above_a_threshold_shows_where_that_share_of_looks_falls():
    image, density = photo((300, 400)), spot((300, 400), sigma=0.08)
    drawn = render.overlay(image, density, opacity=1, threshold=0.5)
    values = render.display_scale(density)
    assert np.array_equal(drawn[values <= 0.5], image[values <= 0.5])
    changed = (drawn != image).any(axis=2)
    assert density[changed].sum() == pytest.approx(0.5, abs=0.05)


def test_overlay_comes_in_smoothly():
    gray = np.full((300, 400, 3), 128, np.uint8)
    drawn = render.overlay(gray, spot((300, 400), sigma=0.1), opacity=1).astype(int)
    assert np.abs(np.diff(drawn, axis=1)).max() < 40


@pytest.mark.parametrize("option", ["opacity", "threshold"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_overlay_options_out_of_range_are_refused(option, value):
    with pytest.raises(RenderError, match=option):
        render.overlay(photo(), spot(), **{option: value})


# --- focus ----------------------------------------------------------------------------------------


def test_focus_keeps_what_is_looked_at_and_drains_the_rest():
    image, density = photo((300, 400)), spot((300, 400), sigma=0.08)
    drawn = render.focus(image, density)
    values = render.display_scale(density)
    assert np.array_equal(drawn[values > 0.5], image[values > 0.5])
    away = values < 1e-4
    assert drawn[away].mean() < 0.4 * image[away].mean()
    spread = drawn.max(axis=2).astype(int) - drawn.min(axis=2)
    assert spread[away].mean() < 0.3 * (image.max(axis=2) - image.min(axis=2))[away].mean()
    assert np.array_equal(render.focus(image, density, strength=0), image)
    assert render.focus(image, density, strength=1)[away].max() <= 1
    with pytest.raises(RenderError, match="strength"):
        render.focus(image, density, strength=2)


# --- contours and regions -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(300, 400), (900, 1200)])
def test_contours_run_where_the_share_of_attention_is_reached(size):
    image, density = photo(size), spot(size, sigma=0.15)
    changed = (render.contours(image, density, levels=[0.5]) != image).any(axis=2)
    values = render.display_scale(density)[changed]
    assert abs(np.median(values) - 0.5) < 0.03
    assert np.quantile(np.abs(values - 0.5), 0.8) < 0.08  # the rest is the label
    for angle in np.arange(0, 2 * np.pi, 0.3):  # all the way round
        radius = 0.15 * max(size) * np.sqrt(2 * np.log(2))
        row, column = size[0] / 2 + radius * np.sin(angle), size[1] / 2 + radius * np.cos(angle)
        assert changed[round(row) - 2 : round(row) + 3, round(column) - 2 : round(column) + 3].any()


def test_contours_close_along_the_edge_and_can_be_read_on_black_and_white():
    density = spot(SIZE, x=0, y=0.5, sigma=0.2)
    for shade in (0, 255):
        drawn = render.contours(np.full((*SIZE, 3), shade, np.uint8), density)
        contrast = np.abs(drawn.astype(int) - shade)
        assert contrast.max() > 200
        assert contrast[48, :3].max() > 100


def test_contour_levels_out_of_range_are_refused():
    for level in (0, 1, -0.5, float("nan")):
        with pytest.raises(RenderError, match="level"):
            render.contours(photo(), spot(), levels=[level])


def test_boxes_are_framed_and_numbered():
    image = np.full((400, 600, 3), 90, np.uint8)
    regions = [Region(1, (100, 100, 220, 260), (150, 150), 0.4, 0.1)]
    regions.append(Region(2, (380, 50, 500, 120), (400, 80), 0.2, 0.05))
    changed = (render.draw_regions(image, regions) != image).any(axis=2)
    for region in regions:
        left, top, right, bottom = region.box
        assert changed[top, left:right].all()
        assert changed[bottom - 1, left:right].all()
        assert changed[top:bottom, left].all()
        assert changed[top:bottom, right - 1].all()
        assert not changed[bottom - 40 : bottom - 5, right - 40 : right - 5].any()
    assert changed.mean() < 0.05
    seven = Region(7, regions[0].box, regions[0].peak, 0.4, 0.1)
    first = render.draw_regions(image, regions[:1])
    assert not np.array_equal(first, render.draw_regions(image, [seven]))


def test_outlines_follow_the_labels():
    size = (400, 600)
    image = np.full((*size, 3), 90, np.uint8)
    labels, regions = region_labels(spot(size, sigma=0.1))
    changed = (render.draw_regions(image, regions, labels) != image).any(axis=2)
    near_edge = cv2.morphologyEx(labels.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((13, 13)))
    badge = np.zeros(size, bool)
    x, y = regions[0].peak
    badge[y - 20 : y + 20, x - 20 : x + 20] = True
    assert changed[badge].any()
    assert not changed[~badge & (near_edge == 0)].any()
    assert changed[near_edge > 0].mean() > 0.2


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("size", [(60, 80), (300, 400), (1500, 2000)])
def test_frames_and_numbers_can_be_read_on_any_picture_of_any_size(shade, size):
    image = np.full((*size, 3), shade, np.uint8)
    box = (size[1] // 4, size[0] // 4, size[1] // 2, size[0] // 2)
    drawn = render.draw_regions(image, [Region(1, box, box[:2], 0.5, 0.1)])
    assert drawn.max() > 240
    assert drawn.min() < 30
    frame = drawn[size[0] // 2 - 20 : size[0] // 2 + 20, size[1] // 3]
    light = (frame.min(axis=1) > 200).sum() if shade < 200 else (frame.max(axis=1) < 100).sum()
    assert light >= max(1, max(size) // 1000)  # as wide as the picture needs


def test_stamps_stay_inside_the_picture():
    canvas = Canvas(np.full((200, 300, 3), 90, np.uint8))
    for corner in ((0, 0), (299, 0), (0, 199), (299, 199), (-50, 900)):
        canvas.badge(corner, "12")
    drawn = (canvas.pixels() != 90).any(axis=2)
    for rows in (slice(0, 20), slice(-20, None)):
        for columns in (slice(0, 20), slice(-20, None)):
            assert drawn[rows, columns].mean() > 0.4


# --- difference -----------------------------------------------------------------------------------


def test_difference_is_orange_where_the_first_is_higher_and_blue_where_the_second_is():
    a, b = spot((300, 400), x=0.25, sigma=0.08), spot((300, 400), x=0.75, sigma=0.08)
    drawn = render.difference(a, b).astype(int)
    assert drawn[150, 100, 0] > drawn[150, 100, 2] + 100
    assert drawn[150, 300, 2] > drawn[150, 300, 0] + 100
    assert np.abs(drawn[10, 200] - 247).max() <= 2
    swapped = render.difference(b, a)
    table = diverging_table().astype(int)
    places = [np.abs(table - map_[140, 90]).sum(axis=1).argmin() for map_ in (drawn, swapped)]
    assert sum(places) == pytest.approx(255, abs=1)


def test_the_same_density_makes_no_difference():
    drawn = render.difference(spot(), spot() * 3)  # scaled to sum to 1
    assert np.ptp(drawn.reshape(-1, 3), axis=0).max() <= 1
    assert render.difference_limit(spot(), spot() * 3) == 1e-3


def test_the_limit_of_a_difference_is_in_multiples_of_the_average_density():
    flat = np.ones((100, 100))
    half = flat.copy()
    half[:, :50] = 3  # 1.5 and 0.5 times the average
    assert render.difference_limit(half, flat) == pytest.approx(0.5)
    drawn = render.difference(half, flat, limit=0.5)
    assert np.array_equal(drawn[5, 5], diverging_table()[-1])
    assert np.array_equal(drawn[5, 95], diverging_table()[0])
    faint = render.difference(half, flat, limit=5).astype(int)
    assert np.abs(faint[5, 5] - 247).sum() < np.abs(drawn[5, 5].astype(int) - 247).sum() / 5
    small = render.difference_limit(spot((60, 80), x=0.3), spot((60, 80), x=0.6))
    large = render.difference_limit(spot((600, 800), x=0.3), spot((600, 800), x=0.6))
    assert small == pytest.approx(large, rel=0.05)


def test_differences_that_make_no_sense_are_refused():
    with pytest.raises(DensityError, match=r"\(96, 128\) and \(96, 127\)"):
        render.difference(spot(), spot((96, 127)))
    for limit in (0, -1, float("nan")):
        with pytest.raises(RenderError, match="positive"):
            render.difference(spot(), spot(), limit)


# --- encoding -------------------------------------------------------------------------------------


def test_png_keeps_every_pixel():
    data = render.encode_png(photo())
    assert data.startswith(b"\x89PNG")
    assert np.array_equal(load_image(data), photo())


def test_jpeg_keeps_colors_and_gets_better_with_quality():
    image = render.overlay(photo(), spot())
    errors = []
    for quality in (30, 95):
        data = render.encode_jpeg(image, quality)
        assert data.startswith(b"\xff\xd8")
        errors.append(np.abs(load_image(data).astype(int) - image).mean())
    assert errors[1] < errors[0]
    assert errors[1] < 3


def test_jpegs_that_cannot_be_are_refused():
    with pytest.raises(ImageError, match="65500"):
        render.encode_jpeg(np.zeros((1, 65_501, 3), np.uint8))
    for quality in (0, 101):
        with pytest.raises(RenderError, match="quality"):
            render.encode_jpeg(photo(), quality)
