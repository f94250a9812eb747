"""Decoded pictures that are kept: the same pixels, within the limit, whatever happens."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from salmap.datasets import FixationDataset, Record
from salmap.pictures import resize
from salmap.types import Fixations
from tests.train.tiny import RECIPE, changed, make_dataset
from train.data.crops import Crop, enough_pixels, random_crop, whole_crop
from train.data.mixture import Mixture
from train.data.pictures import PictureCache, PixelSource

SIDES = st.integers(16, 6000)


def half(size):
    return size[0] // 2, size[1] // 2


@pytest.fixture
def mixture(tmp_path):
    return Mixture([make_dataset(tmp_path / "in", pictures=4)], {})


def cache(tmp_path, mixture, limit_bytes=10**6, enough=half):
    return PictureCache(tmp_path / "cache", mixture, enough, limit_bytes)


def test_what_comes_out_does_not_depend_on_what_is_kept(tmp_path, mixture):
    none = cache(tmp_path, mixture, 0)
    some = cache(tmp_path, mixture)
    for item in range(len(mixture)):
        expected = resize(mixture.sample(item).stimulus, (24, 32))
        for _ in range(2):  # decoded, then read
            np.testing.assert_array_equal(none.read(item), expected)
            np.testing.assert_array_equal(some.read(item), expected)
    assert len(list(some.folder.iterdir())) == len(mixture)
    assert some.folder == none.folder


def test_a_kept_picture_is_not_decoded_again(tmp_path, mixture, monkeypatch):
    pictures = cache(tmp_path, mixture)
    before = pictures.read(0)
    monkeypatch.setattr(Mixture, "sample", lambda *_: pytest.fail("it was decoded again"))
    np.testing.assert_array_equal(pictures.read(0), before)


@pytest.mark.parametrize("damage", [b"", b"no array", None])
def test_damaged_files_are_made_anew(tmp_path, mixture, damage):
    pictures = cache(tmp_path, mixture)
    before = pictures.read(0)
    whole = pictures.path(0).read_bytes()
    pictures.path(0).write_bytes(whole[:-9] if damage is None else damage)
    np.testing.assert_array_equal(pictures.read(0), before)
    assert pictures.path(0).read_bytes() == whole


def test_a_changed_picture_is_read_anew(tmp_path, mixture):
    pictures = cache(tmp_path, mixture)
    before = pictures.read(0)
    path = mixture.locate(0)[0].path(0)
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    os.utime(path, (1, 1))
    assert (pictures.read(0) != before).any()


def test_the_limit_holds(tmp_path, mixture):
    one = 24 * 32 * 3 + 128
    pictures = cache(tmp_path, mixture, 2 * one)
    for item in range(len(mixture)):
        pictures.read(item)
    sizes = [path.stat().st_size for path in pictures.folder.iterdir()]
    assert sizes == [one, one]


def test_half_of_what_is_free_stays_free(tmp_path, mixture, monkeypatch):
    one = 24 * 32 * 3 + 128
    usage = shutil.disk_usage(tmp_path)._replace(free=5 * one)
    monkeypatch.setattr("train.data.pictures.shutil.disk_usage", lambda _: usage)
    assert len(cache(tmp_path, mixture).kept) == 2


def test_former_runs_make_room_the_oldest_first(tmp_path, mixture):
    one = 24 * 32 * 3 + 128
    pictures = cache(tmp_path, mixture, 5 * one)  # four of its own
    pictures.folder.mkdir()
    for age, name in enumerate(("new.npy", "old.npy", ".killed.npy.x.part")):
        path = pictures.folder / name
        path.write_bytes(bytes(one))
        os.utime(path, (10**9 - age, 10**9 - age))
    own = pictures.read(0)
    pictures.make_room()
    assert {path.name for path in pictures.folder.iterdir()} == {"new.npy", pictures.path(0).name}
    np.testing.assert_array_equal(pictures.read(0), own)


def test_a_full_disk_costs_no_run(tmp_path, mixture, monkeypatch, caplog):
    pictures = cache(tmp_path, mixture)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("train.data.pictures.replace_file", full)
    for item in range(len(mixture)):
        assert pictures.read(item).shape == (24, 32, 3)
    assert caplog.text.count("No space left") == 1


@settings(deadline=None)
@given(SIDES, SIDES, st.sampled_from([64, 256, 576]), st.integers(0, 99))
def test_no_crop_is_enlarged_because_a_picture_was_shrunk(height, width, long_side, seed):
    recipe = changed({"finetune.crop": 0.5, "finetune.crop_area": 0.3})
    size = height, width
    kept = enough_pixels(size, long_side, recipe.finetune)
    crop = random_crop(0, size, long_side, recipe, np.random.default_rng(seed))
    left, top, right, bottom = crop.on(size, kept).box
    assert 0 <= left < right <= kept[1]
    assert 0 <= top < bottom <= kept[0]
    shown = max(right - left, bottom - top)
    available = max(crop.box[2] - crop.box[0], crop.box[3] - crop.box[1])
    assert shown >= min(long_side, available) - 1


def test_crops_of_kept_pictures_show_the_same(tmp_path):
    """A photo of 1200 x 1800 is kept at half that, and crops are those of the whole photo."""
    photo = np.asarray(Image.fromarray(skimage.data.coffee()).resize((1800, 1200)))
    (tmp_path / "in").mkdir()
    Image.fromarray(photo).save(tmp_path / "in" / "photo.png")
    fixations = Fixations(np.array([900.0]), np.array([600.0]), np.array([0]), np.array([0]))
    record = Record("photo.png", tmp_path / "in" / "photo.png", fixations)
    mixture = Mixture([FixationDataset("one", [record])], {})
    pictures = cache(
        tmp_path, mixture, 10**8, lambda size: enough_pixels(size, 256, RECIPE.finetune)
    )
    assert pictures.sizes[0][1] < 1000
    source = PixelSource(pictures)
    part = Crop(0, (100, 50, 1300, 950), (192, 256), flip=True)
    for crop in (whole_crop(0, (1200, 1800), 256), part):
        batch = source[[crop]]
        expected = crop.image(photo).astype(int)
        difference = np.abs(batch.images[0].permute(1, 2, 0).numpy() - expected)
        assert difference.mean() < 2
        assert batch.targets.points.shape == (1, 1, 2)
