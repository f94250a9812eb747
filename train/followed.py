"""A held-out picture for people who follow a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from salmap.datasets import FixationDataset, Sample
from salmap.density import fixation_density, shrink_density
from salmap.files import replace_file
from salmap.pictures import screen_size, shrink_image
from salmap.render import Style, View, draw, encode_jpeg
from salmap.render.fixations import SIDE
from salmap.types import ImageArray, MapArray


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
    return draw(View.OVERLAY, shrink_image(sample.stimulus, SIDE), small, Style())
