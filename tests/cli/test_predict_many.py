"""`salmap predict` on folders: which pictures are found, what fails, what is resumed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import salmap
from salmap.cli import main as cli
from salmap.outputs import batch
from salmap.predictor import Predictor
from tests.cli.commands import RUNNER, names, picture, predict, start, write_model


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

    def failing(self: Predictor, image: np.ndarray, *rest: Any, **more: Any) -> salmap.Prediction:
        if image.shape[0] == 50:
            raise RuntimeError("can't allocate memory")
        return real(self, image, *rest, **more)

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
