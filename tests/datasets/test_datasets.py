"""Every layout gives the same kind of data set, with fixations where the files say."""

from __future__ import annotations

import json
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from salmap.dataset_titles import TITLES
from salmap.datasets import LAYOUTS, FixationDataset, Record, open_dataset, parse_data_option
from salmap.datasets.splits import COMMITTED, hashed_split, read_splits
from salmap.errors import DatasetError
from salmap.types import Fixations
from tests.make_datasets import (
    MAKERS,
    Truth,
    make_osie,
    make_salicon,
)

#: a pixel of a JPEG map is known to the pixel, all other coordinates to rounding errors
TOLERANCE_PX = 1e-9


@pytest.fixture(scope="module", params=sorted(MAKERS))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp(request.param)
    truth = MAKERS[request.param](root)
    return request.param, root, truth, open_dataset(request.param, root)


def expected(truth: Truth, name: str) -> np.ndarray:
    """Rows of x, y, viewer, order, in the order viewer by viewer."""
    viewers = "mit1003" not in name
    rows = [
        (x, y, v if viewers else -1, o if viewers else 0)
        for v, xy in enumerate(truth)
        for o, (x, y) in enumerate(xy)
    ]
    return np.array(rows)


def table(fixations: Fixations) -> np.ndarray:
    return np.column_stack([fixations.x, fixations.y, fixations.viewer, fixations.order])


def test_the_made_sets_are_all_there_are():
    assert set(MAKERS) == set(LAYOUTS)
    assert list(LAYOUTS) == list(TITLES)


def test_fixations_lie_where_the_truth_has_them(made):
    name, _, truth, dataset = made
    assert [record.name for record in dataset.records] == sorted(truth)
    for index, record in enumerate(dataset.records):
        want = expected(truth[record.name], name)
        np.testing.assert_allclose(table(dataset.fixations(index)), want, atol=TOLERANCE_PX)


def test_times_are_those_of_the_files_in_seconds(made):
    name, _, truth, dataset = made
    fixations = dataset.fixations(0)
    count = [len(xy) for xy in truth[dataset.records[0].name]]
    if name == "scene":
        starts = np.concatenate([np.arange(n) * 0.3 for n in count])
        np.testing.assert_allclose(fixations.start_s, starts)
        np.testing.assert_allclose(fixations.duration_s, 0.25)
    elif name in {"osie", "saliency-in-crowd"}:
        assert np.isnan(fixations.start_s).all()
        np.testing.assert_allclose(fixations.duration_s, 0.2)


def test_samples_show_the_picture_that_the_fixations_are_on(made):
    """The disc that viewers look at is where the decoded stimulus is yellow."""
    name, _, _, dataset = made
    for index in range(len(dataset)):
        sample = dataset[index]
        assert (sample.name, sample.dataset) == (dataset.records[index].name, name)
        assert sample.stimulus.dtype == np.uint8
        assert sample.stimulus.shape == (*dataset.size(index), 3)
        yellow = (sample.stimulus[..., 0] > 180) & (sample.stimulus[..., 2] < 140)
        ys, xs = np.nonzero(yellow)
        assert abs(np.median(sample.fixations.x) - xs.mean()) < 6
        assert abs(np.median(sample.fixations.y) - ys.mean()) < 6


def test_splits_are_committed_or_have_both_parts(made):
    name, _, _, dataset = made
    splits = {r.name: dataset.split_of(i) for i, r in enumerate(dataset.records)}
    if name in {"osie", "saliency-in-crowd", "scene"}:
        committed = read_splits(COMMITTED, name)
        for picture, split in splits.items():
            assert split == next((s for s in committed if picture in committed[s]), "test")
    else:
        assert set(splits.values()) == {"train", "val"}
    assert dataset.split("all") is dataset


def test_sound_sets_have_no_problems(made):
    _, _, _, dataset = made
    assert dataset.problems() == []


def test_sigma_is_positive_and_in_pixels_of_the_picture(made):
    _, _, _, dataset = made
    assert all(dataset.sigma_px(i) > 0 for i in range(len(dataset)))


def test_datasets_travel_to_worker_processes(made):
    _, _, _, dataset = made
    assert ForkingPickler.dumps(dataset)


def test_select_keeps_order_and_splits(made):
    _, _, _, dataset = made
    part = dataset.select([3, 1])
    assert [r.name for r in part.records] == [dataset.records[i].name for i in (3, 1)]
    assert [part.split_of(i) for i in range(2)] == [dataset.split_of(i) for i in (3, 1)]
    assert part.size(0) == dataset.size(3)


# splits and options


def test_a_splits_file_overrides(tmp_path):
    make_osie(tmp_path)
    splits = tmp_path / "splits.json"
    content = {"train": {"osie": ["1001.jpg"]}, "val": {"osie": ["1002.jpg", "1003.jpg"]}}
    splits.write_text(json.dumps(content))
    dataset = open_dataset("osie", tmp_path, splits)
    assert [len(dataset.split(s)) for s in ("train", "val", "test")] == [1, 2, 3]


def test_an_empty_or_unknown_split_names_those_there_are(tmp_path):
    make_salicon(tmp_path)
    with pytest.raises(DatasetError, match=r"'test'.*train \(4\), val \(2\), all \(6\)"):
        open_dataset("salicon", tmp_path).split("test")


def test_hashed_splits_stay_when_pictures_are_added():
    names = [f"{i}.jpg" for i in range(500)]
    few, many = hashed_split(names[:200]), hashed_split(names)
    assert few["val"] == many["val"] & set(names[:200])
    assert 30 < len(many["val"]) < 70


@pytest.mark.parametrize("count", [2, 3, 5])
def test_hashed_splits_of_few_pictures_have_both_parts(count):
    splits = hashed_split(f"{i}.jpg" for i in range(count))
    assert splits["train"] and splits["val"]
    assert len(splits["train"] | splits["val"]) == count


def test_data_options():
    assert parse_data_option("osie=a/b=c") == ("osie", Path("a/b=c"))
    for wrong in ("osie", "osie=", "=x"):
        with pytest.raises(DatasetError):
            parse_data_option(wrong)
    with pytest.raises(DatasetError, match=r"'osi'.*cat2000, folder, mit1003, osie"):
        parse_data_option("osi=x")


def test_a_data_set_of_ones_own_records(tmp_path):
    Image.new("RGB", (8, 4)).save(tmp_path / "a.png")
    fixations = Fixations([1, 9], [1, 1], [0, 0], [0, 1])
    dataset = FixationDataset("mine", [Record("a.png", tmp_path / "a.png", fixations)])
    assert len(dataset.fixations(0)) == 1
    assert dataset.examine(0).outside == 1
    assert dataset.split_of(0) == "test"
    assert dataset.sigma_px(0) == pytest.approx(0.03 * 8)
