"""The models, one file per idea: networks, which need torch, and classical ones, which do not.

Nothing here imports torch; `salmap.models.network` does.
"""

from salmap.models.center_bias_model import CenterBias
from salmap.models.classical_model import ClassicalModel
from salmap.models.config import NETWORK
from salmap.models.itti_koch import IttiKoch
from salmap.models.spectral_residual import SpectralResidual

CLASSICAL: dict[str, type[ClassicalModel]] = {
    model.architecture: model for model in (CenterBias, SpectralResidual, IttiKoch)
}

__all__ = ["CLASSICAL", "NETWORK", "CenterBias", "ClassicalModel", "IttiKoch", "SpectralResidual"]
