"""The command line, mostly in this process; as people start it where that is what counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image
from typer.testing import CliRunner, Result

import salmap
from salmap.cli import main as cli
from salmap.models import CenterBias
from salmap.outputs import batch
from salmap.outputs.names import STANDARD_OUTPUTS, Output
from salmap.outputs.record import RECORD
from salmap.predictor import Predictor
from salmap.weights.file import write_tensors
from salmap.weights.info import ModelInfo

RUNNER = CliRunner()
ENDINGS = sorted(output.ending for output in STANDARD_OUTPUTS)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SALMAP_WEIGHTS_REPO", raising=False)
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(tmp_path / "models"))


def picture(path: Path, height: int = 60, width: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(skimage.data.astronaut()[:height, :width]).save(path)
    return path


def predict(*arguments: str | Path, out: Path, model: str = "spectral-residual") -> Result:
    words = [str(argument) for argument in arguments]
    return RUNNER.invoke(cli.app, ["predict", *words, "--out", str(out), "--model", model])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != RECORD)


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
    options = ("--save", ",".join(Output), "--areas", table)
    result = predict(tmp_path / "a.png", *options, out=tmp_path / "all")
    assert result.exit_code == 0
    assert names(tmp_path / "all") == sorted(f"a{output.ending}" for output in Output)


def test_areas_of_a_batch_are_those_of_each_picture(tmp_path: Path) -> None:
    for place in ("cats/1.png", "dogs/1.png", "dogs/2.png"):
        picture(tmp_path / "pets" / place, 40, 60)
    table = tmp_path / "areas.csv"
    table.write_text(
        "picture,name,left,top,right,bottom\ncats/1.png,cat,0,0,30,40\ndogs/1.png,dog,0,0,60,40\n"
    )
    pets = tmp_path / "pets"
    result = predict(pets, "--save", "density", "--areas", table, out=tmp_path / "out")
    assert result.exit_code == 1
    assert "no areas for" in result.stderr
    assert "2 of 3 done" in result.stdout
    density = np.load(tmp_path / "out" / "cats-1_density.npy")
    (cat,) = json.loads((tmp_path / "out" / "cats-1_areas.json").read_text())["areas"]
    assert (cat["name"], cat["area"]) == ("cat", 0.5)
    assert cat["share"] == pytest.approx(density[:, :30].sum(), abs=1e-6)
    rows = (tmp_path / "out" / "dogs-1_areas.csv").read_text().splitlines()
    assert rows[1].startswith("dog,1.000000,1.000000,1.000000,1,")
    result = predict(pets, "--save", "areas", out=tmp_path / "none")
    assert result.exit_code == 2
    assert "--areas" in result.stderr


def test_two_designs_are_compared_area_by_area(tmp_path: Path) -> None:
    for name, top in (("a.png", 0), ("b.png", 40)):
        design = np.full((60, 90, 3), 200, np.uint8)
        design[top : top + 20, 35:55] = (255, 0, 0)
        Image.fromarray(design).save(tmp_path / name)
    table = tmp_path / "areas.csv"
    table.write_text("name,left,top,right,bottom\ntop,0,0,90,30\nbottom,0,30,90,60\n")
    designs = [str(tmp_path / name) for name in ("a.png", "b.png")]
    words = [*designs, "--areas", str(table), "--model", "spectral-residual"]
    page = tmp_path / "out" / "versions.html"
    result = RUNNER.invoke(cli.app, ["compare-designs", *words, "--html", str(page)])
    assert result.exit_code == 0, result.output
    blocks = result.stdout.strip().split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == ["top", "bottom"]
    assert "a.png draws most attention to top" in blocks[0]
    assert "points (" in blocks[1].split("\n")[2]
    assert "Versions compared" in page.read_text("utf-8")
    result = RUNNER.invoke(cli.app, ["compare-designs", *words, "--area", "middle"])
    assert result.exit_code != 0
    assert "no area 'middle'" in str(result.exception)


def test_a_report_on_the_pictures_that_can_be_read(tmp_path: Path) -> None:
    picture(tmp_path / "photos" / "a.png")
    picture(tmp_path / "photos" / "b.png")
    (tmp_path / "photos" / "c.png").write_bytes(b"nothing")
    table = tmp_path / "areas.csv"
    table.write_text("picture,name,left,top,right,bottom\na.png,button,1,2,30,40\n")
    page = tmp_path / "out" / "r.html"
    words = ["--areas", str(table), "--title", "Spring", "--model", "spectral-residual"]
    arguments = ["report", str(tmp_path / "photos"), "--out", str(page), *words]
    result = RUNNER.invoke(cli.app, arguments)
    assert result.exit_code == 1
    assert "c.png" in result.stderr
    assert "2 of 3 done" in result.stdout
    text = page.read_text("utf-8")
    assert "<h1>Spring</h1>" in text
    assert text.count('class="sheet"') == 2
    assert text.count("<caption>Areas") == text.count("<caption>Most viewed areas") == 1
    for wrong in (["--out", "r.docx"], ["--paper", "a9"]):
        assert RUNNER.invoke(cli.app, [*arguments, *wrong]).exit_code != 0


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


def test_a_folder_is_walked_and_names_are_kept_apart(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("street.png", "cats/1.jpg", "dogs/1.jpg", "dogs/2.jpg", "dogs/2.png"):
        picture(folder / name)
    picture(folder / ".hidden.png")
    (folder / "notes.txt").write_text("no picture")
    result = predict(folder, "--save", "density", out=tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "5 of 5" in result.stdout
    assert names(tmp_path / "out") == [
        "cats-1_density.npy",
        "dogs-1_density.npy",
        "dogs-2-jpg_density.npy",
        "dogs-2-png_density.npy",
        "street_density.npy",
    ]


def test_a_picture_given_twice_is_done_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Path] = []
    monkeypatch.setattr(batch, "process", lambda _, path, *__: done.append(path))
    street = picture(tmp_path / "in" / "street.png")
    (tmp_path / "in" / "again.png").symlink_to(street)
    assert predict(street, tmp_path / "in", out=tmp_path / "out").exit_code == 0
    assert done == [street]


def test_results_are_no_pictures_wherever_they_lie(tmp_path: Path) -> None:
    picture(tmp_path / "street.png")
    picture(tmp_path / "deep" / "bank_overlay.png")
    for out in (tmp_path, tmp_path, tmp_path / "a", tmp_path / "deep" / "b"):
        assert "2 of 2" in predict(tmp_path, "--save", "overlay,heatmap", out=out).stdout
    moved = tmp_path / "moved" / "x_heatmap.png"
    moved.parent.mkdir()
    (tmp_path / "a" / "street_heatmap.png").rename(moved)
    assert "2 of 2" in predict(tmp_path, out=tmp_path / "c").stdout
    assert "1 of 1" in predict(moved, out=tmp_path / "d").stdout  # but if it is asked for by name


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_an_odd_name_is_written_with_escapes_and_costs_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    picture(folder / "a.png")
    odd = folder / os.fsdecode(b"caf\xe9.png")
    try:
        (folder / "a.png").rename(odd)
    except OSError:
        pytest.skip("this file system has no such names")
    picture(folder / "z.png")
    (folder / os.fsdecode(b"b\xe9.png")).write_bytes(b"no picture")
    result = start("predict", str(folder), "--out", str(tmp_path / "out"), "--model", "center-bias")
    assert result.returncode == 1
    assert "2 of 3 done" in result.stdout
    (line,) = result.stderr.splitlines()
    assert "b\\xe9.png is not a picture" in line
    record = (tmp_path / "out" / os.fsdecode(b"caf\xe9_regions.json")).read_text()
    assert json.loads(record)["picture"] == "caf\\xe9.png"
    (tmp_path / "areas.csv").write_text("name,left,top,right,bottom\nx,1,1,20,20\n")
    areas = ["--areas", str(tmp_path / "areas.csv"), "--model", "center-bias"]
    for words in (
        ["areas", "--out", str(tmp_path / "areas")],
        ["report", "--out", str(tmp_path / "report.html")],
        ["compare-designs", str(folder / "z.png"), "--html", str(tmp_path / "v.html")],
    ):
        result = RUNNER.invoke(cli.app, [words[0], str(odd), *words[1:], *areas])
        assert result.exit_code == 0, (words, result.exception)


def test_a_dash_is_standard_input(tmp_path: Path) -> None:
    words = ["predict", "-", "--save", "density", "--model", "center-bias", "--out", str(tmp_path)]
    street = picture(tmp_path / "street.png", 40, 50)
    result = RUNNER.invoke(cli.app, words, input=street.read_bytes())
    assert result.exit_code == 0, result.output
    assert np.load(tmp_path / "stdin_density.npy").shape == (40, 50)
    result = RUNNER.invoke(cli.app, words, input=b"no picture")
    assert result.exit_code == 1
    assert result.stderr.startswith("standard input is not a picture")


def test_resume_notices_another_model_and_other_settings(tmp_path: Path) -> None:
    streets = [picture(tmp_path / f"{name}.png") for name in "ab"]
    out = tmp_path / "out"

    def run(*words: str | Path, model: str = "spectral-residual") -> str:
        return str(predict(*words, "--save", "density,regions", out=out, model=model).exception)

    run(*streets)
    assert run(*streets, "--resume", "--opacity", "0.3") == "None"  # nothing drawn depends on it
    assert "k 5, now 3" in run(*streets, "--resume", "--k", "3")
    text = run(*streets, "--resume", model="itti-koch")
    assert "model spectral-residual, now itti-koch" in text
    run(streets[0], model="itti-koch")  # the other result is still of the other model
    for model in ("itti-koch", "spectral-residual"):
        assert "--resume can't go on" in run(*streets, "--resume", model=model)
    run(*streets, model="itti-koch")
    assert run(*streets, "--resume", model="itti-koch") == "None"


def test_a_model_file_that_was_trained_anew_is_another_model(tmp_path: Path) -> None:
    street, mine = picture(tmp_path / "a.png"), tmp_path / "mine.safetensors"
    write_model(mine)
    assert predict(street, out=tmp_path / "out", model=str(mine)).exit_code == 0
    assert predict(street, "--resume", out=tmp_path / "out", model=str(mine)).exit_code == 0
    write_model(mine, data="Scene (MIT)")
    result = predict(street, "--resume", out=tmp_path / "out", model=str(mine))
    assert "weights" in str(result.exception)


def test_kinds_that_can_not_be_read_are_named(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "a.png")
    for name in ("b.psd", "c.SVG", "d.mp4", "e.cr2", "notes.txt"):
        (tmp_path / "in" / name).touch()
    result = predict(tmp_path / "in", out=tmp_path / "out")
    assert result.exit_code == 0
    assert "1 of 1" in result.stdout
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{tmp_path / 'in'}: 4 files of kinds that can't be read")
    assert line.endswith("b.psd, c.SVG, d.mp4, and 1 more.")


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere" / "cats" / "1.png")
    picture(tmp_path / "in" / "z" / "2.png")
    (tmp_path / "in" / "a").symlink_to(tmp_path / "in" / "z")
    (tmp_path / "in" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "c").symlink_to(tmp_path / "elsewhere" / "cats")
    (tmp_path / "in" / "z" / "loop").symlink_to(tmp_path / "in")
    result = predict(tmp_path / "in", "--save", "density", out=tmp_path / "out")
    assert "2 of 2" in result.stdout


def test_a_picture_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    good = picture(tmp_path / "in" / "good.png")
    bad = tmp_path / "in" / "bad.jpg"
    bad.write_bytes(b"\xff\xd8 no picture")
    empty = tmp_path / "empty"
    empty.mkdir()
    missing = tmp_path / "missing.png"
    result = predict(missing, bad, empty, good, "--save", "density", out=tmp_path / "out")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    for path, line in zip((missing, empty, bad), lines, strict=True):
        assert line.startswith(str(path))
        assert line.count(str(path)) == 1
    assert names(tmp_path / "out") == ["good_density.npy"]
    assert "1 of 4" in result.stdout


def test_a_model_that_runs_out_of_memory_fails_for_that_picture_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Predictor.predict

    def failing(self: Predictor, image: np.ndarray, screen: int | None) -> salmap.Prediction:
        if image.shape[0] == 50:
            raise RuntimeError("can't allocate memory")
        return real(self, image, screen)

    monkeypatch.setattr(Predictor, "predict", failing)
    pictures = picture(tmp_path / "large.png", 50), picture(tmp_path / "small.png", 40)
    result = predict(*pictures, "--save", "density", out=tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "can't allocate memory" in result.stderr
    assert names(tmp_path / "out") == ["small_density.npy"]


def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    street = picture(tmp_path / "street.png")
    result = predict(street, out=tmp_path / "out")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert result.stderr.startswith(str(street))
    assert names(tmp_path / "out") == []


def test_resume_does_only_what_is_not_all_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [picture(tmp_path / f"{name}.png") for name in "abc"]
    out = tmp_path / "out"
    predict(*pictures, out=out)
    (out / "b_overlay.png").unlink()
    done: list[Path] = []
    real = batch.process

    def spy(predictor: Predictor, path: Path, *rest: object) -> None:
        done.append(path)
        real(predictor, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "process", spy)
    assert predict(*pictures, "--resume", out=out).exit_code == 0
    assert done == [pictures[1]]
    assert (out / "b_overlay.png").exists()
    done.clear()
    result = predict(*pictures, "--resume", out=out)
    assert result.exit_code == 0
    assert "3 of 3" in result.stdout
    assert not done
    assert predict(*pictures, out=out).exit_code == 0
    assert done == pictures


def run_main(monkeypatch: pytest.MonkeyPatch, *words: str) -> str | int | None:
    monkeypatch.setattr(sys, "argv", ["salmap", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code


def test_expected_errors_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    street = str(picture(tmp_path / "a.png"))
    code = run_main(monkeypatch, "predict", street, "--out", str(tmp_path / "o"), "--model", "no")
    assert isinstance(code, str)  # Python prints it on stderr and exits with status 1
    assert code.startswith("salmap: There is no model 'no'.")
    assert "\n" not in code
    code = run_main(monkeypatch, "predict", street, "--out", street)
    assert (
        code == f"salmap: {street} can't be created: File exists. Choose another folder for --out."
    )


def write_model(path: Path, data: str = "OSIE (MIT)") -> Path:
    model = CenterBias()
    info = ModelInfo(
        name="inside",
        architecture=model.architecture,
        config={},
        license="MIT",
        data=(data,),
        scores={"osie": {"nss": [2.5, 2.25, 2.75], "cc": [0.5]}},
    )
    write_tensors(path, model.tensors(), info)
    return path


def test_the_list_of_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path / "models" / "mine.safetensors")
    (tmp_path / "models" / "broken.safetensors").write_bytes(b"PK\x03\x04 an old checkpoint")
    text = RUNNER.invoke(cli.app, ["models"]).stdout
    for name in salmap.list_models():
        assert f"\n{name}" in f"\n{text}"
    mine = text[text.index("\nmine") :]
    assert f"weights: {tmp_path / 'models'}" in mine
    assert "license: MIT" in mine
    assert "trained on: OSIE (MIT)" in mine
    assert "osie: nss 2.500 (2.250 to 2.750), cc 0.500" in mine
    assert "problem: broken.safetensors: this is a PyTorch pickle" in text

    rows = {
        row["name"]: row for row in json.loads(RUNNER.invoke(cli.app, ["models", "--json"]).stdout)
    }
    assert rows["mine"]["scores"]["osie"]["cc"] == [0.5]
    assert rows["broken"]["problem"]


def test_what_a_file_says_can_not_command_the_terminal(tmp_path: Path) -> None:
    write_model(tmp_path / "models" / "mine.safetensors", data="OSIE\x1b[2J\nlite (default)")
    text = RUNNER.invoke(cli.app, ["models"], color=True).stdout
    assert "trained on: OSIE [2J lite (default)\n" in text
    assert "\x1b" not in text


def test_a_users_model_predicts_by_its_name(tmp_path: Path) -> None:
    write_model(tmp_path / "models" / "mine.safetensors")
    result = predict(picture(tmp_path / "a.png"), out=tmp_path / "out", model="mine")
    assert result.exit_code == 0
    assert json.loads((tmp_path / "out" / "a_regions.json").read_text())["model"] == "mine"


def start(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "salmap", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def test_as_people_start_it(tmp_path: Path) -> None:
    street = picture(tmp_path / "street.png")
    words = ("--out", str(tmp_path / "out"), "--model", "spectral-residual")
    done = start("predict", str(street), str(tmp_path / "none.png"), *words)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"{tmp_path / 'none.png'}: there is no such file or folder. Check the path."
    ]
    assert names(tmp_path / "out") == sorted("street" + ending for ending in ENDINGS)


def test_help_is_quick_and_says_how_names_are_kept_apart() -> None:
    assert start("--version").stdout.strip() == salmap.__version__
    text = " ".join(start("predict", "--help").stdout.split())
    assert "cats/1.jpg and dogs/1.jpg become cats-1 and dogs-1" in text
    code = (
        "import sys, contextlib\nsys.argv = ['salmap', '--help']\n"
        "from salmap.cli.main import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "sys.exit('torch' in sys.modules or 'cv2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_areas_are_found_and_crops_cut_no_face(tmp_path: Path) -> None:
    pytest.importorskip("dlib")
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "face.png")
    words = [str(tmp_path / "face.png"), "--model", "center-bias"]
    result = RUNNER.invoke(cli.app, ["areas", *words, "--detect", "faces"])
    assert result.exit_code == 0 and "face 1" in result.output
    result = RUNNER.invoke(
        cli.app, ["crop", *words, "--out", str(tmp_path), "--ratio", "1:1", "--whole-faces"]
    )
    assert result.exit_code == 0 and "cuts" not in result.output
    result = RUNNER.invoke(cli.app, ["areas", *words])
    assert "--detect" in result.stderr
    Image.new("RGB", (80, 60), "gray").save(tmp_path / "face.png")
    result = RUNNER.invoke(cli.app, ["areas", *words, "--detect", "faces"])
    assert "No faces found" in str(result.exception)
