"""Small pictures for people who look at a data set or follow a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.analysis import screen_size, shrink_density, shrink_image
from salmap.density import fixation_density
from salmap.files import replace_file
from salmap.look import Look, View, draw
from salmap.render import encode_jpeg
from salmap.types import Fixations, ImageArray, MapArray
from train.datasets import FixationDataset, Sample

#: long side of the pictures, in pixels
SIDE = 480
_LIGHT, _DARK = (255, 230, 80), (20, 20, 24)
_SUBPIXEL_BITS = 4


def with_fixations(stimulus: ImageArray, fixations: Fixations) -> ImageArray:
    """A small copy of a stimulus uint8 (H, W, 3) with a dot on each fixation."""
    image = np.array(shrink_image(stimulus, SIDE))
    scale = max(image.shape[:2]) / max(stimulus.shape[:2])
    unit = 1 << _SUBPIXEL_BITS
    for x, y in zip(fixations.x, fixations.y, strict=True):
        centre = (round(((x + 0.5) * scale - 0.5) * unit), round(((y + 0.5) * scale - 0.5) * unit))
        for colour, radius in ((_DARK, 4), (_LIGHT, 3)):
            cv2.circle(image, centre, radius * unit, colour, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
    return image


class FollowedSample:
    """One held-out picture whose prediction is drawn again after each epoch.

    Args:
        folder: the run's folder; the pictures go to `samples` in it.
        pictures: the held-out pictures; the first is taken.
    """

    def __init__(self, folder: Path, pictures: FixationDataset) -> None:
        self.folder = folder
        self.pictures = pictures

    def write_truth(self) -> dict[str, str]:
        """Draw the stimulus and where people looked; the files' paths within the run's folder."""
        sample = self.pictures[0]
        height, width = sample.stimulus.shape[:2]
        looked = fixation_density(sample.fixations, (height, width), self.pictures.sigma_px(0))
        return {
            "picture": sample.name,
            "stimulus": self._write("stimulus", shrink_image(sample.stimulus, SIDE)),
            "fixations": self._write("fixations", _overlay(sample, looked)),
        }

    def write_prediction(
        self, name: str, predict: Callable[[ImageArray], NDArray[np.float32]]
    ) -> str:
        """Draw what a network now says; the file's path within the run's folder.

        Args:
            name: of the file, without its suffix.
            predict: uint8 (H, W, 3) -> log density (H, W).
        """
        sample = self.pictures[0]
        return self._write(name, _overlay(sample, np.exp(predict(sample.stimulus))))

    def _write(self, name: str, image: ImageArray) -> str:
        path = self.folder / "samples" / f"{name}.jpg"
        replace_file(path, encode_jpeg(image))
        return path.relative_to(self.folder).as_posix()


def _overlay(sample: Sample, density: MapArray) -> ImageArray:
    height, width = sample.stimulus.shape[:2]
    small = shrink_density(density, screen_size((height, width), SIDE))
    return draw(View.OVERLAY, shrink_image(sample.stimulus, SIDE), small, Look())
