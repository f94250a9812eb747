"""The models: one file per idea, one interface (`SaliencyModel`), one registry."""

from __future__ import annotations

from typing import Any

from salmap.errors import ModelError
from salmap.models.base import SaliencyModel
from salmap.models.classical import CenterBias, IttiKoch, SpectralResidual
from salmap.models.network import SaliencyNetwork

ARCHITECTURES: dict[str, type[SaliencyModel]] = {
    model.architecture: model for model in (CenterBias, SpectralResidual, IttiKoch, SaliencyNetwork)
}


def build(architecture: str, config: dict[str, Any]) -> SaliencyModel:
    """A model with untrained parameters, in eval mode.

    Raises:
        ModelError: if the architecture is unknown or the configuration makes no sense.
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise ModelError(f"There is no architecture '{architecture}'. Available: {known}.")
    return ARCHITECTURES[architecture].from_config(config).eval()


__all__ = ["ARCHITECTURES", "SaliencyModel", "build"]
