"""The moving average of a network's weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class WeightAverage:
    """An exponential moving average of weights, which predicts better than the last weights.

    Only parameters that learn are averaged; everything else stays as it is.

    It forgets quickly in the first steps, so that it does not hold on to where training started.

    Args:
        network: whose weights are averaged; the average starts as they are.
        decay: share of the average that each step keeps.

    Attributes:
        weights: the average, as a state of the network.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network, self.decay = network, decay
        self.weights = {name: v.detach().clone() for name, v in network.state_dict().items()}

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Go on from an average that was saved."""
        for name, value in self.weights.items():
            value.copy_(weights[name])

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the network's weights after a step, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        learning = [(n, p.detach()) for n, p in self.network.named_parameters() if p.requires_grad]
        averages = [self.weights[name] for name, _ in learning]
        # all at once: a call for each would keep a GPU waiting
        torch._foreach_lerp_(averages, [value for _, value in learning], 1 - decay)
