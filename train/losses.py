"""What training minimizes."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional as F

from salmap.models.network import SaliencyNetwork

from .data.batches import FeatureBatch, PixelBatch, Targets, scaled
from .data.crops import SIDE_MULTIPLE
from .teacher import Teacher, resized


class TrainingLoss(nn.Module):
    """The network with its loss on top, so that wrapping it for several processes wraps both.

    Args:
        network: what learns.
        teacher: whose densities it learns, too, where it sees pixels.
        teacher_weight: their share in the loss.

    Crops larger than the network wants them are made smaller for it; teachers see all of them.
    """

    def __init__(
        self, network: SaliencyNetwork, teacher: Teacher | None = None, teacher_weight: float = 0.0
    ) -> None:
        super().__init__()
        self.network = network
        self.teacher, self.teacher_weight = teacher, teacher_weight

    def forward(self, batch: PixelBatch | FeatureBatch) -> Tensor:
        """The loss of each picture: float32 (B,), bits per fixation."""
        if isinstance(batch, FeatureBatch):
            features = [feature.float() for feature in batch.features]
            return fixation_nll_bits(self.network.decode(features, batch.size), batch.targets)
        images = scaled(batch.images)
        log_density = self.network(resized(images, self.network.size, SIDE_MULTIPLE))
        bits = fixation_nll_bits(log_density, batch.targets)
        if self.teacher is None:
            return bits
        grid = log_density.shape[1], log_density.shape[2]
        taught = self.teacher.densities(
            images, grid, batch.taught_mirrored, batch.teacher, batch.unlabeled, batch.name
        )
        taught_bits = cross_entropy_bits(log_density, taught) * batch.crop_weights
        return (1 - self.teacher_weight) * bits + self.teacher_weight * taught_bits

    def learns_from(self, batch: PixelBatch | FeatureBatch) -> Tensor:
        """bool (B,): the pictures that say anything; without a teacher, those with fixations."""
        if self.teacher is not None:
            return batch.crop_weights > 0
        return batch.targets.weights.sum(1) > 0


def fixation_nll_bits(log_density: Tensor, targets: Targets) -> Tensor:
    """Mean negative log-likelihood of the fixations on each picture, in bits.

    Relative to the uniform density: 0 for a uniform prediction, and otherwise minus the information
    gain over uniform (Kuemmerer, Wallis and Bethge 2015). 0 for a picture without fixations.

    Args:
        log_density: float32 (B, h, w), logsumexp 0 over each grid.
        targets: where people looked.

    Returns:
        float32 (B,), bits per fixation.
    """
    at_points = F.grid_sample(
        log_density[:, None].float(),
        targets.points[:, None],
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )[:, 0, 0]  # (B, n)
    gain = (at_points + math.log(_cells(log_density))) * targets.weights
    return -gain.sum(1) / math.log(2)


def cross_entropy_bits(log_density: Tensor, density: Tensor) -> Tensor:
    """Cross entropy of a student's density and its teacher's, in bits.

    Relative to the uniform density, like `fixation_nll_bits`; least where both agree.

    Args:
        log_density: the student's, (B, h, w), logsumexp 0.
        density: the teacher's, (B, h, w), sums to 1.

    Returns:
        float32 (B,), bits.
    """
    gain = (density * (log_density.float() + math.log(_cells(log_density)))).sum((1, 2))
    return -gain / math.log(2)


def _cells(grids: Tensor) -> int:
    return grids.shape[-2] * grids.shape[-1]
