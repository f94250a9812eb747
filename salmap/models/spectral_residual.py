"""The spectral residual: what is unexpected in the amplitude spectrum of a picture."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from salmap.models.map_model import DensitySettings, MapModel

#: amplitudes below this, a quarter of what rounding to 8 bits leaves, are taken for no signal
NO_SIGNAL = 3e-4
#: of those tried, these made the fixations likeliest on 60 training pictures: 20 of each of OSIE,
#: Saliency in Crowd and Scene Saliency, none of them from a validation split
DEFAULTS = DensitySettings(blur=0.04, uniform=0.05, gamma=1.0)


class SpectralResidual(MapModel):
    """Hou and Zhang 2007, "Saliency Detection: A Spectral Residual Approach", CVPR.

    The picture's intensity at a long side of 64 pixels is Fourier transformed; the log amplitude
    spectrum minus its 3x3 local average, the spectral residual, is transformed back with the
    phase kept, and squared. What statistics alone would predict is gone; what stands out is left.
    The paper's Gaussian smoothing is the blur of the density settings, which are those under which
    the fixations on 60 training pictures were likeliest (see `DEFAULTS`).
    """

    architecture = "spectral-residual"
    size = 64
    output_stride = 1

    def __init__(self, settings: DensitySettings = DEFAULTS) -> None:
        super().__init__(settings)

    def saliency_map(self, images: Tensor) -> Tensor:
        """Squared inverse transform of the residual; float32 (B, h, w), see `MapModel`."""
        spectrum = torch.fft.fft2(images.mean(1), norm="ortho")
        log_amplitude = (spectrum.abs() + NO_SIGNAL).log()
        # exp(log|F| - average + i phase) is F / exp(average): no logarithm of an empty spectrum
        residual = spectrum / local_average(log_amplitude).exp()
        return torch.fft.ifft2(residual, norm="ortho").abs() ** 2


def local_average(spectrum: Tensor) -> Tensor:
    """The mean of each cell and its eight neighbors, (B, h, w).

    Cells on the border are repeated outwards, as in the authors' published code.
    """
    padded = F.pad(spectrum[:, None], (1, 1, 1, 1), mode="replicate")
    return F.avg_pool2d(padded, 3, stride=1)[:, 0]
