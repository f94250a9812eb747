"""Lines, boxes and labels that can be read on any picture of any size: light on dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from salmap.screens import LONGEST
from salmap.types import ImageArray

_LIGHT = (255, 255, 255)
_DARK = (20, 20, 24)
_SUBPIXEL_BITS = 4
_OVERSAMPLING = 4


class Canvas:
    """A copy of a picture to draw on; widths and letters grow with the picture.

    Coordinates are (x, y) in pixels with the origin at the center of the top-left pixel.

    Args:
        picture: uint8 (H, W, 3), RGB; it is not changed.
        side: the side that decides about widths and letters, in pixels; by default the long one,
            as far as a picture is shown whole.
    """

    def __init__(self, picture: ImageArray, side: float | None = None) -> None:
        self._pixels = np.array(picture, order="C")
        if side is None:
            side = min(max(picture.shape[:2]), LONGEST * min(picture.shape[:2]))
        self._width = max(1, round(side / 450))
        #: height of letters, in pixels
        self.letter = max(10, round(side / 38))

    def pixels(self) -> ImageArray:
        """What has been drawn: uint8 (H, W, 3), RGB."""
        return self._pixels

    def lines(
        self,
        lines: Sequence[NDArray[np.number]],
        color: tuple[int, int, int] = _LIGHT,
        edge_color: tuple[int, int, int] = _DARK,
    ) -> None:
        """Draw polylines, each (n, 2) of x, y: light, with a dark edge on either side."""
        fixed = [np.round(line * (1 << _SUBPIXEL_BITS)).astype(np.int32) for line in lines]
        edge = self._width + 2 * max(1, self._width // 2)
        for paint, width in ((edge_color, edge), (color, self._width)):
            self._polylines(fixed, paint, width)

    def _polylines(
        self, lines: Iterable[NDArray[np.int32]], color: tuple[int, int, int], width: int
    ) -> None:
        """Draw lines whose points are in 16ths of a pixel."""
        bits = _SUBPIXEL_BITS
        cv2.polylines(self._pixels, list(lines), False, color, width, cv2.LINE_AA, shift=bits)

    def dashes(self, start: tuple[float, float], end: tuple[float, float], count: int) -> None:
        """Draw a thin line of so many light dashes, and dark ones between."""
        ends = np.linspace(start, end, 2 * count)
        fixed = np.round(ends * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        for paint, lines in ((_DARK, fixed[None, [0, -1]]), (_LIGHT, fixed.reshape(-1, 2, 2))):
            self._polylines(lines, paint, self._width)

    def box(self, box: tuple[int, int, int, int]) -> None:
        """Frame (left, top, right, bottom), right and bottom exclusive."""
        left, top, right, bottom = box
        right, bottom = right - 1, bottom - 1
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        self.lines([np.array(corners)])

    def outline(self, mask: NDArray[np.bool_]) -> None:
        """Draw lines around the parts of a mask (H, W), the steps of its pixels smoothed."""
        found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        reach = 1 + max(mask.shape) // 100
        rings = [ring[:, 0].astype(np.float64) for ring in found]
        # a ring has no end: what blurs it goes round
        rounds = [np.pad(ring, ((reach, reach), (0, 0)), "wrap") for ring in rings]
        smooth = [cv2.blur(ring, (1, reach))[reach:-reach] for ring in rounds]
        self.lines([np.concatenate([ring, ring[:1]]) for ring in smooth])

    def label(self, center: tuple[float, float], text: str) -> None:
        """Write light letters with a dark outline around a point."""
        self._paste(_outlined(text, self.letter), center)

    def badge(self, center: tuple[float, float], text: str) -> None:
        """Write letters on a dark disc with a light rim around a point."""
        self._paste(_disc(text, self.letter), center)

    def _paste(self, stamp: NDArray[np.uint8], center: tuple[float, float]) -> None:
        """Lay an RGBA stamp over the picture, moved inside it where it fits, else cut."""
        starts = []
        for middle, length, limit in zip(
            center[::-1], stamp.shape, self._pixels.shape, strict=False
        ):
            starts.append(int(max(0, min(round(middle - length / 2), limit - length))))
        top, left = starts[:2]
        place = self._pixels[top : top + stamp.shape[0], left : left + stamp.shape[1]]
        layer = stamp[: place.shape[0], : place.shape[1]].astype(np.float32)
        weight = layer[..., 3:] / 255
        place[:] = (place * (1 - weight) + layer[..., :3] * weight + 0.5).astype(np.uint8)


@lru_cache(64)
def _outlined(text: str, size: int) -> NDArray[np.uint8]:
    """Text as a stamp: uint8 (h, w, 4), RGBA."""
    font = ImageFont.load_default(size)
    stroke = max(1, size // 8)
    left, top, right, bottom = font.getbbox(text, stroke_width=stroke)
    stamp = Image.new("RGBA", (int(right - left) + 2, int(bottom - top) + 2), (*_DARK, 0))
    ImageDraw.Draw(stamp).text(
        (1 - left, 1 - top), text, _LIGHT, font, stroke_width=stroke, stroke_fill=_DARK
    )
    return np.asarray(stamp)


@lru_cache(64)
def _disc(text: str, size: int) -> NDArray[np.uint8]:
    """Text on a disc, or on one drawn out to its length, as a stamp: uint8 (h, w, 4), RGBA."""
    height = round(size * (1.5 + 0.3 * (min(len(text), 2) - 1))) * _OVERSAMPLING
    width = max(height, round(size * (0.9 + 0.65 * len(text))) * _OVERSAMPLING)
    stamp = Image.new("RGBA", (width, height), (*_DARK, 0))
    draw = ImageDraw.Draw(stamp)
    rim = max(1, round(size / 11)) * _OVERSAMPLING
    for inset, color in ((0.0, _DARK), (rim / 2, _LIGHT), (3 * rim / 2, _DARK)):
        box = (inset, inset, width - 1 - inset, height - 1 - inset)
        draw.rounded_rectangle(box, (height - 1 - 2 * inset) / 2, color)
    font = ImageFont.load_default(size * _OVERSAMPLING)
    draw.text((width / 2, height / 2), text, _LIGHT, font, anchor="mm")
    smaller = (width // _OVERSAMPLING, height // _OVERSAMPLING)
    return np.asarray(stamp.resize(smaller, Image.Resampling.BOX))
