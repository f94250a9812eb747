"""The spectral residual: what is unexpected in the amplitude spectrum of a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

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
    defaults = DEFAULTS

    def saliency_map(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squared inverse transform of the residual; float32 (h, w), see `MapModel`."""
        spectrum = np.fft.fft2(pixels.mean(0), norm="ortho")
        log_amplitude = np.log(np.abs(spectrum) + NO_SIGNAL)
        # exp(log|F| - average + i phase) is F / exp(average): no logarithm of an empty spectrum
        residual = spectrum / np.exp(local_average(log_amplitude))
        return np.asarray(np.abs(np.fft.ifft2(residual, norm="ortho")) ** 2, np.float32)


def local_average(spectrum: NDArray[np.floating]) -> NDArray[np.floating]:
    """The mean of each cell and its eight neighbors, (h, w).

    Cells on the border are repeated outwards, as in the authors' published code.
    """
    return np.asarray(cv2.blur(spectrum, (3, 3), borderType=cv2.BORDER_REPLICATE))
