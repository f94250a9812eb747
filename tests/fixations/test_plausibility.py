"""What is certain about how positions are counted is used, what is doubtful is refused."""

from __future__ import annotations

import numpy as np
import pytest

from salmap.errors import DoubtfulError, FixationsError
from salmap.fixations.frame import read_settings
from salmap.fixations.placing import Placed, place
from salmap.fixations.tables import read_gaze
from salmap.types import MapArray

WIDTH, HEIGHT, PICTURES = 400, 300, 6


def looked(count: int = 40) -> MapArray:
    """Pixels (PICTURES, count, 2), around the middle as people look, all inside."""
    rng = np.random.default_rng(3)
    xy = rng.normal([0.5, 0.5], [0.2, 0.17], (PICTURES, count, 2)).clip(0.02, 0.98)
    return xy * [WIDTH, HEIGHT] - 0.5


def placed(xy: MapArray, *settings: str, extra: str = "") -> Placed:
    """The fixations of a table of these positions (PICTURES, n, 2)."""
    rows = [f"{p}.jpg,{x:.4f},{y:.4f}" for p, points in enumerate(xy) for x, y in points]
    table = "\n".join(["image,x,y", *rows]) + "\n" + extra
    reading = read_settings(settings)
    gaze = read_gaze("gaze.csv", table.encode(), reading)
    return place(gaze, [(HEIGHT, WIDTH)] * PICTURES, reading)


def doubted(xy: MapArray, extra: str = "") -> DoubtfulError:
    with pytest.raises(DoubtfulError) as failure:
        placed(xy, extra=extra)
    return failure.value


SIDES = np.array([WIDTH, HEIGHT])
SHARES = (looked() + 0.5) / SIDES
MIDDLE = SIDES / 2
UP = np.array([1, -1])


@pytest.mark.parametrize(
    ("xy", "settings", "part"),
    [
        (SHARES, ["unit=shares"], "shares"),
        (SHARES * 100, ["unit=percent"], "per cent"),
        ((SHARES * 2 - 1) * UP, ["unit=norm"], "norm is likely"),
        ((SHARES - 0.5) * UP * [WIDTH / HEIGHT, 1], ["unit=height"], "height is likely"),
        (looked() + 0.5 - MIDDLE, ["unit=pixels", "origin=center"], "counted from the middle"),
        (looked() * UP, ["unit=pixels", "origin=top-left", "y-axis=up"], "grow upwards"),
        (looked() / 2 - 0.25, ["scale=0.5"], "top left quarter"),
    ],
)
def test_the_likely_cause_is_named_and_its_setting_puts_all_in_place(xy, settings, part):
    """Each is refused; the guess, given as settings, leads back to the pixels."""
    several_sizes = part == "top left quarter"
    if several_sizes:
        xy = np.tile(xy, (1, 2, 1))
    error = doubted(xy)
    assert part in str(error)
    assert error.guess == tuple(settings)
    found = placed(xy, *error.guess).fixations
    expected = np.tile(looked(), (1, 2, 1)) if several_sizes else looked()
    np.testing.assert_allclose(found["0.jpg"].x, expected[0, :, 0], atol=0.03)
    np.testing.assert_allclose(found["0.jpg"].y, expected[0, :, 1], atol=0.03)


def test_a_few_outliers_do_not_hide_the_unit():
    assert "shares" in str(doubted(SHARES, "0.jpg,1.03,0.5\n1.jpg,1.2,-0.1\n2.jpg,7,0.5\n"))
    assert "per cent" in str(doubted(SHARES * 100, "0.jpg,103,50\n1.jpg,120,-10\n"))


def test_swapped_columns_are_guessed_even_if_many_fall_on_the_picture():
    wide = ((looked() - MIDDLE) * np.array([1.5, 1]) + MIDDLE).clip(1, SIDES - 2)
    assert "swapped" in str(doubted(wide[..., ::-1]))
    narrow = looked()[..., ::-1] * [0.9, 1]
    narrow[..., 1] += 310 - narrow[..., 1].min()
    assert "swapped" in str(doubted(narrow.clip(0, [290, 390])))


def test_an_offset_on_the_screen_is_guessed_and_settled():
    error = doubted(looked() + np.array([300, 240]))
    assert "fall outside" in str(error) and "offset" in str(error)
    (guess,) = error.guess
    np.testing.assert_allclose([float(v) for v in guess[7:].split(",")], [300, 240], atol=12)
    found = placed(looked() + np.array([300, 240]), "offset=300,240").fixations["0.jpg"]
    np.testing.assert_allclose(found.x, looked()[0, :, 0], atol=1e-3)
    in_the_middle = placed(looked() + np.array([760, 390]), "screen=1920x1080").fixations["0.jpg"]
    np.testing.assert_allclose(in_the_middle.x, looked()[0, :, 0], atol=1e-3)


def test_pictures_that_filled_the_screen_are_scaled_back():
    shown = (looked() + 0.5) * 3.6 + np.array([240, 0]) - 0.5
    found = placed(shown, "screen=1920x1080", "scale=fit").fixations["0.jpg"]
    np.testing.assert_allclose(found.x, looked()[0, :, 0], atol=1e-3)
    np.testing.assert_allclose(found.y, looked()[0, :, 1], atol=1e-3)


def test_shares_of_the_screen_from_the_bottom():
    on_screen = (looked() + 0.5 + np.array([760, 390])) / [1920, 1080]
    on_screen[..., 1] = 1 - on_screen[..., 1]
    settings = ["unit=shares", "origin=bottom-left", "screen=1920x1080"]
    found = placed(on_screen, *settings).fixations["0.jpg"]
    np.testing.assert_allclose(found.y, looked()[0, :, 1], atol=0.1)


def test_pixels_are_left_alone_without_a_word():
    found = placed(looked())
    np.testing.assert_allclose(found.fixations["0.jpg"].x, looked()[0, :, 0], atol=1e-4)
    assert found.notes == ()
    assert found.doubt == ""


def test_many_outside_are_doubtful_and_most_of_them_are_refused():
    some = looked() + np.array([WIDTH * 0.35, 0])
    found = placed(some)
    assert "fall outside their pictures" in found.doubt
    assert placed(some, "unit=pixels").doubt
    with pytest.raises(DoubtfulError, match="240 of 240"):
        placed(looked() + 5000, "unit=pixels")


@pytest.mark.parametrize("mark", ["0,0", "0.0,0.00", "-1,-1", "-32768,-32768", "1e8,1e8"])
def test_marks_of_lost_eyes_are_left_out_and_said(mark):
    found = placed(looked(), extra=f"0.jpg,{mark}\n" * 9)
    assert len(found.fixations["0.jpg"]) == 40
    assert found.notes == ("9 rows are 0, 0 or another mark of lost eyes: left out.",)


def test_the_middle_of_a_centered_screen_is_no_lost_eye():
    centered = looked() + 0.5 - MIDDLE
    found = placed(centered, "origin=center", extra="0.jpg,0,0\n" * 3)
    assert len(found.fixations["0.jpg"]) == 43


def samples(rate: int = 60, noise: float = 0.8) -> MapArray:
    """(PICTURES, n, 2): the eyes rest 0.3 s in each of 8 places."""
    rng = np.random.default_rng(5)
    rests = rng.uniform([40, 40], [360, 260], (PICTURES, 8, 2)).repeat(int(0.3 * rate), axis=1)
    return rests + rng.normal(0, noise, rests.shape)


def test_samples_are_not_taken_for_fixations():
    error = doubted(samples())
    assert "samples of the eyes" in str(error)
    assert error.guess == ("rate=60",)


def test_fixations_are_detected_in_samples_of_a_known_rate():
    pytest.importorskip("pymovements")
    found = placed(samples(), "rate=60")
    assert all(7 <= len(f) <= 8 for f in found.fixations.values())
    fixations = found.fixations["0.jpg"]
    assert np.median(fixations.duration_s) == pytest.approx(0.3, abs=0.04)
    truth = samples(noise=0)[0, ::18]
    near = np.hypot(*(np.stack([fixations.x, fixations.y], 1)[:, None] - truth[None]).T)
    assert near.min(axis=0).max() < 3
    assert "I-DT, dispersion 1 degree (3% of the long side), at least 100 ms" in found.notes[-1]


def test_times_tell_samples_from_fixations():
    pytest.importorskip("pymovements")
    rows = [f"{i / 60:.4f},{x:.1f},{y:.1f}" for i, (x, y) in enumerate(samples()[0])]
    gaze = read_gaze("gaze.csv", ("start_s,x,y\n" + "\n".join(rows)).encode())
    found = place(gaze, [(HEIGHT, WIDTH)], read_settings([]))
    assert len(found.fixations[""]) in (7, 8)
    assert np.all(np.diff(found.fixations[""].start_s) > 0.2)


def test_points_listed_by_place_are_no_samples():
    points = looked(60)
    points = np.take_along_axis(points, points[..., 1:].argsort(axis=1), axis=1)
    assert placed(points).notes == ()


def test_samples_too_slow_for_fixations_are_refused():
    with pytest.raises(FixationsError, match="too few"):
        placed(samples(), "rate=5")
