"""The feature integration model: center against surround, over scales and features."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from salmap.models.map_model import DensitySettings, MapModel

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
    gabor: Tensor

    def __init__(self, settings: DensitySettings = DEFAULTS) -> None:
        super().__init__(settings)
        self.register_buffer("gabor", gabor_filters(), persistent=False)

    def saliency_map(self, images: Tensor) -> Tensor:
        """Mean of the three weighed conspicuity maps; float32 (B, h / 16, w / 16), in [0, 1]."""
        pyramid = gaussian_pyramid(early_features(images), max(CENTERS) + max(DELTAS))
        features = {
            scale: torch.cat([level, orientation_energy(level[:, :1], self.gabor)], 1)
            for scale, level in enumerate(pyramid)
            if scale >= min(CENTERS)
        }
        size = features[MAP_SCALE].shape[-2:]
        feature_maps = [
            promote_peaks(center_surround(features, center, center + delta))
            for center in CENTERS
            for delta in DELTAS
        ]
        # (B, 7, h / 16, w / 16): intensity, red-green, blue-yellow, four orientations
        maps = torch.stack([F.interpolate(m, size, mode="area") for m in feature_maps]).sum(0)
        intensity, color = maps[:, :1], maps[:, 1:3].sum(1, keepdim=True)
        orientation = promote_peaks(maps[:, 3:]).sum(1, keepdim=True)
        return promote_peaks(torch.cat([intensity, color, orientation], 1)).mean(1)


def early_features(images: Tensor) -> Tensor:
    """Intensity and the opponent colors red-green and blue-yellow.

    Args:
        images: float32 (B, 3, h, w), RGB in [0, 1].

    Returns:
        float32 (B, 3, h, w). Hue is taken apart from intensity by dividing by it, and is 0 where
        it is too dark to be seen.
    """
    intensity = images.mean(1, keepdim=True)
    seen = intensity > (DARK * intensity.amax((-2, -1), keepdim=True)).clamp_min(UNSEEN)
    hues = torch.where(seen, images / intensity.clamp_min(UNSEEN), 0)
    r, g, b = hues.split(1, dim=1)
    red, green, blue = r - (g + b) / 2, g - (r + b) / 2, b - (r + g) / 2
    yellow = (r + g) / 2 - (r - g).abs() / 2 - b
    return torch.cat([intensity, red.relu() - green.relu(), blue.relu() - yellow.relu()], 1)


def gaussian_pyramid(images: Tensor, scales: int) -> list[Tensor]:
    """The picture (scale 0) and `scales` reductions by two, (B, C, ceil(h / 2^s), ceil(w / 2^s)).

    A side of one pixel stays as it is.
    """
    pyramid = [images]
    for _ in range(scales):
        rows_halved = _width_halved(pyramid[-1].mT).mT
        pyramid.append(_width_halved(rows_halved))
    return pyramid


def _width_halved(images: Tensor) -> Tensor:
    """Blurred and reduced by two along the last axis: (B, C, h, w) -> (B, C, h, ceil(w / 2)).

    The binomial filter has six taps, so that a pixel lies in the middle of the two it replaces.
    """
    channels, width = images.shape[1], images.shape[-1]
    if width == 1:
        return images
    taps = torch.tensor([1.0, 5, 10, 10, 5, 1], dtype=images.dtype, device=images.device) / 32
    padded = F.pad(images, (2, 2 + width % 2, 0, 0), mode="replicate")
    return F.conv2d(padded, taps.expand(channels, 1, 1, -1), stride=(1, 2), groups=channels)


def gabor_filters() -> Tensor:
    """Even and odd Gabor filters without response to a constant, float32 (8, 1, 13, 13).

    The four even ones come first, each for bars at one of `ORIENTATIONS` (0 is horizontal,
    counted anticlockwise). A grating of contrast 1 gives an energy of about 1.
    """
    half = GABOR_SIDE // 2
    offset = torch.arange(-half, half + 1, dtype=torch.float64)
    envelope = torch.exp(-(offset[:, None] ** 2 + offset[None, :] ** 2) / (2 * GABOR_SIGMA**2))
    envelope /= envelope.sum()
    even, odd = [], []
    for degrees in ORIENTATIONS:
        angle = math.radians(degrees)
        across = offset[None, :] * math.sin(angle) + offset[:, None] * math.cos(angle)
        phase = 2 * math.pi * across / GABOR_WAVELENGTH
        cosine = torch.cos(phase)
        even.append(2 * envelope * (cosine - (envelope * cosine).sum()))
        odd.append(2 * envelope * torch.sin(phase))
    return torch.stack(even + odd)[:, None].float()


def orientation_energy(intensity: Tensor, gabor: Tensor) -> Tensor:
    """How much there is of each orientation: (B, 1, h, w) -> (B, 4, h, w), non-negative."""
    padded = F.pad(intensity, [gabor.shape[-1] // 2] * 4, mode="replicate")
    even, odd = F.conv2d(padded, gabor).chunk(2, dim=1)
    return torch.hypot(even, odd)


def center_surround(features: dict[int, Tensor], center: int, surround: int) -> Tensor:
    """Absolute difference of two pyramid scales at the size of the finer one, (B, C, h, w)."""
    fine = features[center]
    coarse = F.interpolate(features[surround], fine.shape[-2:], mode="bilinear")
    return (fine - coarse).abs()


def promote_peaks(maps: Tensor) -> Tensor:
    """The paper's operator N: maps with one strong peak gain, maps with many similar ones lose.

    Each map is stretched to [0, M] with M = 1 and multiplied by (M - m)^2, where m is the mean of
    its local maxima other than the highest.

    Args:
        maps: float32 (B, C, h, w).

    Returns:
        float32 (B, C, h, w) in [0, 1].
    """
    area = (-2, -1)
    lowest, highest = maps.amin(area, keepdim=True), maps.amax(area, keepdim=True)
    maps = (maps - lowest) / (highest - lowest).clamp_min(UNSEEN)
    top = maps.amax(area, keepdim=True)
    peaks = (maps >= F.max_pool2d(maps, 3, stride=1, padding=1)) & (maps >= BACKGROUND)
    others = ((maps * peaks).sum(area, keepdim=True) - top).clamp_min(0)
    mean_of_others = others / (peaks.sum(area, keepdim=True) - 1).clamp_min(1)
    return maps * (top - mean_of_others) ** 2
