"""The classical baselines: models that need no training, or only a histogram of it."""

from salmap.models.center_bias_model import CenterBias
from salmap.models.itti_koch import IttiKoch
from salmap.models.spectral_residual import SpectralResidual

__all__ = ["CenterBias", "IttiKoch", "SpectralResidual"]
