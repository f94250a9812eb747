"""Knowledge distillation: a student learns the densities of trained models on pictures it sees.

After Hinton, Vinyals and Dean 2015; that teacher and student see the same crop, however cut or
blended, follows Beyer et al. 2022 ("A good teacher is patient and consistent").
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from salmap.errors import TrainingError
from salmap.models.file import load_model
from salmap.models.folding import folded
from salmap.models.network import SaliencyNetwork
from salmap.pictures import fit_size
from salmap.weights.resolve import resolve


class Teacher:
    """Trained models; what they teach is the mean of their densities.

    They see what the student sees, but resized to the size that each was made for: at a smaller
    student's size they know less (docs/tried.md). Some pictures they see mirrored, and their answer
    is mirrored back: a student that hears now the one, now the other answer learns the mean of
    both, which is better, and no teacher has to run twice.

    Args:
        models: at least one.
        names: what they are called.
        digest: of their weights, to tell whether a resumed run has the same teachers.
    """

    def __init__(
        self, models: Sequence[SaliencyNetwork], names: Sequence[str] = (), digest: str = ""
    ) -> None:
        self.models = [folded(model).to(memory_format=torch.channels_last) for model in models]
        self.names, self.digest = tuple(names), digest

    @classmethod
    def load(cls, names: Sequence[str | Path]) -> Teacher:
        """The models that `salmap.load` finds under these names, files or places on the Hub.

        Raises:
            ModelError, WeightsError: if one can't be loaded.
            TrainingError: if one has no weights to teach with.
        """
        paths = [found.path for name in names if (found := resolve(name))]
        if len(paths) < len(names):
            raise TrainingError(
                "Only trained networks can teach: give --teacher the name or file of one."
            )
        loaded = [load_model(path) for path in paths]
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        models, infos = zip(*loaded, strict=True)
        return cls(models, [info.name for info in infos], " ".join(digests))

    def to(self, device: torch.device) -> Teacher:
        """The same on another device."""
        self.models = [model.to(device) for model in self.models]
        return self

    @torch.no_grad()
    def densities(self, images: Tensor, grid: tuple[int, int], mirrored: Tensor) -> Tensor:
        """What the student should predict for these pictures.

        Args:
            images: float32 (B, 3, h, w) in [0, 1], as the student sees them.
            grid: (rows, columns) of the student's densities.
            mirrored: bool (B,), which of them teachers see mirrored left to right.

        Returns:
            float32 (B, rows, columns), each sums to 1.
        """
        images = _mirrored(images, mirrored)
        total = images.new_zeros(len(images), *grid)
        for model in self.models:
            logits = model(_resized(images, model)).float()
            density = logits.flatten(1).softmax(1).view_as(logits)
            density = F.interpolate(density[:, None], grid, mode="bilinear")[:, 0]
            total += density / density.sum((1, 2), keepdim=True)
        return _mirrored(total / len(self.models), mirrored)


def _mirrored(pictures: Tensor, which: Tensor) -> Tensor:
    """(B, ..., h, w), those of which (B,) is true mirrored left to right."""
    pictures = pictures.clone()
    pictures[which] = pictures[which].flip(-1)
    return pictures


def _resized(images: Tensor, model: SaliencyNetwork) -> Tensor:
    """Pictures (B, 3, h, w) in [0, 1] at the size that the model expects."""
    height, width = images.shape[2:]
    size = fit_size((height, width), model.size, model.output_stride)
    if size == (height, width):
        return images
    resized = F.interpolate(images, size, mode="bicubic", antialias=True).clamp(0, 1)
    return resized.contiguous(memory_format=torch.channels_last)
