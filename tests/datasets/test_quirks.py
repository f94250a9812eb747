"""What is peculiar to single data sets."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from salmap.datasets import open_dataset
from salmap.datasets.folder import POINTS_PER_MAP
from salmap.datasets.splits import COMMITTED, read_splits
from salmap.errors import DatasetError
from salmap.pictures.made_here import marked
from tests.datasets.test_datasets import TOLERANCE_PX, expected, table
from tests.make_datasets import (
    GRAY,
    SIZE,
    make_cat2000,
    make_folder,
    make_folder_of_maps,
    make_osie,
    make_salicon,
    make_scene,
)


def test_opening_decodes_no_picture(tmp_path, monkeypatch):
    make_osie(tmp_path)
    monkeypatch.setattr("salmap.datasets.pictures.load_image", None)
    monkeypatch.setattr("salmap.datasets.pictures.image_size", None)
    assert len(open_dataset("osie", tmp_path)) == 6


def test_sizes_are_read_once(tmp_path):
    make_osie(tmp_path)
    dataset = open_dataset("osie", tmp_path)
    assert dataset.size(0) == SIZE
    dataset.path(0).unlink()
    assert dataset.size(0) == SIZE


def test_osie_splits_are_the_committed_ones():
    for name, counts in (
        ("osie", (480, 80)),
        ("saliency-in-crowd", (350, 50)),
        ("scene", (350, 50)),
    ):
        splits = read_splits(COMMITTED, name)
        assert (len(splits["train"]), len(splits["val"])) == counts


def test_a_listed_picture_that_is_not_on_disk_is_no_record_but_noted(tmp_path):
    make_osie(tmp_path)
    (tmp_path / "data/stimuli/1002.jpg").unlink()
    dataset = open_dataset("osie", tmp_path)
    assert "1002.jpg" not in {r.name for r in dataset.records}
    assert "1 pictures" in dataset.notes[0] and "1002.jpg" in dataset.notes[0]
    assert dataset.problems() == []


def test_scene_matches_rows_by_number_where_pictures_are_missing(tmp_path):
    truth = make_scene(tmp_path)
    (tmp_path / "data/stimuli/002.jpg").unlink()
    dataset = open_dataset("scene", tmp_path)
    index = [r.name for r in dataset.records].index("005.jpg")
    want = expected(truth["005.jpg"], "scene")
    np.testing.assert_allclose(table(dataset.fixations(index)), want, atol=TOLERANCE_PX)


def test_scene_sigma_is_the_same_angle_on_all_sizes(tmp_path):
    make_scene(tmp_path, size=(256, 256))
    dataset = open_dataset("scene", tmp_path)
    assert dataset.size(0) == (256, 256)
    assert dataset.sigma_px(0) == pytest.approx(8)
    assert dataset.size(1) == (192, 128)
    assert dataset.sigma_px(1) == pytest.approx(6)


def test_cat2000_has_categories_and_no_output_or_test_pictures(tmp_path):
    truth = make_cat2000(tmp_path)
    dataset = open_dataset("cat2000", tmp_path)
    assert len(dataset) == len(truth)
    assert {r.category for r in dataset.records} == {"Action", "Art"}
    assert not [r.name for r in dataset.records if "Output" in r.name or "134" in r.name]


def test_cat2000_drops_repeats_and_numbers_that_are_none_and_counts_those_outside(tmp_path):
    truth = make_cat2000(tmp_path, pictures=2)
    dataset = open_dataset("cat2000", tmp_path)
    examined = dataset.examine(0)
    assert examined.outside == 3
    assert len(examined.fixations) == sum(map(len, truth["Action/001.jpg"]))
    assert np.isfinite(examined.fixations.x).all()


def test_cat2000_viewers_keep_their_number_on_all_pictures(tmp_path):
    make_cat2000(tmp_path, pictures=2)
    dataset = open_dataset("cat2000", tmp_path)
    assert all(set(dataset.fixations(i).viewer) == {0, 1} for i in range(len(dataset)))


def test_cat2000_split_takes_one_of_ten_of_each_category(tmp_path):
    make_cat2000(tmp_path, pictures=20)
    val = open_dataset("cat2000", tmp_path).split("val")
    names = [f"{category}/{n:03d}.jpg" for category in ("Action", "Art") for n in (1, 11)]
    assert [r.name for r in val.records] == names


def test_cat2000_without_viewers_comes_from_fixationlocs(tmp_path):
    truth = make_cat2000(tmp_path, pictures=2)
    (tmp_path / "trainSet/allFixData.mat").unlink()
    dataset = open_dataset("cat2000", tmp_path)
    fixations = dataset.fixations(1)
    xy = np.floor(np.vstack(truth["Action/002.jpg"]) + 0.5)
    assert set(fixations.viewer) == {-1}
    assert set(zip(fixations.x, fixations.y, strict=True)) == set(map(tuple, xy))
    assert "does not tell viewers apart" in dataset.notes[0]


def test_cat2000_keeps_the_gray_bars_and_the_stored_orientation(tmp_path):
    make_cat2000(tmp_path, pictures=1)
    test_set = tmp_path / "testSet/Stimuli/Pattern/134.jpg"
    turned = tmp_path / "trainSet/Stimuli/Action/001.jpg"
    with Image.open(test_set) as image:
        assert image.getexif()[0x0112] == 6
    turned.write_bytes(test_set.read_bytes())
    sample = open_dataset("cat2000", tmp_path)[0]
    assert sample.stimulus.shape == (*SIZE, 3)
    other = open_dataset("cat2000", tmp_path)[1].stimulus
    assert abs(int(other[0, 0, 0]) - GRAY) < 12


def test_cat2000_may_be_given_as_the_train_set_itself(tmp_path):
    make_cat2000(tmp_path, pictures=2)
    assert len(open_dataset("cat2000", tmp_path / "trainSet")) == 4


def test_salicon_splits_are_its_folders_and_the_test_set_is_left_out(tmp_path):
    make_salicon(tmp_path)
    dataset = open_dataset("salicon", tmp_path)
    assert [r.name[:4] for r in dataset.split("val").records] == ["val/"] * 2
    assert len(dataset) == 6


def test_salicon_is_read_only_when_asked(tmp_path, monkeypatch):
    make_salicon(tmp_path)
    dataset = open_dataset("salicon", tmp_path)
    mat = min((tmp_path / "fixations/train").glob("*.mat"))
    mat.write_bytes(b"no longer what it was")
    with pytest.raises(DatasetError, match=mat.name):
        dataset.fixations(0)
    assert len(dataset.fixations(1)) > 0


def test_folder_turns_pictures_upright(tmp_path):
    make_folder(tmp_path)
    picture = tmp_path / "images/5.png"
    with Image.open(picture) as image:
        exif = image.getexif()
        exif[0x0112] = 6
        image.save(picture.with_suffix(".jpg"), exif=exif)
    picture.unlink()
    table_file = tmp_path / "fixations.csv"
    table_file.write_text(table_file.read_text().replace("5.png", "5.jpg"))
    dataset = open_dataset("folder", tmp_path)
    index = [r.name for r in dataset.records].index("5.jpg")
    assert dataset.size(index) == SIZE[::-1]
    assert dataset[index].stimulus.shape == (*SIZE[::-1], 3)


def test_folder_reads_tables_of_spreadsheets(tmp_path):
    """A byte order mark, blanks, backslashes and no durations are fine."""
    make_folder(tmp_path)
    (tmp_path / "fixations.csv").write_text(
        "\ufeffimage, subject, x, y\nleft\\0.png, ann , 3.5, 4\nleft\\0.png,bob,1,2\n"
        "left\\0.png,ann,5,6\n",
        encoding="utf-8",
    )
    dataset = open_dataset("folder", tmp_path)
    rows = [(3.5, 4, 0, 0), (5, 6, 0, 1), (1, 2, 1, 0)]
    np.testing.assert_array_equal(table(dataset.fixations(0)), rows)
    assert dataset.records[0].category == "left"


def test_points_of_a_map_are_always_the_same_and_follow_it(tmp_path):
    make_folder_of_maps(tmp_path)
    first, again = (open_dataset("folder", tmp_path) for _ in range(2))
    points = first.fixations(0)
    np.testing.assert_array_equal(table(points), table(again.fixations(0)))
    assert len(points) == POINTS_PER_MAP
    assert set(points.viewer) == {-1}
    with Image.open(tmp_path / "maps/0.png") as image:
        density = np.asarray(image) / np.asarray(image).sum(dtype=float)
    assert density[points.pixels()].min() > 0
    ys, xs = np.mgrid[: SIZE[0], : SIZE[1]]
    for drawn, grid in ((points.x, xs), (points.y, ys)):
        mean = (density * grid).sum()
        deviation = np.sqrt((density * (grid - mean) ** 2).sum())
        assert abs(drawn.mean() - mean) < 4 * deviation / np.sqrt(POINTS_PER_MAP)
        assert drawn.std() == pytest.approx(deviation, rel=0.2)


def test_maps_of_sixteen_bits_keep_their_values(tmp_path):
    make_folder_of_maps(tmp_path, pictures=2)
    deep = np.zeros(SIZE, np.uint16)
    deep[10, 20] = 3000
    deep[30, 40] = 1000  # in 8 bits both would be white
    Image.fromarray(deep).save(tmp_path / "maps/0.png")
    points = open_dataset("folder", tmp_path).fixations(0)
    hits = np.count_nonzero((points.x == 20) & (points.y == 10))
    assert set(zip(points.x, points.y, strict=True)) == {(20, 10), (40, 30)}
    assert 0.65 < hits / POINTS_PER_MAP < 0.85


def test_folders_that_are_linked_to_are_part_of_the_set(tmp_path):
    make_folder(tmp_path / "set", pictures=4)
    (tmp_path / "set/images/left").rename(tmp_path / "elsewhere")
    (tmp_path / "set/images/left").symlink_to(tmp_path / "elsewhere")
    dataset = open_dataset("folder", tmp_path / "set")
    assert dataset.problems() == []
    assert {r.name for r in dataset.records} == {"2.png", "3.png", "left/0.png", "left/1.png"}


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_utf8_is_escaped(tmp_path):
    make_folder_of_maps(tmp_path, pictures=2)
    for folder, suffix in (("images", ".jpg"), ("maps", ".png")):
        odd = tmp_path / folder / os.fsdecode(b"caf\xe9" + suffix.encode())
        try:
            (tmp_path / folder / f"1{suffix}").rename(odd)
        except OSError:
            pytest.skip("this file system has no such names")
    dataset = open_dataset("folder", tmp_path)
    assert [r.name for r in dataset.records] == ["0.jpg", "caf\\xe9.jpg"]
    assert dataset.problems() == []


def test_results_of_salmap_among_the_pictures_are_left_out(tmp_path):
    make_folder(tmp_path, pictures=2)
    overlay = marked((tmp_path / "images/1.png").read_bytes())
    (tmp_path / "images/1_overlay.png").write_bytes(overlay)
    assert open_dataset("folder", tmp_path).problems() == []
