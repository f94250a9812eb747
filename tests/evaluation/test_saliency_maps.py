"""Other people's maps, found and read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from salmap.errors import DatasetError, FaultyFileError
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
    with pytest.raises(DatasetError, match=r"3\.png: There is no map"):
        folder.find("3.jpg")


def test_what_was_done_to_maps_is_said_once_for_each_kind(tmp_path):
    for index in range(5):
        np.save(tmp_path / f"{index}.npy", np.log(np.full((3, 4), 1 / 12)))
    folder = MapFolder(tmp_path)
    assert folder.notes == []
    for index in [*range(5), 0]:
        saved = folder.read(f"{index}.jpg", SIZE)
        assert saved.is_density
        np.testing.assert_allclose(saved.values, 1 / 12, rtol=1e-6)
    assert len(folder.notes) == 3
    assert all("5 maps" in n and "0.jpg, 1.jpg, 2.jpg, and 2 more." in n for n in folder.notes)


def test_swapped_sides_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.ones(SIZE[::-1]))
    with pytest.raises(FaultyFileError, match="swapped"):
        MapFolder(tmp_path).read("a.jpg", SIZE)


def test_a_folder_must_be_there_and_hold_maps(tmp_path):
    with pytest.raises(DatasetError, match="no folder"):
        MapFolder(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(DatasetError, match="no map"):
        MapFolder(tmp_path)
