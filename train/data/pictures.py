"""Pictures for training: decoded once, shrunk to what crops need, and kept on disk."""

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

from salmap.files import replace_file
from salmap.pictures import resize
from salmap.types import ImageArray

from .answers import batch_name
from .batches import PixelBatch, Targets
from .crops import Crop
from .mixture import Mixture

logger = logging.getLogger(__name__)

Size = tuple[int, int]


class PictureCache:
    """The training pictures, each at a size that is enough for all crops of it.

    A picture is shrunk whether it is kept or not, so what comes out never depends on the cache.
    Which pictures are kept is decided beforehand: those that save the most time per byte, up to the
    limit and to half of the free disk space.

    Args:
        folder: where arrays are kept; runs may share it.
        mixture: the pictures.
        enough: (height, width) of a picture -> the size at which it is kept.
        limit_bytes: how large the folder may grow; 0 keeps nothing.
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
        except (OSError, ValueError, EOFError):  # not there yet, or damaged: it is made again
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
        except OSError as error:  # a cache only helps: the run goes on without it
            self._writable = False
            logger.warning("Decoded pictures are no longer cached in %s: %s", self.folder, error)


class PixelSource:
    """Makes batches of pixels: pictures as crops show them, with their fixations."""

    def __init__(self, pictures: PictureCache) -> None:
        self.pictures = pictures
        self.mixture = pictures.mixture

    def __getitem__(self, crops: list[Crop]) -> PixelBatch:
        images = np.stack([self._image(crop) for crop in crops])
        return PixelBatch(
            Targets.of(crops, [self.mixture.fixations(crop.item) for crop in crops]),
            torch.tensor([crop.weight for crop in crops]),
            torch.from_numpy(images).permute(0, 3, 1, 2),
            torch.tensor([crop.taught_mirrored for crop in crops]),
            crops[0].unlabeled,
            crops[0].teacher,
            batch_name(crops),
        )

    def _image(self, crop: Crop) -> ImageArray:
        kept = crop.on(self.mixture.size(crop.item), self.pictures.sizes[crop.item])
        image = kept.image(self.pictures.read(crop.item))
        if crop.other is None:
            return image
        other = self._image(crop.other)
        blended: Any = cv2.addWeighted(image, 1 - crop.mixed, other, crop.mixed, 0)
        return np.asarray(blended, np.uint8)
