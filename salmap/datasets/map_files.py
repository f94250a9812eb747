"""Saved maps: gray pictures of 8 or 16 bits, and arrays in `.npy` files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from salmap.datasets.pictures import reason
from salmap.errors import FaultyFileError, ImageError
from salmap.files import name_as_text
from salmap.pictures import IMAGE_SUFFIXES, MAX_PIXELS
from salmap.pictures.made_here import made_here
from salmap.pictures.sources import opened

NUMPY_SUFFIX = ".npy"
MAP_SUFFIXES = IMAGE_SUFFIXES | {NUMPY_SUFFIX}
#: written by `salmap predict --save density` after the stem of a picture
DENSITY_ENDING = "_density"
SUM_TOLERANCE = 1e-3
#: by how many levels of 255 the channels of a gray picture may differ, for JPEG rounds them
GRAY_TOLERANCE = 4
#: by how much proportions of swapped sides may be off, as a share
SIDES_TOLERANCE = 0.02
_GRAY_MODES = ("1", "L", "I", "F")


@dataclass(frozen=True, eq=False)
class SavedMap:
    """A map read from a file.

    Attributes:
        values: float (H, W), finite.
        is_density: whether it was saved as one: not negative and of sum 1, in floating point.
        was_log: whether the file holds the logarithm of this density.
    """

    values: NDArray[np.floating]
    is_density: bool = False
    was_log: bool = False


def maps_by_name(paths: Iterable[Path], folder: Path) -> dict[str, Path]:
    """Path below the folder without suffix -> map, where there are several, the lossless one."""
    found = {}
    for path in sorted(paths, key=lambda path: (path.suffix.lower() == NUMPY_SUFFIX, str(path))):
        if path.suffix.lower() in MAP_SUFFIXES and not made_here(path):
            stem = path.stem
            if path.suffix.lower() == NUMPY_SUFFIX:
                stem = stem.removesuffix(DENSITY_ENDING)
            name = PurePosixPath(path.relative_to(folder).parent, stem).as_posix()
            found[name_as_text(name)] = path
    return found


def read_saved_map(path: Path) -> SavedMap:
    """A saved map in its own scale and size.

    The logarithm of a density becomes that density.

    Raises:
        FaultyFileError: if it can't be read, is in color or partly transparent, has another shape
            than (H, W) or values that are not finite, or is negative everywhere but no log
            density.
    """
    is_array = path.suffix.lower() == NUMPY_SUFFIX
    values = _read_array(path) if is_array else _read_picture(path)
    lowest, highest = float(values.min()), float(values.max())
    if np.isfinite(highest) and highest <= 0 and lowest < 0:
        return SavedMap(_exponential(values, path), is_density=True, was_log=True)
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise FaultyFileError.of(path, "The map contains NaN or infinite values.", "Replace them.")
    is_float, total = np.issubdtype(values.dtype, np.floating), values.sum(dtype=np.float64)
    return SavedMap(values, bool(is_float and lowest >= 0 and abs(total - 1) < SUM_TOLERANCE))


def require_sides(found: tuple[int, ...], size: tuple[int, int], path: Path) -> None:
    """Refuse a map of (height, width) `found` whose sides are those of `size`, swapped.

    Raises:
        FaultyFileError: naming both sizes.
    """
    product = (found[0] / found[1]) * (size[0] / size[1])
    is_square = abs(np.log(size[0] / size[1])) <= 2 * SIDES_TOLERANCE
    if not is_square and abs(np.log(product)) <= SIDES_TOLERANCE:
        raise FaultyFileError.of(
            path,
            "The sides of the map are swapped.",
            "Save it as (height, width), turned as its picture is shown.",
            _sizes(found, size),
        )


def require_size(found: tuple[int, ...], size: tuple[int, int], path: Path) -> None:
    """Refuse a map whose (height, width) is not that of its picture.

    Raises:
        FaultyFileError: naming both sizes.
    """
    if found != size:
        require_sides(found, size, path)
        raise FaultyFileError.of(
            path,
            "The map does not have the size of its picture.",
            "Use a map of the same size.",
            _sizes(found, size),
        )


def _sizes(found: tuple[int, ...], size: tuple[int, int]) -> str:
    return f"{found[1]} x {found[0]} for a picture of {size[1]} x {size[0]}"


def _exponential(values: NDArray[np.floating], path: Path) -> NDArray[np.floating]:
    """The density of which a map without any positive value is the logarithm."""
    density = np.exp(values, dtype=np.float64)
    total = density.sum()
    if abs(total - 1) < SUM_TOLERANCE:
        return density
    raise FaultyFileError.of(
        path,
        "The map is nowhere above 0 and no log density.",
        "Save the density, or its natural logarithm, whose exponentials sum to 1.",
        f"its exponentials sum to {total:.3g}",
    )


def _read_array(path: Path) -> NDArray[np.floating]:
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)  # sees a size that can't be
    except Exception as error:  # on damaged files it raises almost anything
        raise _unreadable(path, "no .npy file, or damaged") from error
    if not isinstance(values, np.ndarray):
        raise _unreadable(path, "several arrays in one file")
    if values.dtype.kind not in "biuf":
        what = "The map does not contain real numbers."
        raise FaultyFileError.of(path, what, "Save an array of numbers.", str(values.dtype))
    while values.ndim > 2 and 1 in values.shape:
        values = values.squeeze(values.shape.index(1))
    if values.ndim == 3 and (values.shape[0] in (3, 4) or values.shape[2] in (3, 4)):
        raise _colored(path)
    if values.ndim != 2 or not 0 < values.size <= MAX_PIXELS:
        what = "The map does not have the shape (H, W)."
        raise FaultyFileError.of(path, what, "Save one map in a file.", str(values.shape))
    return np.array(values, np.result_type(values.dtype, np.float32))


def _read_picture(path: Path) -> NDArray[np.floating]:
    """Gray values as stored, 8 or 16 bits or floating point, float32 (H, W)."""
    try:
        with opened(path) as picture:
            if picture.mode in _GRAY_MODES or picture.mode.startswith("I;16"):
                return np.asarray(picture, np.float32)
            transparent = _is_transparent(picture)
            channels = np.asarray(picture.convert("RGB"), np.uint8)
    except ImageError as error:
        raise _unreadable(path, reason(error, path)) from error
    if transparent:
        raise FaultyFileError.of(
            path,
            "The map is partly transparent.",
            "Save the heat itself as a gray picture without transparency.",
        )
    if np.ptp(channels, axis=2).max() > GRAY_TOLERANCE:
        raise _colored(path)
    return channels[..., 1].astype(np.float32)


def _is_transparent(picture: Image.Image) -> bool:
    if not picture.has_transparency_data:
        return False
    return bool(np.asarray(picture.convert("RGBA").getchannel("A")).min() < 255)


def _colored(path: Path) -> FaultyFileError:
    return FaultyFileError.of(
        path, "The map is in color.", "Save the gray map that the heatmap or overlay was made from."
    )


def _unreadable(path: Path, detail: str) -> FaultyFileError:
    return FaultyFileError.of(path, "The map can't be read.", "Save it again.", detail)
