"""The feature integration model: center against surround, over scales and features."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.models.map_model import DensitySettings, MapModel

Array = NDArray[np.float32]

#: pyramid scales of the centers, and how many scales coarser their surrounds are
CENTERS, DELTAS = (2, 3, 4), (3, 4)
MAP_SCALE = 4
#: orientations of the Gabor filters, degrees
ORIENTATIONS = (0, 45, 90, 135)
#: side, wavelength and standard deviation of the Gabor filters, pixels of their pyramid level;
#: the wavelength is that of Greenspan et al. 1994, whose oriented pyramid the paper takes, and the
#: bandwidth is one octave, as in simple cells (training pictures agreed: 7 pixels did worse)
GABOR_SIDE, GABOR_WAVELENGTH, GABOR_SIGMA = 13, 4.0, 2.24
#: below this share of the brightest pixel's intensity no hue is seen
DARK = 0.1
#: differences below this, a quarter of a gray level, are not stretched to the common range
UNSEEN = 1e-3
#: local maxima below this share of the highest are flat background, not peaks
BACKGROUND = 0.01
#: of those tried, these made the fixations likeliest on 60 training pictures: 20 of each of OSIE,
#: Saliency in Crowd and Scene Saliency, none of them from a validation split
DEFAULTS = DensitySettings(blur=0.03, uniform=0.01, gamma=1.75)


class IttiKoch(MapModel):
    """Itti, Koch and Niebur 1998, "A Model of Saliency-Based Visual Attention", PAMI 20:1254.

    Gaussian pyramids of nine scales of intensity, of the red-green and blue-yellow opponent
    colors, and of Gabor energy at four orientations; absolute differences between centers (scales
    2, 3, 4) and surrounds (three and four scales coarser); each of the 42 feature maps is weighed
    by the operator N, which favors maps with one strong peak; they are added at scale 4 into
    three conspicuity maps, which N weighs again before their mean is the saliency map.

    Where the paper leaves room: the color maps are differences of the opponent signal between
    center and surround, as double opponent cells are (the formula as printed adds the two); flat
    background does not count among the local maxima that N averages; a pyramid does not shrink a
    side of one pixel, so that a strip is analyzed along its length. The density settings are
    those under which the fixations on 60 training pictures were likeliest (see `DEFAULTS`).
    """

    architecture = "itti-koch"
    size = 640
    output_stride = 2**MAP_SCALE
    defaults = DEFAULTS

    def saliency_map(self, pixels: Array) -> Array:
        """Mean of the three weighed conspicuity maps; float32 (h / 16, w / 16), in [0, 1]."""
        pyramid = gaussian_pyramid(early_features(pixels), max(CENTERS) + max(DELTAS))
        features = {
            scale: np.concatenate([level, orientation_energy(level[0])])
            for scale, level in enumerate(pyramid)
            if scale >= min(CENTERS)
        }
        size = features[MAP_SCALE].shape[1:]
        # (7, h / 16, w / 16): intensity, red-green, blue-yellow, four orientations
        maps = np.sum(
            [
                averaged(promote_peaks(center_surround(features, center, center + delta)), size)
                for center in CENTERS
                for delta in DELTAS
            ],
            axis=0,
        )
        intensity, color = maps[:1], maps[1:3].sum(0, keepdims=True)
        orientation = promote_peaks(maps[3:]).sum(0, keepdims=True)
        conspicuity = promote_peaks(np.concatenate([intensity, color, orientation]))
        return np.asarray(conspicuity.mean(0), np.float32)


def early_features(pixels: Array) -> Array:
    """Intensity and the opponent colors red-green and blue-yellow.

    Args:
        pixels: float32 (3, h, w), RGB in [0, 1].

    Returns:
        float32 (3, h, w). Hue is taken apart from intensity by dividing by it, and is 0 where
        it is too dark to be seen.
    """
    intensity = pixels.mean(0)
    seen = intensity > max(np.float32(DARK) * intensity.max(), np.float32(UNSEEN))
    r, g, b = np.where(seen, pixels / np.maximum(intensity, np.float32(UNSEEN)), 0)
    red, green, blue = r - (g + b) / 2, g - (r + b) / 2, b - (r + g) / 2
    yellow = (r + g) / 2 - np.abs(r - g) / 2 - b
    red_green = np.maximum(red, 0) - np.maximum(green, 0)
    blue_yellow = np.maximum(blue, 0) - np.maximum(yellow, 0)
    return np.stack([intensity, red_green, blue_yellow]).astype(np.float32)


def gaussian_pyramid(images: Array, scales: int) -> list[Array]:
    """The picture (scale 0) and `scales` reductions by two, (C, ceil(h / 2^s), ceil(w / 2^s)).

    A side of one pixel stays as it is.
    """
    pyramid = [images]
    for _ in range(scales):
        rows_halved = _width_halved(pyramid[-1].mT).mT
        pyramid.append(_width_halved(rows_halved))
    return pyramid


def _width_halved(images: Array) -> Array:
    """Blurred and reduced by two along the last axis: (C, h, w) -> (C, h, ceil(w / 2)).

    The binomial filter has six taps, so that a pixel lies in the middle of the two it replaces.
    """
    width = images.shape[-1]
    if width == 1:
        return images
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2 + width % 2)), mode="edge")
    taps = np.array([1, 5, 10, 10, 5, 1], np.float32) / 32
    length = 2 * ((width + 1) // 2)
    parts = (tap * padded[..., place : place + length : 2] for place, tap in enumerate(taps))
    return np.asarray(sum(parts), np.float32)


@cache
def gabor_filters() -> Array:
    """Even and odd Gabor filters without response to a constant, float32 (8, 13, 13).

    The four even ones come first, each for bars at one of `ORIENTATIONS` (0 is horizontal,
    counted anticlockwise). A grating of contrast 1 gives an energy of about 1.
    """
    half = GABOR_SIDE // 2
    offset = np.arange(-half, half + 1, dtype=np.float64)
    envelope = np.exp(-(offset[:, None] ** 2 + offset[None, :] ** 2) / (2 * GABOR_SIGMA**2))
    envelope /= envelope.sum()
    even, odd = [], []
    for degrees in ORIENTATIONS:
        angle = math.radians(degrees)
        across = offset[None, :] * math.sin(angle) + offset[:, None] * math.cos(angle)
        phase = 2 * math.pi * across / GABOR_WAVELENGTH
        cosine = np.cos(phase)
        even.append(2 * envelope * (cosine - (envelope * cosine).sum()))
        odd.append(2 * envelope * np.sin(phase))
    filters = np.stack(even + odd).astype(np.float32)
    filters.flags.writeable = False
    return filters


def orientation_energy(intensity: Array) -> Array:
    """How much there is of each orientation: (h, w) -> (4, h, w), non-negative."""
    answers = np.stack(
        [
            cv2.filter2D(intensity, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE)
            for kernel in gabor_filters()
        ]
    )
    even, odd = np.split(answers, 2)
    return np.hypot(even, odd)


def center_surround(features: dict[int, Array], center: int, surround: int) -> Array:
    """Absolute difference of two pyramid scales at the size of the finer one, (C, h, w)."""
    fine = features[center]
    size = fine.shape[:0:-1]
    coarse = [
        cv2.resize(level, size, interpolation=cv2.INTER_LINEAR) for level in features[surround]
    ]
    return np.abs(fine - np.stack(coarse))


def averaged(maps: Array, size: tuple[int, ...]) -> Array:
    """Maps (C, h, w) averaged over the cells of a grid of (rows, columns) that divides them."""
    rows, columns = size
    channels, height, width = maps.shape
    cells = maps.reshape(channels, rows, height // rows, columns, width // columns)
    return np.asarray(cells.mean((2, 4)), np.float32)


def promote_peaks(maps: Array) -> Array:
    """The paper's operator N: maps with one strong peak gain, maps with many similar ones lose.

    Each map is stretched to [0, M] with M = 1 and multiplied by (M - m)^2, where m is the mean of
    its local maxima other than the highest.

    Args:
        maps: float32 (C, h, w).

    Returns:
        float32 (C, h, w) in [0, 1].
    """
    area = (1, 2)
    lowest, highest = maps.min(area, keepdims=True), maps.max(area, keepdims=True)
    maps = (maps - lowest) / np.maximum(highest - lowest, np.float32(UNSEEN))
    top = maps.max(area, keepdims=True)
    highest_near = np.stack([cv2.dilate(one, np.ones((3, 3))) for one in maps])
    peaks = (maps >= highest_near) & (maps >= BACKGROUND)
    others = np.maximum((maps * peaks).sum(area, keepdims=True) - top, 0)
    mean_of_others = others / np.maximum(peaks.sum(area, keepdims=True) - 1, 1)
    return np.asarray(maps * (top - mean_of_others) ** 2, np.float32)
