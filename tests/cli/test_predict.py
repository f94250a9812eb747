"""`salmap predict` on a picture: what it writes, its options, what it says of odd pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

import salmap
from salmap.cli import main as cli
from salmap.outputs.names import SCANPATH_OUTPUTS, Output
from tests.cli.commands import ENDINGS, RUNNER, names, picture, predict


def test_what_is_written_for_a_picture(tmp_path: Path) -> None:
    street = picture(tmp_path / "street.png", 67, 101)
    result = predict(street, out=tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert names(tmp_path / "out") == sorted("street" + ending for ending in ENDINGS)

    prediction = salmap.load("spectral-residual").predict(street)
    density = np.load(tmp_path / "out" / "street_density.npy")
    assert density.dtype == np.float32
    assert density.shape == (67, 101)
    assert density.min() >= 0
    assert density.sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(density, prediction.density, rtol=1e-4)

    image = salmap.load_image(street)
    expected = {
        "overlay": salmap.render.overlay(image, prediction.density),
        "heatmap": salmap.render.heatmap(prediction.density),
    }
    for kind, pixels in expected.items():
        written = np.asarray(Image.open(tmp_path / "out" / f"street_{kind}.png"))
        np.testing.assert_array_equal(written, pixels)

    record = json.loads((tmp_path / "out" / "street_regions.json").read_text())
    assert (record["picture"], record["model"]) == ("street.png", "spectral-residual")
    assert (record["height"], record["width"]) == (67, 101)
    assert [region["rank"] for region in record["regions"]] == [
        region.rank for region in prediction.regions(5)
    ]


def test_only_what_is_asked_for_is_saved(tmp_path: Path) -> None:
    result = predict(
        picture(tmp_path / "a.png"), "--save", "density, regions", out=tmp_path / "out"
    )
    assert result.exit_code == 0
    assert names(tmp_path / "out") == ["a_density.npy", "a_regions.json"]
    table = tmp_path / "areas.csv"
    table.write_text("name,left,top,right,bottom\nbutton,1,2,30,40\n")
    able = [output for output in Output if output not in SCANPATH_OUTPUTS]
    options = ("--save", ",".join(able), "--areas", table)
    result = predict(tmp_path / "a.png", *options, out=tmp_path / "all")
    assert result.exit_code == 0
    assert names(tmp_path / "all") == sorted(f"a{output.ending}" for output in able)


def test_options_change_what_is_drawn(tmp_path: Path) -> None:
    street = picture(tmp_path / "a.png", 200, 200)
    predict(street, out=tmp_path / "plain")
    options = ("--k", "1", "--opacity", "0", "--colormap", "gray")
    assert predict(street, *options, out=tmp_path / "other").exit_code == 0
    record = json.loads((tmp_path / "other" / "a_regions.json").read_text())
    assert len(record["regions"]) == 1
    image = salmap.load_image(street)
    clear = np.asarray(Image.open(tmp_path / "other" / "a_overlay.png"))
    np.testing.assert_array_equal(clear, image)
    gray = np.asarray(Image.open(tmp_path / "other" / "a_heatmap.png"))
    np.testing.assert_array_equal(gray[..., 0], gray[..., 2])
    colored = np.asarray(Image.open(tmp_path / "plain" / "a_heatmap.png"))
    assert (colored[..., 0] != colored[..., 2]).any()


@pytest.mark.parametrize(
    ("option", "value", "part"),
    [
        ("--save", "overlay,film", "choose from overlay, heatmap, density, regions, regions-csv"),
        ("--save", "", "choose from"),
        ("--colormap", "rainbow", "Choose one of"),
        ("--k", "0", "'--k'"),
        ("--opacity", "1.5", "'--opacity'"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_done(
    tmp_path: Path, option: str, value: str, part: str
) -> None:
    result = predict(picture(tmp_path / "a.png"), option, value, out=tmp_path / "out")
    assert result.exit_code == 2
    assert part in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_dash_is_standard_input(tmp_path: Path) -> None:
    words = ["predict", "-", "--save", "density", "--model", "center-bias", "--out", str(tmp_path)]
    street = picture(tmp_path / "street.png", 40, 50)
    result = RUNNER.invoke(cli.app, words, input=street.read_bytes())
    assert result.exit_code == 0, result.output
    assert np.load(tmp_path / "stdin_density.npy").shape == (40, 50)
    result = RUNNER.invoke(cli.app, words, input=b"no picture")
    assert result.exit_code == 1
    assert result.stderr.startswith("standard input is not a picture")


def test_a_long_picture_is_said_to_be_done_screen_by_screen(tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    Image.fromarray(np.tile(skimage.data.astronaut()[::8, ::8], (5, 1, 1))).save(page)
    result = predict(page, "--screen", 80, "--save", "regions", out=tmp_path / "out")
    assert result.exit_code == 0
    assert "5.0 times as tall as wide" in result.stderr
    record = json.loads((tmp_path / "out" / "page_regions.json").read_text())
    assert record["screens"] == {"length": 80, "folds": [80, 160, 240]}
    assert record["notes"][0] in " ".join(result.stderr.split())
    again = predict(page, "--resume", "--save", "regions", out=tmp_path / "out")
    assert "other settings" in str(again.exception)
    short = predict(page, "--screen", 2, out=tmp_path / "other")
    assert "Give a screen of 8 or more" in short.stderr


@pytest.mark.parametrize("command", ["areas", "crop"])
def test_other_commands_see_long_and_transparent_pictures_the_same_way(
    tmp_path: Path, command: str
) -> None:
    page = tmp_path / "page.png"
    pixels = np.full((300, 60, 4), 255, np.uint8)
    pixels[:150, :, 3] = 0
    Image.fromarray(pixels).save(page)
    table = tmp_path / "areas.csv"
    table.write_text("name,left,top,right,bottom\ntop,0,0,60,150\n")
    options = ["--areas", str(table)] if command == "areas" else ["--ratio", "1:1"]
    words = [command, str(page), "--out", str(tmp_path), "--model", "spectral-residual", *options]
    result = RUNNER.invoke(cli.app, words)
    assert result.exit_code == 0, result.output
    assert "one color only" in result.stderr
    result = RUNNER.invoke(cli.app, [*words, "--background", "black", "--screen", "100"])
    assert "one color only" not in result.stderr
    assert "3 screens of 100 pixels" in result.stderr


def test_a_picture_with_nothing_to_see_is_said_to_be_one(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    pixels = np.full((40, 60, 4), 255, np.uint8)
    pixels[:, :30, 3] = 0
    Image.fromarray(pixels).save(logo)
    result = predict(logo, "--save", "overlay", out=tmp_path / "out")
    assert result.exit_code == 0
    assert "logo.png: The picture has one color only" in " ".join(result.stderr.split())
    on_black = ("--background", "black", "--opacity", 0, "--save", "overlay")
    result = predict(logo, *on_black, out=tmp_path / "out")
    assert result.stderr == ""
    overlay = np.asarray(Image.open(tmp_path / "out" / "logo_overlay.png"))
    assert overlay[0, 0].tolist() == [0, 0, 0]
    assert overlay[0, -1].tolist() == [255, 255, 255]
    wrong = predict(logo, "--background", "nocolor", out=tmp_path / "out")
    assert "'nocolor' is not a color" in str(wrong.exception)


def test_scanpaths_are_saved_of_photographs(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(skimage.data.astronaut()).save(photo)
    options = ("--save", "scanpaths,scanpaths-csv")
    result = predict(photo, *options, out=tmp_path / "out", model="lite")
    assert result.exit_code == 0, result.output
    assert Image.open(tmp_path / "out" / "photo_scanpaths.png").size == (512, 512)
    table = (tmp_path / "out" / "photo_scanpaths.csv").read_text("utf-8-sig").splitlines()
    assert table[0] == "scanpath,fixation,x,y,start_s,duration_s"
    assert table[1].startswith("typical,1,")
    again = predict(photo, *options, out=tmp_path / "again", model="lite")
    assert again.exit_code == 0
    files = [(tmp_path / out / "photo_scanpaths.csv").read_bytes() for out in ("out", "again")]
    assert files[0] == files[1]
    both = predict(photo, *options, "--until", 1, out=tmp_path / "both", model="lite")
    assert both.exit_code == 2
    assert "leave out --until" in " ".join(both.output.replace("│", "").split())


def test_the_first_seconds_can_be_asked_for(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(skimage.data.astronaut()).save(photo)
    table = tmp_path / "areas.csv"
    table.write_text("name,left,top,right,bottom\nface,170,60,280,210\n")
    options = ("--save", "density", "--areas", table)
    for until in ((), ("--until", 0.5)):
        result = predict(photo, *options, *until, out=tmp_path / f"out{len(until)}", model="lite")
        assert result.exit_code == 0, result.output
    whole, early = (np.load(tmp_path / f"out{n}" / "photo_density.npy") for n in (0, 2))
    assert whole.shape == early.shape
    assert np.abs(whole - early).sum() > 0.2
    (face,) = json.loads((tmp_path / "out0" / "photo_areas.json").read_text())["areas"]
    assert 0.2 < face["seen_1s"] < face["seen_2s"] < face["seen_3s"] < 1
    shown = RUNNER.invoke(cli.app, ["areas", str(photo), "--areas", str(table)])
    assert "seen within 1, 2 and 3 s" in shown.stdout
    assert f"{face['seen_3s']:.0%}" in shown.stdout
    refused = predict(photo, "--until", 1, out=tmp_path / "refused")
    assert refused.exit_code == 1
    assert "does not know when people look where" in " ".join(refused.stderr.split())
