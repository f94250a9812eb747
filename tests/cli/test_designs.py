"""Commands about areas, versions of a design, reports and crops."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from salmap.cli import main as cli
from tests.cli.commands import RUNNER, picture, predict


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


@pytest.mark.parametrize("command", ["report", "compare-designs"])
def test_pictures_are_seen_as_the_options_say(tmp_path: Path, command: str) -> None:
    """Black on nothing shows on white only; a long page is cut to screens of the given length."""
    design = np.zeros((300, 100, 4), np.uint8)
    design[20:40, 30:60, 3] = 255
    designs = [str(tmp_path / name) for name in ("a.png", "b.png")]
    for path in designs:
        Image.fromarray(design).save(path)
    table = tmp_path / "areas.csv"
    table.write_text("name,left,top,right,bottom\nlogo,30,20,60,40\n")

    def found(*options: str) -> str:
        page = tmp_path / "page.html"
        target = "--out" if command == "report" else "--html"
        words = [*designs, "--areas", str(table), target, str(page), *options]
        result = RUNNER.invoke(cli.app, [command, *words, "--model", "spectral-residual"])
        assert result.exit_code == 0, result.output
        return page.read_text("utf-8")

    usual = found()
    assert found("--background", "white") == usual
    assert found("--background", "black") != usual
    assert found("--screen", "150") != usual
    words = ["--areas", str(table), "--out" if command == "report" else "--html", "page.html"]
    result = RUNNER.invoke(cli.app, [command, *designs, *words, "--background", "mauvish"])
    assert "mauvish" in str(result.exception)
