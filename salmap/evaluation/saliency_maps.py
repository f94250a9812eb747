"""Other people's predictions: a folder with one map for each stimulus."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.datasets.map_files import SavedMap, maps_by_name, read_saved_map, require_sides
from salmap.errors import DatasetError, FaultyFileError, listed
from salmap.files import walk
from salmap.pictures.names import match_names, stem_of

_RESIZED = "have another size than their pictures and were stretched to it"
_LOGARITHMS = "hold logarithms of densities, which were turned into densities"
_CONSTANT = "are the same everywhere"


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
        self._by_path = maps_by_name(walk(folder), folder)
        if not self._by_path:
            raise DatasetError(f"The folder {folder} contains no maps (PNG or .npy).")
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for name in self._by_path:
            self._by_stem[stem_of(name)].append(name)
        self._remarks: dict[str, dict[str, None]] = defaultdict(dict)

    @property
    def notes(self) -> list[str]:
        """What was done to maps that were read, a sentence for each kind."""
        return [
            f"{self.folder}: {len(names)} maps {remark}: {listed(list(names))}."
            for remark, names in self._remarks.items()
        ]

    def find(self, stimulus: str) -> Path:
        """The map of a stimulus; see `salmap.pictures.names`.

        Raises:
            DatasetError: if there is none, or several could be meant.
        """
        matches = match_names([stimulus], self._by_stem.get(stem_of(stimulus), []))
        if name := matches.found.get(stimulus):
            return self._by_path[name]
        wanted = self.folder / PurePosixPath(stimulus).with_suffix(".png")
        if names := matches.several.get(stimulus):
            raise DatasetError(
                f"{self.folder} has {len(names)} maps called {PurePosixPath(stimulus).stem}, so it "
                f"is not clear which belongs to {stimulus}. Name it {wanted}."
            )
        what = f"There is no map of this picture in {self.folder}."
        raise FaultyFileError.of(wanted, what, "Add it.")

    def read(self, stimulus: str, size: tuple[int, int]) -> SavedMap:
        """The map of a stimulus, resized (bilinear) to its (height, width) if it has another size.

        Raises:
            DatasetError: if it is missing, or a `FaultyFileError` of `read_saved_map` and
                `require_sides`.
        """
        path = self.find(stimulus)
        saved = read_saved_map(path)
        require_sides(saved.values.shape, size, path)
        for remark, holds in (
            (_RESIZED, saved.values.shape != size),
            (_LOGARITHMS, saved.was_log),
            (_CONSTANT, saved.values.min() == saved.values.max()),
        ):
            if holds:
                self._remarks[remark][stimulus] = None
        return replace(saved, values=_resized(saved.values, size))


def _resized(values: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.floating]:
    if values.shape == size:
        return values
    single = np.asarray(values, np.float32)
    resized = cv2.resize(single, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)
