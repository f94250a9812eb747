"""Maps as people save them: used rightly, or refused with what is wrong."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from salmap.datasets import open_dataset
from salmap.datasets.check import check_dataset, render
from salmap.datasets.map_files import maps_by_name, read_saved_map, require_sides
from salmap.errors import DatasetError, FaultyFileError
from tests.make_datasets import make_folder_of_maps

SIZE = (12, 16)
HEAT = np.outer(np.hanning(SIZE[0]), np.hanning(SIZE[1]))
HEAT /= HEAT.max()
GRAY = np.round(HEAT * 255).astype(np.uint8)
JET = cv2.cvtColor(cv2.applyColorMap(GRAY, cv2.COLORMAP_JET), cv2.COLOR_BGR2RGB)
WHITE = np.full_like(GRAY, 255)
DENSITY = (HEAT / HEAT.sum()).astype(np.float32)


def picture(values: np.ndarray, mode: str = "") -> Image.Image:
    image = Image.fromarray(values)
    return image.convert(mode) if mode else image


GOOD = {
    "gray": picture(GRAY),
    "gray in three channels": picture(GRAY, "RGB"),
    "gray in a palette": picture(GRAY, "P"),
    "gray, opaque": picture(GRAY, "RGBA"),
    "16 bits": picture(GRAY.astype(np.uint16) * 257),
    "array": HEAT.astype(np.float16),
    "bytes": GRAY,
    "channels first": HEAT[None],
    "channels last": HEAT[..., None],
}
COLOR, CLEAR = "in color", "partly transparent"
BAD = {
    "jet": (picture(JET), COLOR),
    "jet in a palette": (picture(JET).quantize(64), COLOR),
    "jet as an array": (JET, COLOR),
    "overlay": (picture(cv2.addWeighted(JET, 0.4, WHITE[..., None].repeat(3, 2), 0.6, 0)), COLOR),
    "white with alpha": (picture(np.dstack([WHITE, GRAY])), CLEAR),
    "red with alpha": (picture(np.dstack([WHITE, 0 * GRAY, 0 * GRAY, GRAY])), CLEAR),
    "NaN": (np.full(SIZE, np.nan), "NaN or infinite"),
    "negative scores": (HEAT - 2, "nowhere above 0"),
    "one row": (np.ones(5), "shape"),
    "several maps": (np.ones((5, *SIZE)), "shape"),
    "words": (np.array([["a"]]), "real numbers"),
    "complex": (np.ones(SIZE, complex), "real numbers"),
}


def save(path: Path, content: Image.Image | np.ndarray) -> Path:
    if isinstance(content, np.ndarray):
        path = path.with_suffix(".npy")
        np.save(path, content)
    else:
        content.save(path)
    return path


@pytest.mark.parametrize("kind", GOOD)
def test_gray_is_read_however_it_is_stored(kind, tmp_path):
    values = read_saved_map(save(tmp_path / "a.png", GOOD[kind])).values
    assert values.shape == SIZE
    np.testing.assert_allclose(values / values.max(), HEAT, atol=0.003)


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_map_is_refused(kind, tmp_path):
    content, part = BAD[kind]
    path = save(tmp_path / "a.png", content)
    with pytest.raises(FaultyFileError, match=part) as caught:
        read_saved_map(path)
    assert str(path) in str(caught.value)
    assert str(path) not in caught.value.what + caught.value.fix + caught.value.detail


def test_a_damaged_file_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros(SIZE))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"(12, 16)", b"(1" + b"0" * 15 + b", 16)"))
    with pytest.raises(FaultyFileError, match="damaged"):
        read_saved_map(path)
    path.write_bytes(data[:-9])
    with pytest.raises(FaultyFileError, match="damaged"):
        read_saved_map(path)


@pytest.mark.parametrize("zero", [False, True])
def test_the_logarithm_of_a_density_is_known_by_its_sum(zero, tmp_path):
    density = DENSITY if zero else (DENSITY + 1e-4) / (DENSITY + 1e-4).sum()
    with np.errstate(divide="ignore"):
        saved = read_saved_map(save(tmp_path / "a", np.log(density)))
    assert saved.was_log and saved.is_density
    np.testing.assert_allclose(saved.values, density, rtol=1e-4)


def test_the_lossless_file_of_a_name_is_taken(tmp_path):
    for name in ("a.jpg", "a.png", "a_density.npy", "a_overlay.png", "cats/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = maps_by_name(tmp_path.rglob("*.*"), tmp_path)
    assert {name: path.name for name, path in found.items()} == {
        "a": "a_density.npy",
        "a_overlay": "a_overlay.png",
        "cats/b": "b.png",
    }


@pytest.mark.parametrize(
    ("found", "size", "swapped"),
    [
        ((160, 120), (120, 160), True),
        ((80, 60), (120, 160), True),
        ((60, 80), (120, 160), False),
        ((64, 64), (120, 160), False),
        ((101, 100), (100, 101), False),
    ],
)
def test_swapped_sides_are_seen_at_any_size(found, size, swapped):
    if not swapped:
        require_sides(found, size, Path("a.npy"))
        return
    with pytest.raises(FaultyFileError, match=r"sides .* swapped .*160 x 120"):
        require_sides(found, size, Path("a.npy"))


@pytest.mark.parametrize("content", [JET, JET[..., 0] * 0 + 9], ids=["jet", "constant"])
def test_maps_with_the_same_fault_are_one_kind(content, tmp_path):
    make_folder_of_maps(tmp_path, pictures=5, size=SIZE)
    for index in range(4):
        picture(content).save(tmp_path / "maps" / f"{index}.png")
    report = check_dataset(open_dataset("folder", tmp_path))
    (line,) = [line for line in render(report).splitlines() if line.startswith("  - ")]
    assert line.startswith("  - 4 x The map is")
    assert "0.jpg, 1.jpg, 2.jpg, and 1 more." in line


def test_densities_of_salmap_are_truth_as_gray_maps_are(tmp_path):
    make_folder_of_maps(tmp_path, pictures=2)
    gray = open_dataset("folder", tmp_path)
    drawn = [gray.fixations(index) for index in range(2)]
    for path in list((tmp_path / "maps").iterdir()):
        values = read_saved_map(path).values.astype(np.float32)
        path.unlink()
        np.save(path.with_name(f"{path.stem}_density.npy"), values / values.sum())
    (tmp_path / "maps").rename(tmp_path / "Maps")
    dataset = open_dataset("folder", tmp_path)
    assert dataset.problems() == []
    for index in range(2):
        found = dataset.fixations(index)
        assert np.mean((found.x == drawn[index].x) & (found.y == drawn[index].y)) > 0.95


def test_maps_without_a_picture_are_named(tmp_path):
    make_folder_of_maps(tmp_path, pictures=2)
    (tmp_path / "images" / "1.jpg").unlink()
    notes = open_dataset("folder", tmp_path).notes
    assert "1 maps are left out, for they belong to no picture: 1." in notes


def test_a_map_is_named_as_pictures_are(tmp_path):
    make_folder_of_maps(tmp_path, pictures=2)
    for old, new in (("images/0.jpg", "images/cats/Street.JPG"), ("maps/0.png", "maps/street.png")):
        (tmp_path / new).parent.mkdir(exist_ok=True)
        (tmp_path / old).rename(tmp_path / new)
    assert open_dataset("folder", tmp_path).problems() == []
    (tmp_path / "maps" / "x").mkdir()
    (tmp_path / "maps" / "x" / "STREET.png").write_bytes((tmp_path / "maps/1.png").read_bytes())
    with pytest.raises(DatasetError, match="several maps that could be of cats"):
        open_dataset("folder", tmp_path)
