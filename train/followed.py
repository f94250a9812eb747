"""A held-out picture for people who watch a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from salmap.datasets import FixationDataset, Sample
from salmap.density import fixation_density, shrink_density
from salmap.files import replace_file
from salmap.pictures import screen_size, shrink_image
from salmap.render import Style, View, draw, encode_jpeg
from salmap.render.fixations import SIDE
from salmap.types import ImageArray, MapArray

from .validation import Predict


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
        density = fixation_density(sample.fixations, (height, width), self.pictures.sigma_px(0))
        return {
            "picture": sample.name,
            "stimulus": self._write("stimulus", shrink_image(sample.stimulus, SIDE)),
            "fixations": self._write("fixations", _overlay(sample, density)),
        }

    def write_prediction(self, name: str, predict: Predict) -> str:
        """Draw what the network predicts now; the file's path within the run's folder.

        Args:
            name: of the file, without its suffix.
            predict: the network.
        """
        sample = self.pictures[0]
        (log_density,) = predict([sample.stimulus])
        return self._write(name, _overlay(sample, np.exp(log_density)))

    def _write(self, name: str, image: ImageArray) -> str:
        path = self.folder / "samples" / f"{name}.jpg"
        replace_file(path, encode_jpeg(image))
        return path.relative_to(self.folder).as_posix()


def _overlay(sample: Sample, density: MapArray) -> ImageArray:
    height, width = sample.stimulus.shape[:2]
    small = shrink_density(density, screen_size((height, width), SIDE))
    return draw(View.OVERLAY, shrink_image(sample.stimulus, SIDE), small, Style())
