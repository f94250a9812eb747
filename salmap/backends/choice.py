"""Which backend runs a model: the one place that decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from salmap.backends import Backend

if TYPE_CHECKING:
    from salmap.weights.info import ModelInfo


def open_model(weights: Path | None, architecture: str, device: str) -> tuple[Backend, ModelInfo]:
    """Make a model ready to run.

    Args:
        weights: its file; None for a model that needs none.
        architecture: name of that model, a key of `salmap.models.ARCHITECTURES`.
        device: "cpu", "cuda", or "auto" for a GPU if there is one.

    Returns:
        The backend that runs the model, and what is known about the model.

    Raises:
        ModelError: if there is no such device.
        WeightsError: if the file is missing, damaged, unsafe or made for another Salmap.
    """
    from salmap.backends import pytorch  # noqa: PLC0415  (slow: torch)

    return pytorch.open_model(weights, architecture, device)
