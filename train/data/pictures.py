"""Pictures for training: decoded once, shrunk to what views need, and kept on disk."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from salmap.files import replace_file
from salmap.pictures import resize
from salmap.types import ImageArray

from .mixture import Mixture, points_of
from .views import View

logger = logging.getLogger(__name__)

Size = tuple[int, int]


class PictureCache:
    """The training pictures, each at a size that is enough for all views of it.

    A picture is shrunk whether it is kept or not, so what comes out never depends on the cache.
    Which pictures are kept is settled beforehand: those that save most time for their bytes, up to
    the limit, and to half of what is free on the disk.

    Args:
        folder: where arrays are kept; runs may share it.
        mixture: the pictures.
        enough: (height, width) of a picture -> the size at which it is kept.
        limit_bytes: what the folder may grow to; 0 keeps nothing.
    """

    def __init__(
        self, folder: Path, mixture: Mixture, enough: Callable[[Size], Size], limit_bytes: int
    ) -> None:
        self.folder, self.mixture = folder, mixture
        self.limit_bytes = min(limit_bytes, self._present_bytes() + self._free_bytes() // 2)
        self.sizes = [enough(mixture.size(item)) for item in range(len(mixture))]
        self.kept = self._choose()
        self._writable = True

    def read(self, item: int) -> ImageArray:
        """Picture `item`: uint8 (h, w, 3) of the size `sizes[item]`."""
        if item not in self.kept:
            return self._decode(item)
        path = self.path(item)
        try:
            kept: ImageArray = np.load(path, allow_pickle=False)
            if kept.dtype == np.uint8 and kept.shape == (*self.sizes[item], 3):
                return kept
        except (OSError, ValueError, EOFError):  # not there yet, or damaged: it is made anew
            pass
        picture = self._decode(item)
        self._keep(path, picture)
        return picture

    def path(self, item: int) -> Path:
        """Where picture `item` is kept; another place once its file changes."""
        dataset, index = self.mixture.locate(item)
        picture = dataset.path(index)
        changed = picture.stat()
        key = f"{dataset.name}|{picture.resolve()}|{changed.st_size}|{changed.st_mtime_ns}"
        name = hashlib.sha256(f"{key}|{self.sizes[item]}".encode()).hexdigest()[:24]
        return self.folder / f"{name}.npy"

    def make_room(self) -> None:
        """Remove what former runs kept, oldest first, where both would exceed the limit."""
        ours = {self.path(item).name for item in self.kept}
        room = self.limit_bytes - sum(self._bytes(item) for item in self.kept)
        others = [(path, stat) for path, stat in self._files() if path.name not in ours]
        for path, stat in sorted(others, key=lambda other: -other[1].st_mtime):
            room -= stat.st_size
            if room < 0:
                path.unlink(missing_ok=True)

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        for path in self.folder.glob("*"):
            with contextlib.suppress(FileNotFoundError):  # another run has just removed it
                found.append((path, path.stat()))
        return found

    def _present_bytes(self) -> int:
        return sum(stat.st_size for _, stat in self._files())

    def _free_bytes(self) -> int:
        folder = self.folder.absolute()
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        return shutil.disk_usage(there).free

    def _choose(self) -> frozenset[int]:
        room = self.limit_bytes
        kept = []
        for item in sorted(range(len(self.sizes)), key=self._gain, reverse=True):
            room -= self._bytes(item)
            if room < 0:
                break
            kept.append(item)
        return frozenset(kept)

    def _gain(self, item: int) -> float:
        """Pixels that need not be decoded for each byte kept."""
        height, width = self.mixture.size(item)
        return height * width / self._bytes(item)

    def _bytes(self, item: int) -> int:
        height, width = self.sizes[item]
        return height * width * 3 + 128  # with NumPy's header

    def _decode(self, item: int) -> ImageArray:
        stimulus = self.mixture.sample(item).stimulus
        size = self.sizes[item]
        return stimulus if stimulus.shape[:2] == size else resize(stimulus, size)

    def _keep(self, path: Path, picture: ImageArray) -> None:
        if not self._writable:
            return
        buffer = io.BytesIO()
        np.save(buffer, picture)
        try:
            replace_file(path, buffer.getvalue())
        except OSError as error:  # a cache is a help, no need
            self._writable = False
            logger.warning("Pictures are no longer kept in %s: %s", self.folder, error)


class ViewDataset(Dataset[dict[str, Any]]):
    """Indexed by a `View`: the picture as that view shows it, with its fixations."""

    def __init__(self, pictures: PictureCache) -> None:
        self.pictures = pictures
        self.mixture = pictures.mixture

    def __getitem__(self, view: View) -> dict[str, Any]:
        return {
            "images": torch.from_numpy(self._image(view)).permute(2, 0, 1),
            "points": points_of(view, self.mixture.fixations(view.item)),
            "size": view.size,
            "weight": view.weight,
            "taught_mirrored": view.taught_mirrored,
        }

    def _image(self, view: View) -> ImageArray:
        seen = view.on(self.mixture.size(view.item), self.pictures.sizes[view.item])
        image = seen.image(self.pictures.read(view.item))
        if view.other is None:
            return image
        other = self._image(view.other)
        blended: Any = cv2.addWeighted(image, 1 - view.mixed, other, view.mixed, 0)
        return np.asarray(blended, np.uint8)
