"""Long pictures are analyzed screen by screen, and every screen gets the same attention."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import skimage.data

import salmap
from salmap.density import log_normalize
from salmap.errors import ImageError
from salmap.pictures import resize
from salmap.screens import MOST, Screens, join, screens_of


@pytest.mark.parametrize(
    ("size", "screen_px", "expected"),
    [
        ((600, 800), None, None),
        ((2532, 1170), None, None),  # a phone's screen
        ((800, 1912), None, None),  # a film's
        ((600, 800), 100, None),  # what is not long has no screens
        ((12000, 1440), None, (1091, 11)),
        ((12000, 1440), 1000, (1000, 12)),
        ((12000, 1440), 900, (900, 14)),
        ((12000, 1440), 12000, None),  # one screen: shown whole
        ((1000, 6000), None, (1500, 4)),
        ((1000, 6000), 2000, (2000, 3)),
        ((5_000_000, 100), None, (125_000, MOST)),
        ((300, 31), None, None),  # a strip of something, not a page
        ((99, 33), None, (25, 4)),
    ],
)
def test_only_long_pictures_have_screens(size, screen_px, expected):
    found = screens_of(size, screen_px)
    assert (found and (found.length_px, len(found.folds) + 1)) == expected


@pytest.mark.parametrize(("screen_px", "least"), [(0, 1), (-5, 1), (100, "a screen of 300")])
def test_too_many_screens_are_refused(screen_px, least):
    with pytest.raises(ImageError, match=f"Give {least} or more"):
        screens_of((12000, 1440), screen_px)


@pytest.mark.parametrize("size", [(12000, 1440), (1440, 12000), (99, 33), (997, 101)])
@pytest.mark.parametrize("cells", [4, 37, 108])
def test_the_places_cover_the_picture(size, cells):
    screens = screens_of(size)
    places = screens.places(cells)
    assert places[0][0] == 0
    assert places[0][1].start == 0
    assert places[-1][0] + cells == screens.cells(cells)
    assert places[-1][1].stop == max(size)
    for (first, pixels), (following, next_pixels) in pairwise(places):
        assert first < following <= first + cells // 2  # every row is near the middle of a place
        assert pixels.start <= next_pixels.start <= pixels.stop
        assert pixels.stop - pixels.start == screens.length_px


def bump(cells: int, across: int) -> np.ndarray:
    """A log density that is high in the middle, as models' are on anything."""
    y, x = np.mgrid[:cells, :across]
    shape = ((y - cells / 2 + 0.5) / cells) ** 2 + ((x - across / 2 + 0.5) / across) ** 2
    return (-8 * shape).astype(np.float32)


@pytest.mark.parametrize("tall", [True, False])
def test_the_habit_of_looking_at_the_middle_does_not_repeat_as_stripes(tall):
    screens = Screens((12000, 1440) if tall else (1440, 12000), 1000)
    cells, across = 100, 144
    one = bump(cells, across) if tall else bump(cells, across).T
    joined = join(screens, [one for _ in screens.places(cells)])
    assert joined.shape == ((1200, 144) if tall else (144, 1200))
    density = np.exp(joined)
    assert density.sum() == pytest.approx(1, abs=1e-5)
    along = density.sum(1 if tall else 0)
    middle = along[150:-150]
    assert middle.max() / middle.min() < 1.1  # it is 7 for screens that merely stand in a row
    assert along.reshape(12, 100).sum(1) == pytest.approx(np.full(12, 1 / 12), rel=0.1)


def test_a_lively_screen_takes_nothing_from_a_dull_one():
    screens = Screens((4000, 1000), 1000)
    grids = []
    for first, _ in screens.places(40):
        rows = np.arange(first, first + 40)[:, None]
        lively = 3.0 * ((rows >= 50) & (rows < 70)) * np.ones((1, 40))
        grids.append((bump(40, 40) + lively + 100 * len(grids)).astype(np.float32))
    along = np.exp(join(screens, grids)).sum(1)
    assert along.reshape(4, 40).sum(1) == pytest.approx(np.full(4, 0.25), rel=0.1)
    steps = np.abs(np.diff(np.log(along)))
    assert max(steps[39], steps[79], steps[119]) < 0.3  # and no fold shows


@pytest.mark.parametrize("screen_px", [None, 1000, 1700])
def test_equal_parts_get_the_same_wherever_screens_begin(screen_px):
    screens = screens_of((12000, 1440), screen_px)
    cells = 60
    rows = np.arange(screens.cells(cells))[:, None] * 12 / screens.cells(cells)
    content = 2 * np.cos(2 * np.pi * (rows - 0.5)) * np.ones((1, 80))  # twelve times the same
    grids = [bump(cells, 80) + content[f : f + cells] for f, _ in screens.places(cells)]
    along = np.exp(join(screens, [grid.astype(np.float32) for grid in grids])).sum(1)
    edges = np.linspace(0, len(along), 13).round().astype(int)
    shares = np.array([along[a:b].sum() for a, b in pairwise(edges)])
    assert shares[1:-1] == pytest.approx(np.full(10, shares[1:-1].mean()), rel=0.1)
    assert shares.min() * 12 > 0.7  # the ends are far from the middle of any screen


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    """Twelve screens with the same photo, 1440 x 12000 scaled to a tenth."""
    photo = resize(skimage.data.astronaut(), (60, 80))
    screen = np.full((100, 144, 3), 255, np.uint8)
    screen[20:80, 30:110] = photo
    return np.tile(screen, (12, 1, 1))


@pytest.mark.slow
def test_equal_screens_of_a_page_get_equal_attention(page):
    model = salmap.load("tiny", use_hub=False)
    prediction = model.predict(page[:400], screen_px=100)
    assert prediction.screens == Screens((400, 144), 100)
    shares = prediction.density.reshape(4, 100, 144).sum((1, 2))
    assert shares == pytest.approx(np.full(4, 1 / 4), rel=0.1)
    # on each screen the photo draws more than what is around it
    on_photo = prediction.density.reshape(4, 100, 144)[:, 20:80, 30:110].sum((1, 2)) * 4
    assert on_photo.min() > 0.6
    default = model.predict(page)
    shares = default.density.reshape(12, 100, 144).sum((1, 2))
    assert shares.max() / shares.min() < 1.2
    assert "8.3 times as tall as wide" in default.notes[0]
    assert "11 screens of 110 pixels" in default.notes[0]


def test_what_the_app_keeps_of_a_page_is_its_joined_grid(page):
    model = salmap.load("spectral-residual")
    grid = model.predict_grid(page, 100).grid
    fine = salmap.density.resize_log_density(grid, page.shape[:2])
    assert np.array_equal(fine, model.predict(page, 100).log_density)
    whole = model.predict(page[:300])
    assert whole.screens is None
    assert whole.notes == ()
    assert np.allclose(np.exp(log_normalize(grid)).sum(), 1)
