"""Crops: what a training step sees of a picture, with the fixations moved along.

A crop is drawn before any picture is decoded, so that crops of one shape can share a batch, and
from (seed, epoch) alone, so that an epoch is the same however often it is started again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.pictures import fit_size, resize
from salmap.types import Fixations, ImageArray

from ..recipe import FinetuneSettings, Recipe

#: sides of crops are multiples of this, so that many of them share one shape
SIDE_MULTIPLE = 16
#: how much larger than a crop a picture is kept, so that resizing it twice blurs nothing
WHOLE_MARGIN = 1.5
#: shares of red, green and blue in the brightness of a color (ITU-R BT.601)
GRAY = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Crop:
    """A part of picture `item`, or all of it, as the network is shown it.

    Attributes:
        item: index of the picture in the training set.
        box: (left, top, right, bottom) in pixels of the picture; what lies outside is not shown.
        size: (height, width) to which the box is resized.
        flip: mirrored left to right, after resizing.
        brightness, contrast, saturation: factors on the colors, 1 for no change.
        weight: of this crop in its batch's loss.
        mixed: share of `other` that is blended in. Neither picture's fixations hold for the blend,
            so it has none.
        other: a crop of another picture, just as large, that is blended in.
        taught_mirrored: teachers see it mirrored.
        unlabeled: nobody knows where people looked; the same for all of a batch.
        teacher: from 0 to 1, which teacher explains it; the same for all of a batch.
    """

    item: int
    box: tuple[int, int, int, int]
    size: tuple[int, int]
    flip: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    weight: float = 1.0
    mixed: float = 0.0
    other: Crop | None = None
    taught_mirrored: bool = False
    unlabeled: bool = False
    teacher: float = 0.0

    def mirrored(self) -> Crop:
        """The same left to right; teachers see what they saw before."""
        return replace(
            self,
            flip=not self.flip,
            taught_mirrored=not self.taught_mirrored,
            other=self.other and self.other.mirrored(),
        )

    def as_taught(self) -> Crop:
        """The crop that shows without further mirroring what teachers see of this one."""
        return self.mirrored() if self.taught_mirrored else self

    def image(self, stimulus: ImageArray) -> ImageArray:
        """The stimulus uint8 (H, W, 3) as this crop shows it, uint8 (*size, 3)."""
        left, top, right, bottom = self.box
        shown = resize(np.ascontiguousarray(stimulus[top:bottom, left:right]), self.size)
        return self._color(np.ascontiguousarray(shown[:, ::-1]) if self.flip else shown)

    def on(self, size: tuple[int, int], smaller: tuple[int, int]) -> Crop:
        """The crop that shows the same of the picture once it is resized.

        The box is rounded to whole pixels there, so it may move by less than one of them.

        Args:
            size: (height, width) of the picture that the box belongs to.
            smaller: (height, width) that the picture is resized to.
        """
        if size == smaller:
            return self
        down, across = smaller[0] / size[0], smaller[1] / size[1]
        left, right = round(self.box[0] * across), round(self.box[2] * across)
        top, bottom = round(self.box[1] * down), round(self.box[3] * down)
        box = min(left, smaller[1] - 1), min(top, smaller[0] - 1), right, bottom
        return replace(self, box=(*box[:2], max(right, box[0] + 1), max(bottom, box[1] + 1)))

    def fixations(self, fixations: Fixations) -> Fixations:
        """Those inside the box, in pixels of the crop (origin: center of the top-left pixel)."""
        if self.mixed:
            return fixations.select(np.zeros(len(fixations), bool))
        left, top, right, bottom = self.box
        height, width = self.size
        x = (fixations.x + 0.5 - left) * (width / (right - left)) - 0.5
        y = (fixations.y + 0.5 - top) * (height / (bottom - top)) - 0.5
        if self.flip:
            x = width - 1 - x
        return replace(fixations, x=x, y=y).inside(self.size)

    def _color(self, image: ImageArray) -> ImageArray:
        """Brighter by a factor, then away from each pixel's gray, then away from the mean gray.

        All three are linear, so together they are one matrix and one offset.
        """
        if self.brightness == self.contrast == self.saturation == 1:
            return image
        saturation = self.saturation * np.eye(3) + (1 - self.saturation) * np.tile(GRAY, (3, 1))
        matrix = self.contrast * self.brightness * saturation
        mean_gray = self.brightness * float(GRAY @ cv2.mean(image)[:3])
        offset = np.full((3, 1), (1 - self.contrast) * mean_gray + 0.5)  # to round, not to floor
        values = cv2.transform(image.astype(np.float32), np.hstack([matrix, offset]))
        clipped: NDArray[np.uint8] = np.clip(values, 0, 255).astype(np.uint8)
        return clipped


def whole_crop(item: int, size: tuple[int, int], long_side: int, flip: bool = False) -> Crop:
    """The whole picture of (height, width), resized so that its long side is `long_side`."""
    return Crop(item, (0, 0, size[1], size[0]), fit_size(size, long_side, SIDE_MULTIPLE), flip)


def enough_pixels(
    size: tuple[int, int], long_side: int, settings: FinetuneSettings
) -> tuple[int, int]:
    """(height, width) at which a picture of `size` still has all that crops of it show.

    Crops of the whole picture get one and a half times their own long side, and no other has to be
    enlarged. A
    picture that would lose less than a fifth of its sides keeps its size.
    """
    scale = WHOLE_MARGIN * long_side / max(size)
    if settings.crop:
        smallest = min(size) * math.sqrt(settings.crop_area)  # no crop's long side is shorter
        scale = max(scale, long_side / max(smallest, 1))
    if scale > 0.8:
        return size
    height, width = (math.ceil(side * scale) for side in size)
    return height, width


def random_crop(
    item: int, size: tuple[int, int], long_side: int, recipe: Recipe, rng: np.random.Generator
) -> Crop:
    """A crop of a picture of (height, width), drawn as the recipe says."""
    settings = recipe.finetune
    flip = bool(rng.random() < recipe.flip)
    is_part = bool(rng.random() < settings.crop)
    box = _random_box(size, settings, rng) if is_part else (0, 0, size[1], size[0])
    brightness, contrast, saturation = (
        float(1 + rng.uniform(-change, change))
        for change in (settings.brightness, settings.contrast, settings.saturation)
    )
    crop_size = fit_size((box[3] - box[1], box[2] - box[0]), long_side, SIDE_MULTIPLE)
    is_mixed = settings.mixed and rng.random() < settings.mixed
    mixed = float(rng.uniform(0, 0.5)) if is_mixed else 0.0
    taught_mirrored = bool(rng.random() < 0.5)
    return Crop(
        item, box, crop_size, flip, brightness, contrast, saturation,
        mixed=mixed, taught_mirrored=taught_mirrored,
    )  # fmt: skip


def _in_tenths(aspect: float) -> float:
    """The nearest ratio of which one side is tenths of the other, so that shapes are few."""
    return 10 / round(10 / aspect) if aspect > 1 else round(10 * aspect) / 10


def _random_box(
    size: tuple[int, int], settings: FinetuneSettings, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    height, width = size
    low, high = (math.log(value) for value in settings.aspect)
    aspect = _in_tenths(math.exp(rng.uniform(low, high)))  # width / height
    full_height = min(height, width / aspect)
    scale = math.sqrt(rng.uniform(settings.crop_area, 1))
    box_height = max(1, round(full_height * scale))
    box_width = max(1, min(width, round(full_height * scale * aspect)))
    left = int(rng.integers(0, width - box_width + 1))
    top = int(rng.integers(0, height - box_height + 1))
    return left, top, left + box_width, top + box_height
