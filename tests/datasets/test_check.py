"""`python -m train check`: counts, problems and the exit status."""

from __future__ import annotations

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from salmap.cli.train.check import check
from salmap.datasets import open_dataset
from salmap.datasets.check import check_dataset, render, require_sound
from salmap.errors import DatasetError
from tests.make_datasets import MAKERS, main, make_cat2000, make_mit1003, make_osie

app = typer.Typer()
app.command()(check)


def run(*arguments: str):
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_sound_sets_pass(name, tmp_path):
    truth = MAKERS[name](tmp_path)
    result = run(f"{name}={tmp_path}")
    assert result.exit_code == 0, result.output
    assert f"{name}: {len(truth)} pictures" in result.stdout
    assert "problems    none" in result.stdout
    require_sound(open_dataset(name, tmp_path))


def test_the_report_counts(tmp_path):
    truth = make_cat2000(tmp_path, pictures=10)
    report = check_dataset(open_dataset("cat2000", tmp_path))
    fixations = sorted(sum(map(len, scanpaths)) for scanpaths in truth.values())
    assert sorted(report.fixations) == fixations
    assert report.pictures == 20
    assert report.categories == {"Action": 10, "Art": 10}
    assert report.splits == {"train": 18, "val": 2}
    assert report.sizes == {(48, 64): 20}
    assert report.viewers == 2
    assert report.outside == 3 * 20
    assert report.sigma_px == (38, 38)
    text = render(report)
    assert "64 x 48 (20)" in text
    assert "60 fixations fell outside" in text


def test_unknown_viewers_are_not_counted_as_one(tmp_path):
    make_mit1003(tmp_path)
    report = check_dataset(open_dataset("mit1003", tmp_path))
    assert report.viewers is None
    assert "unknown" in render(report)


def test_problems_are_named_counted_and_change_the_exit_status(tmp_path):
    make_mit1003(tmp_path)
    points = sorted((tmp_path / "ALLFIXATIONMAPS").glob("*_fixPts.jpg"))
    for path in points[:4]:
        path.unlink()
    points[5].write_bytes(b"")
    result = run(f"mit1003={tmp_path}")
    assert result.exit_code == 1
    assert "problems    5" in result.stdout
    assert "4 x Its *_fixPts.jpg is missing." in result.stdout
    assert points[0].name.replace("_fixPts.jpg", ".jpeg") in result.stdout
    assert "and 1 more" in result.stdout
    assert "1 x The map can't be read. i0000000005.jpeg (is empty)." in result.stdout
    with pytest.raises(DatasetError, match="5 problems"):
        require_sound(open_dataset("mit1003", tmp_path))


def folder_of(path, looked_at, empty):
    """A folder with fixations on some pictures, beside some on others, none on the last."""
    (path / "images").mkdir(parents=True)
    rows = ["image,subject,x,y"]
    for number in range(looked_at + empty):
        Image.new("RGB", (40, 30)).save(path / f"images/{number:03}.png")
        if number < looked_at:
            rows.append(f"{number:03}.png,anna,3,4")
    rows.append(f"{looked_at:03}.png,anna,99,4")
    (path / "fixations.csv").write_text("\n".join(rows))
    return open_dataset("folder", path)


def test_a_few_pictures_without_fixations_are_left_out_with_a_warning(tmp_path, caplog):
    dataset = folder_of(tmp_path, looked_at=58, empty=2)
    sound = require_sound(dataset)
    assert [r.name for r in sound.records] == [f"{n:03}.png" for n in range(58)]
    assert "folder: 2 pictures without fixations are left out" in caplog.text
    assert "058.png" in caplog.text and "059.png" in caplog.text
    assert sound.problems() == list(dataset.listing_problems)


def test_many_pictures_without_fixations_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="2 problems"):
        require_sound(folder_of(tmp_path, looked_at=20, empty=2))


def test_one_damaged_picture_is_refused_however_many_there_are(tmp_path):
    dataset = folder_of(tmp_path, looked_at=58, empty=1)
    dataset.path(7).write_bytes(b"no picture")
    dataset = open_dataset("folder", tmp_path)
    with pytest.raises(DatasetError, match=r"2 problems(.|\n)*007\.png"):
        require_sound(dataset)


def test_a_set_that_cannot_be_opened_does_not_hide_the_others(tmp_path):
    make_osie(tmp_path / "osie")
    result = run(f"scene={tmp_path / 'none'}", "nonsense", f"osie={tmp_path / 'osie'}")
    assert result.exit_code == 1
    assert "osie: 6 pictures" in result.stdout
    assert "nonsense" in result.stderr
    assert str(tmp_path / "none") in result.stderr


def test_the_script_that_makes_data_sets(tmp_path):
    main(["cat2000", str(tmp_path), "--pictures", "2", "--size", "30", "40"])
    dataset = open_dataset("cat2000", tmp_path)
    assert len(dataset) == 4
    assert dataset.size(0) == (30, 40)
