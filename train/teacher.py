"""Knowledge distillation: a student learns the densities of trained models on pictures it sees.

After Hinton, Vinyals and Dean 2015; that teacher and student see the same view, however cropped or
blended, follows Beyer et al. 2022 ("A good teacher is patient and consistent").
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from salmap.model_file import load_model
from salmap.models.base import SaliencyModel
from salmap.models.folding import folded


class Teacher:
    """Trained models; what they teach is the mean of their densities.

    Args:
        models: at least one.
        size: long side in pixels at which the student is shown pictures.
        digest: names the models, for runs that are resumed.
    """

    def __init__(self, models: Sequence[SaliencyModel], size: int, digest: str = "") -> None:
        self.models = [folded(model).to(memory_format=torch.channels_last) for model in models]
        self.size = size
        self.digest = digest

    @classmethod
    def load(cls, paths: Sequence[Path], size: int) -> Teacher:
        """From model files.

        Raises:
            ModelError: if a file is no model.
        """
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        return cls([load_model(path)[0] for path in paths], size, " ".join(digests))

    def to(self, device: torch.device) -> Teacher:
        """The same on another device."""
        self.models = [model.to(device) for model in self.models]
        return self

    @torch.no_grad()
    def densities(self, images: Tensor, grid: tuple[int, int]) -> Tensor:
        """What the student shall say of these pictures.

        Args:
            images: float32 (B, 3, h, w) in [0, 1], at the student's size.
            grid: (rows, columns) of the student's densities.

        Returns:
            float32 (B, rows, columns), each sums to 1.
        """
        total = images.new_zeros(len(images), *grid)
        for model in self.models:
            scale = model.size / self.size
            size = [round(side * scale) // 16 * 16 for side in images.shape[-2:]]
            seen = images
            if tuple(size) != tuple(images.shape[-2:]):
                seen = F.interpolate(images, size, mode="bilinear", antialias=True)
            seen = seen.contiguous(memory_format=torch.channels_last)
            logits = model(seen).float()
            density = logits.flatten(1).softmax(1).view_as(logits)
            density = F.interpolate(density[:, None], grid, mode="bilinear")[:, 0]
            total += density / density.sum((1, 2), keepdim=True)
        return total / len(self.models)


def cross_entropy_bits(log_density: Tensor, density: Tensor) -> Tensor:
    """What a student is charged for not saying what its teacher says, in bits.

    Relative to the uniform density, as `train.losses.fixation_nll_bits`; least where both agree.

    Args:
        log_density: the student's, (B, h, w), logsumexp 0.
        density: the teacher's, (B, h, w), sums to 1.

    Returns:
        (B,) bits.
    """
    cells = log_density.shape[-2] * log_density.shape[-1]
    gain = (density * (log_density.float() + math.log(cells))).sum((1, 2))
    return -gain / math.log(2)
