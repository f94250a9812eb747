import numpy as np
import pytest

from salmap import render
from salmap.center_bias import gaussian
from salmap.errors import RenderError
from salmap.render import Style, View, draw

IMAGE = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
DENSITY = np.exp(gaussian((60, 90)))


@pytest.mark.parametrize("view", View)
def test_every_view_is_a_new_picture_of_the_same_size(view):
    before = IMAGE.copy()
    drawn = draw(view, IMAGE, DENSITY, Style())
    assert drawn.shape == IMAGE.shape
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(IMAGE, before)


def test_the_original_is_untouched_and_the_others_are_not():
    assert draw(View.ORIGINAL, IMAGE, DENSITY, Style()) is IMAGE
    drawn = {view: draw(view, IMAGE, DENSITY, Style()).tobytes() for view in View}
    assert len(set(drawn.values())) == len(View)


def test_the_overlay_follows_every_choice():
    def overlay(**choices):
        return draw(View.OVERLAY, IMAGE, DENSITY, Style(**choices)).tobytes()

    variants = [{}, {"opacity": 0.2}, {"colormap": "cividis"}, {"smoothing": 0.05}]
    variants.append({"threshold": 0.7})
    assert len({overlay(**choices) for choices in variants}) == len(variants)
    assert overlay(opacity=0.0) == IMAGE.tobytes()


def test_the_functions_draw_in_the_default_style():
    style = Style()
    assert (style.opacity, style.colormap) == (0.5, "inferno")  # what people's scripts rely on
    for view, drawn in (
        (View.OVERLAY, render.overlay(IMAGE, DENSITY)),
        (View.HEATMAP, render.heatmap(DENSITY)),
    ):
        assert drawn.tobytes() == draw(view, IMAGE, DENSITY, style).tobytes()


def test_the_default_colors_are_perceptually_uniform():
    assert Style().colormap in render.COLORMAPS[:5]


@pytest.mark.parametrize(
    "choices",
    [{"opacity": 1.1}, {"opacity": -0.1}, {"smoothing": 0.5}, {"threshold": 2}, {"colormap": "x"}],
)
def test_choices_out_of_range_are_refused(choices):
    with pytest.raises(RenderError, match=next(iter(choices))):
        Style(**choices)
