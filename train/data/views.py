"""Views: what a training step sees of a picture, with the fixations kept in step.

A view is drawn before any picture is decoded, so that views of one shape can be put in one batch,
and from (seed, epoch) alone, so that an epoch is the same however often it is begun anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.pictures import fit_size, resize
from salmap.types import Fixations, ImageArray

from ..recipe import Recipe

#: sides of training views are multiples of this, so that many of them share one shape
VIEW_MULTIPLE = 16
#: how much larger than a view a picture is kept, so that resizing it twice blurs nothing
WHOLE_MARGIN = 1.5
#: shares of red, green and blue in the brightness of a color (ITU-R BT.601)
GRAY = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class View:
    """One way to look at picture `item`.

    Attributes:
        item: index of the picture in the training set.
        box: (left, top, right, bottom) in pixels of the picture; what lies outside is not seen.
        size: (height, width) to which the box is resized.
        flip: mirrored left to right, after resizing.
        brightness, contrast, saturation: factors on the colors, 1 for no change.
        weight: of this view in its batch's loss.
        mixed: share of `other` that is blended in; the fixations on neither hold for both, so a
            view of which another has a share has none.
        other: the view of another picture, as large, that is blended in.
        taught_mirrored: teachers see it mirrored.
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
    other: View | None = None
    taught_mirrored: bool = False

    def image(self, stimulus: ImageArray) -> ImageArray:
        """The stimulus uint8 (H, W, 3) as this view shows it: uint8 (h, w, 3) of its `size`."""
        left, top, right, bottom = self.box
        seen = resize(np.ascontiguousarray(stimulus[top:bottom, left:right]), self.size)
        return self._color(np.ascontiguousarray(seen[:, ::-1]) if self.flip else seen)

    def on(self, size: tuple[int, int], smaller: tuple[int, int]) -> View:
        """The view that shows the same of the picture once it is resized.

        The box is rounded to whole pixels there, so the view may move by less than one of them.

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
        """Those inside the box, in pixels of the view (origin: center of the top-left pixel)."""
        if self.mixed:
            return fixations.select(np.zeros(len(fixations), bool))
        left, top, right, bottom = self.box
        height, width = self.size
        x = (fixations.x + 0.5 - left) * (width / (right - left)) - 0.5
        y = (fixations.y + 0.5 - top) * (height / (bottom - top)) - 0.5
        if self.flip:
            x = width - 1 - x
        return Fixations(x, y, fixations.viewer, fixations.order).inside(self.size)

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


def whole_view(item: int, size: tuple[int, int], long_side: int, flip: bool = False) -> View:
    """The whole picture of (height, width), resized so that its long side is `long_side`."""
    return View(item, (0, 0, size[1], size[0]), fit_size(size, long_side, VIEW_MULTIPLE), flip)


def enough_pixels(size: tuple[int, int], long_side: int, recipe: Recipe) -> tuple[int, int]:
    """(height, width) at which a picture of `size` still has all that views of it show.

    Whole views get one and a half times their own long side, and no crop has to be enlarged. A
    picture that would lose less than a fifth of its sides keeps its size.
    """
    scale = WHOLE_MARGIN * long_side / max(size)
    if recipe.crop:
        smallest = min(size) * math.sqrt(recipe.crop_area)  # no crop's long side is shorter
        scale = max(scale, long_side / max(smallest, 1))
    if scale > 0.8:
        return size
    height, width = (math.ceil(side * scale) for side in size)
    return height, width


def random_view(
    item: int, size: tuple[int, int], long_side: int, recipe: Recipe, rng: np.random.Generator
) -> View:
    """A view of a picture of (height, width), drawn as the recipe says."""
    flip = bool(rng.random() < recipe.flip)
    cropped = bool(rng.random() < recipe.crop)
    box = _random_box(size, recipe, rng) if cropped else (0, 0, size[1], size[0])
    brightness, contrast, saturation = (
        float(1 + rng.uniform(-change, change))
        for change in (recipe.brightness, recipe.contrast, recipe.saturation)
    )
    view_size = fit_size((box[3] - box[1], box[2] - box[0]), long_side, VIEW_MULTIPLE)
    mixed = float(rng.uniform(0, 0.5)) if recipe.mixed and rng.random() < recipe.mixed else 0.0
    taught_mirrored = bool(rng.random() < 0.5)
    return View(
        item, box, view_size, flip, brightness, contrast, saturation,
        mixed=mixed, taught_mirrored=taught_mirrored,
    )  # fmt: skip


def _random_box(
    size: tuple[int, int], recipe: Recipe, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    height, width = size
    low, high = (math.log(value) for value in recipe.aspect)
    aspect = math.exp(rng.uniform(low, high))  # width / height
    full_height = min(height, width / aspect)
    scale = math.sqrt(rng.uniform(recipe.crop_area, 1))
    box_height = max(1, round(full_height * scale))
    box_width = max(1, min(width, round(full_height * scale * aspect)))
    left = int(rng.integers(0, width - box_width + 1))
    top = int(rng.integers(0, height - box_height + 1))
    return left, top, left + box_width, top + box_height
