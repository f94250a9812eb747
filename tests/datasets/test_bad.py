"""Bad input: each failure names the file and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from salmap.datasets import FixationDataset, Record, open_dataset
from salmap.errors import DatasetError
from salmap.types import Fixations
from tests.make_datasets import (
    MAKERS,
    SIZE,
    make_cat2000,
    make_folder,
    make_folder_of_maps,
    make_mit1003,
    make_osie,
    make_salicon,
    make_scene,
)


def refused(name: str, root: Path, *parts: str) -> str:
    """The message with which opening fails; it must have these parts."""
    with pytest.raises(DatasetError) as failure:
        open_dataset(name, root)
    message = str(failure.value)
    assert all(part in message for part in parts), message
    return message


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_folder_that_is_not_there(name, tmp_path):
    refused(name, tmp_path / "nowhere", "nowhere", "Check the path")


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_an_empty_folder(name, tmp_path):
    refused(name, tmp_path, str(tmp_path))


@pytest.mark.parametrize(
    ("make", "name", "file"),
    [
        (make_osie, "osie", "data/eye/fixations.mat"),
        (make_scene, "scene", "data/tidy/fixations.mat"),
        (make_scene, "scene", "data/tidy/imgInfo.mat"),
        (make_cat2000, "cat2000", "trainSet/allFixData.mat"),
    ],
)
@pytest.mark.parametrize("damage", ["cut", "rubbish", "empty", "flipped"])
def test_damaged_mat_files(make: Callable[[Path], object], name, file, damage, tmp_path):
    make(tmp_path)
    path = tmp_path / file
    content = path.read_bytes()
    middle = len(content) // 2
    changed = {
        "cut": content[:middle],
        "rubbish": b"<html>404 not found</html>" * 20,
        "empty": b"",
        "flipped": content[:200] + bytes(255 - b for b in content[200:]),
    }
    path.write_bytes(changed[damage])
    refused(name, tmp_path, path.name)


@pytest.mark.parametrize(
    ("make", "name", "file", "variable"),
    [
        (make_osie, "osie", "data/eye/fixations.mat", "fixations"),
        (make_scene, "scene", "data/tidy/fixations.mat", "fixations"),
        (make_scene, "scene", "data/tidy/imgInfo.mat", "imgInfo"),
    ],
)
def test_mat_files_of_another_form(make: Callable[[Path], object], name, file, variable, tmp_path):
    make(tmp_path)
    savemat(tmp_path / file, {"other": 1})
    refused(name, tmp_path, Path(file).name, variable, "other")
    savemat(tmp_path / file, {variable: np.eye(3)})
    refused(name, tmp_path, Path(file).name)


def test_mat_files_of_version_7_3(tmp_path):
    make_osie(tmp_path)
    path = tmp_path / "data/eye/fixations.mat"
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(512))
    refused("osie", tmp_path, "fixations.mat", "-v7")


def test_coordinates_that_are_no_numbers(tmp_path):
    make_osie(tmp_path)
    path = tmp_path / "data/eye/fixations.mat"
    cells = loadmat(path)["fixations"]
    cells[2, 0]["subjects"][0, 0][1, 0]["fix_x"][0, 0][0, 0] = np.nan
    savemat(path, {"fixations": cells})
    refused("osie", tmp_path, "fixations.mat", "1003.jpg", "viewer 1", "NaN")


def test_pictures_of_another_data_set(tmp_path):
    make_osie(tmp_path)
    for path in list((tmp_path / "data/stimuli").iterdir()):
        path.rename(path.with_name(f"x{path.name}"))
    refused("osie", tmp_path, "None of the 6", "x1001.jpg, x1002.jpg, x1003.jpg, and 3 more")


def test_a_picture_without_fixations_is_a_problem(tmp_path):
    make_osie(tmp_path)
    Image.new("RGB", (8, 8)).save(tmp_path / "data/stimuli/9999.jpg")
    (problem,) = open_dataset("osie", tmp_path).problems()
    assert "9999.jpg" in problem.file
    assert problem.fix


def test_scene_with_pictures_missing_that_have_no_numbers(tmp_path):
    make_scene(tmp_path)
    (tmp_path / "data/stimuli/002.jpg").unlink()
    path = tmp_path / "data/stimuli/003.jpg"
    path.rename(path.with_name("third.jpg"))
    refused("scene", tmp_path, "6 rows", "5 pictures")


def test_scene_pictures_of_another_size_than_stated(tmp_path):
    """Sizes tell that pictures and rows are not in step."""
    make_scene(tmp_path)
    path = tmp_path / "data/stimuli/002.jpg"
    Image.new("RGB", (10, 10)).save(path)
    refused("scene", tmp_path, "1 pictures", "imgInfo.mat", "002.jpg")


def test_cat2000_with_neither_kind_of_fixations(tmp_path):
    make_cat2000(tmp_path, pictures=1)
    (tmp_path / "trainSet/allFixData.mat").unlink()
    (tmp_path / "trainSet/FIXATIONLOCS").rename(tmp_path / "elsewhere")
    refused("cat2000", tmp_path, "allFixData.mat nor FIXATIONLOCS")


def test_cat2000_half_unpacked(tmp_path):
    make_cat2000(tmp_path, pictures=2)
    (tmp_path / "trainSet/allFixData.mat").unlink()
    (tmp_path / "trainSet/FIXATIONLOCS/Art/002.mat").unlink()
    dataset = open_dataset("cat2000", tmp_path)
    assert len(dataset) == 3
    assert [p.file for p in dataset.problems()] == ["Stimuli/Art/002.jpg"]


def test_cat2000_locations_of_another_size(tmp_path):
    make_cat2000(tmp_path, pictures=1)
    (tmp_path / "trainSet/allFixData.mat").unlink()
    savemat(tmp_path / "trainSet/FIXATIONLOCS/Art/001.mat", {"fixLocs": np.ones((5, 7))})
    (problem,) = open_dataset("cat2000", tmp_path).problems()
    assert problem.file == "Art/001.jpg"
    assert problem.detail == "7 x 5 for a picture of 64 x 48"


@pytest.mark.parametrize(
    ("name", "make", "pattern", "folder"),
    [
        ("salicon", make_salicon, "fixations/**/*.mat", "fixations"),
        ("mit1003", make_mit1003, "ALLFIXATIONMAPS/*_fixPts.jpg", "ALLFIXATIONMAPS"),
    ],
)
def test_files_of_fixations_that_are_missing(tmp_path, name, make, pattern, folder):
    make(tmp_path)
    files = sorted(tmp_path.glob(pattern))
    files[0].unlink()
    dataset = open_dataset(name, tmp_path)
    assert len(dataset) == 5
    (problem,) = dataset.problems()
    assert Path(problem.file).stem == files[0].stem.removesuffix("_fixPts")
    assert "missing" in problem.what
    for file in files[1:]:
        file.unlink()
    refused(name, tmp_path, "None of the 6", folder)


def test_salicon_gaze_of_another_form(tmp_path):
    make_salicon(tmp_path)
    mat = min((tmp_path / "fixations/train").glob("*.mat"))
    savemat(mat, {"gaze": {"location": np.ones((4, 2))}})
    (problem,) = open_dataset("salicon", tmp_path).problems()
    assert mat.name in problem.what and "fixations" in problem.what


def test_a_map_of_points_that_is_black(tmp_path):
    make_mit1003(tmp_path)
    path = min((tmp_path / "ALLFIXATIONMAPS").glob("*_fixPts.jpg"))
    Image.new("L", SIZE[::-1]).save(path)
    (problem,) = open_dataset("mit1003", tmp_path).problems()
    assert "No fixation" in problem.what
    assert problem.file == path.name.replace("_fixPts.jpg", ".jpeg")


@pytest.mark.parametrize(
    ("image", "part"),
    [
        (Image.new("L", (5, 7), 9), "does not have the size of its picture. 5 x 7"),
        (Image.new("L", SIZE[::-1], 0), "same everywhere"),
        (Image.fromarray(np.full(SIZE, np.nan, np.float32)), "NaN"),
    ],
)
def test_maps_that_are_none(image, part, tmp_path):
    make_folder_of_maps(tmp_path)
    (tmp_path / "maps/1.png").unlink()
    image.save(tmp_path / "maps/1.tiff")
    (problem,) = open_dataset("folder", tmp_path).problems()
    assert problem.file == "1.jpg"
    assert part in f"{problem.what} {problem.detail}"


def test_a_picture_without_its_map(tmp_path):
    make_folder_of_maps(tmp_path)
    (tmp_path / "maps/1.png").unlink()
    assert [p.file for p in open_dataset("folder", tmp_path).problems()] == ["images/1.jpg"]


def test_a_folder_with_neither_table_nor_maps(tmp_path):
    make_folder(tmp_path)
    (tmp_path / "fixations.csv").unlink()
    refused("folder", tmp_path, "fixations.csv", "maps")


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        ("9.png,s,1,2", ["row 2", "column image", "'9.png'"]),
        ("left/0.png,,1,2", ["row 2", "column subject"]),
        ("left/0.png,s,one,2", ["row 2", "column x", "'one'"]),
        ("left/0.png,s,1,nan", ["row 2", "column y", "'nan'"]),
        ("left/0.png,s,1", ["row 2", "column y"]),
        ("left/0.png,s,1,2,soon", ["row 2", "column duration_ms"]),
    ],
)
def test_mistakes_in_the_table_are_named_by_row_and_column(row, parts, tmp_path):
    make_folder(tmp_path)
    (tmp_path / "fixations.csv").write_text(f"image,subject,x,y,duration_ms\n{row}\n")
    refused("folder", tmp_path, "fixations.csv", "1 mistake:", *parts)


def test_many_mistakes_are_counted(tmp_path):
    make_folder(tmp_path)
    rows = "nothing.png,s,1,2\n" * 40
    (tmp_path / "fixations.csv").write_text(f"image,subject,x,y\n{rows}")
    message = refused("folder", tmp_path, "40 mistakes", "row 2", "row 4", "and 37 more")
    assert "row 5" not in message


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"image,subject,y\n", ["lacks the columns x"]),
        (b"subject,x,y\na,1,2\n", ["lacks the columns image", "--gaze image=HEADING"]),
        (b"", ["lacks the columns x, y"]),
        (b"image,subject,x,y\n", ["no fixation"]),
        (b"image,subject,x,y\n\xff\xfe\x00", ["UTF-8"]),
    ],
)
def test_tables_that_are_none(content, parts, tmp_path):
    make_folder(tmp_path)
    (tmp_path / "fixations.csv").write_bytes(content)
    refused("folder", tmp_path, "fixations.csv", *parts)


def test_damaged_pictures_are_named_when_read_and_when_checked(tmp_path):
    make_osie(tmp_path)
    path = tmp_path / "data/stimuli/1004.jpg"
    path.write_bytes(b"no picture")
    dataset = open_dataset("osie", tmp_path)
    with pytest.raises(DatasetError, match=r"1004\.jpg"):
        dataset[3]
    (problem,) = dataset.problems()
    assert problem.file == "1004.jpg"


def test_damaged_exif_data_do_not_cost_the_picture(tmp_path):
    make_osie(tmp_path)
    path = tmp_path / "data/stimuli/1001.jpg"
    with Image.open(path) as image:
        image.save(path, exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    dataset = open_dataset("osie", tmp_path)
    assert dataset[0].stimulus.shape == (*SIZE, 3)
    assert dataset.problems() == []


def test_no_records_and_records_of_one_name(tmp_path):
    with pytest.raises(DatasetError, match="no picture"):
        FixationDataset("mine", [])
    nobody = Fixations([], [], [], [])
    with pytest.raises(DatasetError, match=r"a\.jpg more than once"):
        FixationDataset("mine", [Record("a.jpg", tmp_path / f, nobody) for f in ("a", "b")])


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("no json", "can't be read"),
        ("[]", "must have the form"),
        ('{"train": {"osie": 3}, "val": {}}', "must have the form"),
        ('{"train": {"scene": ["001.jpg"]}, "val": {}}', "'osie'"),
        (json.dumps({s: {"osie": ["a.jpg"]} for s in ("train", "val")}), "a.jpg"),
    ],
)
def test_splits_files_that_are_none(content, part, tmp_path):
    make_osie(tmp_path)
    splits = tmp_path / "splits.json"
    splits.write_text(content)
    with pytest.raises(DatasetError) as failure:
        open_dataset("osie", tmp_path, splits)
    assert part in str(failure.value) and "splits.json" in str(failure.value)
