"""Write small data sets in every official layout: for tests, and to try the training commands.

    python tests/make_datasets.py cat2000 DIR --pictures 20

Every picture is noise with one bright disc, and the made-up viewers look around the disc. Each
`make_...` returns the truth: for each picture the zero-based (x, y) of each viewer, (n, 2).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matio import save_to_mat
from matio.utils import MatlabContainerMap
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat
from scipy.ndimage import gaussian_filter

Scanpaths = list[NDArray[np.float64]]
Truth = dict[str, Scanpaths]
Size = tuple[int, int]

SIZE: Size = (48, 64)
VIEWERS = 3
GRAY = 126
CATEGORIES = ("Action", "Art")
ORIENTATION = 0x0112


def make_osie(root: Path, pictures: int = 6, size: Size = SIZE) -> Truth:
    """OSIE: one-based coordinates in a cell array of structs."""
    return _make_nus(root, [f"{1001 + i}.jpg" for i in range(pictures)], size)


def make_saliency_in_crowd(root: Path, pictures: int = 6, size: Size = SIZE) -> Truth:
    """Saliency in Crowd: as OSIE."""
    return _make_nus(root, [f"{1 + i:03d}.jpg" for i in range(pictures)], size)


def make_scene(root: Path, pictures: int = 6, size: Size = SIZE) -> Truth:
    """Scene: y, x, latency and duration in the scale of the screen; every other picture smaller."""
    names = [f"{1 + i:03d}.jpg" for i in range(pictures)]
    sizes = [size if i % 2 == 0 else (size[0] * 3 // 4, size[1] // 2) for i in range(pictures)]
    truth = {n: _look(root / "data/stimuli" / n, s) for n, s in zip(names, sizes, strict=True)}
    cells = _cells((pictures, VIEWERS))
    for row, (name, (height, width)) in enumerate(zip(names, sizes, strict=True)):
        factor = min(1080 / height, 1920 / width)
        for viewer, xy in enumerate(truth[name]):
            screen = (xy + 0.5) * factor - 0.5
            cells[row, viewer] = np.column_stack([screen[:, ::-1] / factor, *_times(len(xy))])
    tidy = _folder(root / "data/tidy")
    savemat(tidy / "fixations.mat", {"fixations": cells})
    savemat(tidy / "imgInfo.mat", {"imgInfo": {"size": np.array(sizes, np.uint16)}})
    return truth


def make_cat2000(root: Path, pictures: int = 10, size: Size = SIZE) -> Truth:
    """CAT2000, training set and a picture of the test set; `pictures` in each category.

    The viewers' data have a repeated, an outside and an invalid fixation more than the truth.
    """
    train = root / "trainSet"
    names = [f"{c}/{1 + i:03d}.jpg" for c in CATEGORIES for i in range(pictures)]
    truth = {name: _look(train / "Stimuli" / name, size, bar=size[1] // 8) for name in names}
    every = {}
    for number, name in enumerate(names):
        category, file = name.split("/")
        _save(train / "Stimuli" / category / "Output" / file, np.zeros((*size, 3), np.uint8))
        mask = _mask(truth[name], size)
        _save(train / "FIXATIONMAPS" / name, _blurred(mask))
        locations = (train / "FIXATIONLOCS" / name).with_suffix(".mat")
        savemat(_folder(locations.parent) / locations.name, {"fixLocs": mask})
        every[name] = _cells((VIEWERS, 1))
        for viewer, xy in enumerate(truth[name]):
            noisy = np.vstack([xy[:1], xy, [[-500, 7], [np.nan, 3]]])
            record = np.empty((1, 1), dtype=[("name", object), ("data", object)])
            record[0, 0] = (f"24-{number}-v{viewer}.eye", noisy + 1)
            every[name][viewer, 0] = record
    save_to_mat(str(train / "allFixData.mat"), {"allData": MatlabContainerMap(every)}, version="v7")
    _look(root / "testSet/Stimuli/Pattern/134.jpg", size, orientation=6)
    return truth


def make_salicon(root: Path, pictures: int = 6, size: Size = SIZE) -> Truth:
    """SALICON: a third of the pictures for validation, and one of the test set."""
    truth: Truth = {}
    for index in range(pictures):
        part = "val" if index % 3 == 2 else "train"
        name = f"{part}/COCO_{part}2014_{index:012d}.jpg"
        truth[name] = _look(root / "images" / name, size)
        gaze = np.empty((VIEWERS, 1), dtype=[(n, object) for n in GAZE_FIELDS])
        for viewer, xy in enumerate(truth[name]):
            track = np.repeat(xy + 1, 4, axis=0)
            gaze[viewer, 0] = (track, np.arange(len(track)) * 10.0, xy + 1)
        mat = (root / "fixations" / name).with_suffix(".mat")
        savemat(
            _folder(mat.parent) / mat.name,
            {"gaze": gaze, "image": Path(name).stem, "resolution": np.array(size)},
        )
        mask = _mask(truth[name], size)
        _save((root / "maps" / name).with_suffix(".png"), _blurred(mask))
    _look(root / "images/test/COCO_test2014_000000000001.jpg", size)
    return truth


GAZE_FIELDS = ("location", "timestamp", "fixations")


def make_mit1003(root: Path, pictures: int = 6, size: Size = SIZE) -> Truth:
    """MIT1003: maps of points and blurred maps as JPEG; the truth has a single viewer."""
    truth: Truth = {}
    for index in range(pictures):
        name = f"i{index:010d}.jpeg"
        mask = _mask(_look(root / "ALLSTIMULI" / name, size), size)
        maps, stem = root / "ALLFIXATIONMAPS", Path(name).stem
        _save(maps / f"{stem}_fixPts.jpg", mask * np.uint8(255))
        _save(maps / f"{stem}_fixMap.jpg", _blurred(mask))
        truth[name] = [np.argwhere(mask)[:, ::-1].astype(float)]
    return truth


def make_folder(root: Path, pictures: int = 6, size: Size = SIZE) -> Truth:
    """`folder` with a table of fixations; the first half of the pictures in images/left."""
    truth: Truth = {}
    with (_folder(root) / "fixations.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image", "subject", "x", "y", "duration_ms"])
        for index in range(pictures):
            name = f"left/{index}.png" if index < pictures // 2 else f"{index}.png"
            truth[name] = _look(root / "images" / name, size)
            for viewer, xy in enumerate(truth[name]):
                table.writerows([name, f"s{viewer}", *point, 200] for point in xy.tolist())
    return truth


def make_folder_of_maps(root: Path, pictures: int = 6, size: Size = SIZE) -> Truth:
    """`folder` with gray maps; the truth is what the maps were blurred from."""
    truth: Truth = {}
    for index in range(pictures):
        truth[f"{index}.jpg"] = _look(root / "images" / f"{index}.jpg", size)
        _save(root / "maps" / f"{index}.png", _blurred(_mask(truth[f"{index}.jpg"], size)))
    return truth


MAKERS: dict[str, Callable[..., Truth]] = {
    "osie": make_osie,
    "saliency-in-crowd": make_saliency_in_crowd,
    "scene": make_scene,
    "cat2000": make_cat2000,
    "salicon": make_salicon,
    "mit1003": make_mit1003,
    "folder": make_folder,
}


def _make_nus(root: Path, names: list[str], size: Size) -> Truth:
    truth = {name: _look(root / "data/stimuli" / name, size) for name in names}
    cells = _cells((len(names), 1))
    for row, name in enumerate(names):
        subjects = _cells((VIEWERS, 1))
        for viewer, xy in enumerate(truth[name]):
            x, y = (xy + 1).T
            subjects[viewer, 0] = {"fix_x": x, "fix_y": y, "fix_duration": np.full(len(x), 200)}
        cells[row, 0] = {"img": name, "subjects": subjects}
    savemat(_folder(root / "data/eye") / "fixations.mat", {"fixations": cells})
    return truth


def _look(path: Path, size: Size, bar: int = 0, orientation: int = 1) -> Scanpaths:
    """Save a picture with a disc, and make up where viewers look on it; the last never looks.

    Args:
        path: of the picture; the random numbers depend on its name alone.
        size: (height, width).
        bar: width of the gray bars at both sides.
        orientation: EXIF orientation written into a JPEG file.
    """
    rng = np.random.default_rng([ord(c) for c in path.name])
    height, width = size
    image = rng.integers(0, 100, (*size, 3), dtype=np.uint8)
    image[:, :bar] = image[:, width - bar :] = GRAY
    radius = min(size) / 8
    low = np.array([bar + radius, radius])
    center = rng.uniform(low, np.array([width, height]) - low)
    ys, xs = np.mgrid[:height, :width]
    image[np.hypot(xs - center[0], ys - center[1]) < radius] = (250, 220, 60)
    _save(path, image, orientation)
    looks = [
        np.clip(rng.normal(center, radius / 2, (4 + v, 2)).round(1), 0, [width - 1, height - 1])
        for v in range(VIEWERS - 1)
    ]
    return [*looks, np.empty((0, 2))]


def _save(path: Path, image: NDArray[np.uint8], orientation: int = 1) -> None:
    picture = Image.fromarray(image)
    exif = picture.getexif()
    if orientation != 1:
        exif[ORIENTATION] = orientation
    picture.save(_folder(path.parent) / path.name, exif=exif)


def _mask(scanpaths: Scanpaths, size: Size) -> NDArray[np.uint8]:
    mask = np.zeros(size, np.uint8)
    for xy in scanpaths:
        columns, rows = np.floor(xy.T + 0.5).astype(int)
        mask[rows, columns] = 1
    return mask


def _blurred(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    blurred = gaussian_filter(mask.astype(float), min(mask.shape) / 16)
    return (blurred / blurred.max() * 255).round().astype(np.uint8)


def _cells(shape: tuple[int, ...]) -> NDArray[Any]:
    return np.empty(shape, dtype=object)


def _times(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.arange(count) * 0.3, np.full(count, 0.25)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    makers = MAKERS | {"folder-of-maps": make_folder_of_maps}
    parser = argparse.ArgumentParser(description="Write a small data set in an official layout.")
    parser.add_argument("name", choices=makers)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pictures", type=int, default=10, help="cat2000: in each category")
    parser.add_argument("--size", type=int, nargs=2, default=SIZE, metavar=("HEIGHT", "WIDTH"))
    options = parser.parse_args(arguments)
    makers[options.name](options.out, options.pictures, tuple(options.size))


if __name__ == "__main__":
    main()
