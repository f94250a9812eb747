"""Other people's maps, found and read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from salmap.errors import DatasetError, DensityError
from salmap.evaluation.saliency_maps import MapFolder

SIZE = (6, 8)


def gray(path, values, dtype=np.uint8):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, dtype)).save(path)


def test_gray_pictures_of_8_and_16_bits_keep_their_values(tmp_path):
    values = np.arange(48).reshape(SIZE)
    gray(tmp_path / "a.png", values)
    gray(tmp_path / "b.png", values * 1000, np.uint16)
    gray(tmp_path / "c.png", np.stack([values] * 3, axis=-1))
    folder = MapFolder(tmp_path)
    for name, factor in (("a.jpg", 1), ("b.jpg", 1000), ("c.jpg", 1)):
        saved = folder.read(name, SIZE)
        np.testing.assert_array_equal(saved.values, values * factor)
        assert not saved.is_density


def test_a_map_of_another_size_is_resized(tmp_path):
    gray(tmp_path / "a.png", np.tile(np.arange(4) * 50, (3, 1)))
    values = MapFolder(tmp_path).read("a.jpg", SIZE).values
    assert values.shape == SIZE
    assert (np.diff(values, axis=1) >= 0).all()
    assert values[0, 0] == 0
    assert values[0, -1] == 150


def test_a_density_is_known_by_its_sum_and_preferred_to_a_picture(tmp_path):
    density = np.random.default_rng(0).random(SIZE).astype(np.float32)
    density /= density.sum()
    np.save(tmp_path / "a_density.npy", density)
    gray(tmp_path / "a.png", np.ones(SIZE))
    np.save(tmp_path / "b.npy", density * 2)
    np.save(tmp_path / "c.npy", density - density.mean() + 1 / 48 - 0.02)
    folder = MapFolder(tmp_path)
    saved = folder.read("a.jpg", SIZE)
    assert saved.is_density
    np.testing.assert_array_equal(saved.values, density)
    assert not folder.read("b.jpg", SIZE).is_density
    assert not folder.read("c.jpg", SIZE).is_density


def test_maps_are_found_by_path_and_else_by_stem(tmp_path):
    gray(tmp_path / "Action" / "1.png", np.full(SIZE, 1))
    gray(tmp_path / "Art" / "1.png", np.full(SIZE, 2))
    gray(tmp_path / "Art" / "2.png", np.full(SIZE, 3))
    folder = MapFolder(tmp_path)
    assert folder.find("Action/1.jpg") == tmp_path / "Action" / "1.png"
    assert folder.find("Art/1.jpg") == tmp_path / "Art" / "1.png"
    assert folder.find("2.jpg") == tmp_path / "Art" / "2.png"
    with pytest.raises(DatasetError, match=r"2 maps called 1.*Pattern/1\.png"):
        folder.find("Pattern/1.jpg")
    with pytest.raises(DatasetError, match=r"no map of 3\.jpg.*3\.png"):
        folder.find("3.jpg")


def test_what_is_no_map_is_refused_with_its_name(tmp_path):
    colors = np.zeros((*SIZE, 3))
    colors[0, 0] = (250, 0, 0)
    gray(tmp_path / "color.png", colors)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    np.save(tmp_path / "nan.npy", np.full(SIZE, np.nan))
    np.save(tmp_path / "pickled.npy", np.array([{}], object))
    np.save(tmp_path / "flat.npy", np.ones(4))
    np.save(tmp_path / "words.npy", np.array([["a"]]))
    folder = MapFolder(tmp_path)
    for name, message in (
        ("color", "in color"),
        ("broken", "can't be read"),
        ("nan", "NaN"),
        ("pickled", "can't be read"),
        ("flat", "shape"),
        ("words", "not contain real numbers"),
    ):
        with pytest.raises((DatasetError, DensityError), match=message) as caught:
            folder.read(f"{name}.jpg", SIZE)
        assert name in str(caught.value)


def test_a_folder_must_be_there_and_hold_maps(tmp_path):
    with pytest.raises(DatasetError, match="no folder"):
        MapFolder(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(DatasetError, match="no map"):
        MapFolder(tmp_path)
