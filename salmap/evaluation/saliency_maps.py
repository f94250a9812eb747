"""Other people's predictions: a folder with one map for each stimulus."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from salmap.density import check_map
from salmap.errors import DatasetError, DensityError
from salmap.pictures import IMAGE_SUFFIXES

#: written by `python -m salmap predict --save density` after the stem of a picture
DENSITY_ENDING = "_density"
SUM_TOLERANCE = 1e-3
_GRAY_MODES = ("1", "L", "I", "F")
_NUMPY_SUFFIX = ".npy"


@dataclass(frozen=True, eq=False)
class SavedMap:
    """A map read from a file.

    Attributes:
        values: float (H, W), at the picture's size.
        is_density: whether it was saved as one: not negative and of sum 1, in floating point.
    """

    values: NDArray[np.floating]
    is_density: bool


class MapFolder:
    """Maps in a folder: `<stem>.png` (or another gray picture), `<stem>.npy` or, as Salmap saves
    them, `<stem>_density.npy`, each with the stem of its stimulus; subfolders are searched.

    Raises:
        DatasetError: if the folder is missing or contains no maps.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DatasetError(f"There is no folder {folder} with saliency maps. Check the path.")
        self.folder = folder
        self._by_path: dict[str, Path] = {}
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in sorted(folder.rglob("*"), key=_densities_last):
            if path.suffix.lower() in IMAGE_SUFFIXES | {_NUMPY_SUFFIX} and path.is_file():
                stem = path.stem.removesuffix(DENSITY_ENDING)
                relative = path.relative_to(folder).parent / stem
                self._by_path[relative.as_posix()] = path
                self._by_stem[stem].append(path)
        if not self._by_path:
            raise DatasetError(f"The folder {folder} contains no maps (PNG or .npy).")

    def find(self, stimulus: str) -> Path:
        """The map of a stimulus: by its path without suffix, or else by its stem alone.

        Raises:
            DatasetError: if there is none, or several of that stem in other places.
        """
        name = PurePosixPath(stimulus)
        if path := self._by_path.get(name.with_suffix("").as_posix()):
            return path
        found = self._by_stem.get(name.stem, [])
        if len(found) == 1:
            return found[0]
        wanted = self.folder / name.with_suffix(".png")
        if found:
            raise DatasetError(
                f"{self.folder} has {len(found)} maps called {name.stem}, so it is not "
                f"clear which belongs to {stimulus}. Name it {wanted}."
            )
        raise DatasetError(f"{self.folder} has no map of {stimulus}. Add it as {wanted}.")

    def read(self, stimulus: str, size: tuple[int, int]) -> SavedMap:
        """The map of a stimulus, resized (bilinear) to its (height, width) if it has another size.

        Raises:
            DatasetError: if it is missing or can't be read.
            DensityError: if it is not an (H, W) map of finite numbers.
        """
        path = self.find(stimulus)
        values = _read_array(path) if path.suffix.lower() == _NUMPY_SUFFIX else _read_gray(path)
        check_map(values, f"map {path}")
        is_density = bool(
            np.issubdtype(values.dtype, np.floating)
            and values.min() >= 0
            and abs(values.sum(dtype=np.float64) - 1) < SUM_TOLERANCE
        )
        return SavedMap(_resized(values, size), is_density)


def _densities_last(path: Path) -> tuple[bool, str]:
    """Sort key: what comes last for a stem is taken, so let that be the lossless file."""
    return path.suffix.lower() == _NUMPY_SUFFIX, str(path)


def _read_array(path: Path) -> NDArray[np.floating]:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"The map {path} can't be read as a .npy file: {error}") from error
    if not np.issubdtype(values.dtype, np.number) or np.iscomplexobj(values):
        raise DensityError(f"The map {path} does not contain real numbers.")
    return values


def _read_gray(path: Path) -> NDArray[np.floating]:
    """Gray values as stored, 8 or 16 bits, float32 (H, W)."""
    try:
        with Image.open(path) as picture:
            if picture.mode in _GRAY_MODES or picture.mode.startswith("I;16"):
                return np.asarray(picture, np.float32)
            channels = np.asarray(picture.convert("RGB"), np.float32)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DatasetError(f"The map {path} can't be read: {error}") from error
    if np.ptp(channels, axis=2).any():
        raise DensityError(
            f"The map {path} is in color. Color heatmaps can't be scored; "
            "save the gray map that it was made from."
        )
    return channels[..., 0]


def _resized(values: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.floating]:
    if values.shape == size:
        return values
    single = np.asarray(values, np.float32)
    resized = cv2.resize(single, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)
