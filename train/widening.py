"""Wider networks with the same outputs: Net2WiderNet of Chen, Goodfellow and Shlens (2016)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from salmap.errors import WeightsError

#: how far the two halves of a weight are moved apart, as a share of their layer's root mean square
NOISE = 0.1


def widen(
    state: Mapping[str, Tensor],
    shapes: Mapping[str, Sequence[int]],
    noise: float = NOISE,
    seed: int = 0,
) -> dict[str, Tensor]:
    """Weights of the same network with doubled channels that gives the same outputs, each twice.

    Wherever `shapes` has twice the channels, channel c becomes the channels c and c + n. The next
    layer takes half of each: a weight w becomes w / 2 + d and w / 2 - d, with another d for each
    weight. So the function is kept whatever d is, but no two channels get the same gradient and
    training can tell them apart. Convolutions without groups, linear layers, batch and layer norms
    can be widened.

    Args:
        state: weights of the narrow network.
        shapes: the shapes of all tensors of the wide network, by the same names.
        noise: standard deviation of d, as a share of the root mean square of its layer's weights.
        seed: of d.

    Raises:
        WeightsError: if a tensor is missing, or a shape is neither the same nor twice as wide.
    """
    random = torch.Generator().manual_seed(seed)
    missing = [name for name in shapes if name not in state]
    if missing:
        raise WeightsError(f"The narrow network lacks {len(missing)} tensors: '{missing[0]}'.")
    return {name: _widen_one(name, state[name], shapes[name], noise, random) for name in shapes}


def _widen_one(
    name: str, value: Tensor, shape: Sequence[int], noise: float, random: torch.Generator
) -> Tensor:
    factors = [wide / narrow for wide, narrow in zip(shape, value.shape, strict=False)]
    if value.dim() != len(shape) or set(factors[:2]) - {1, 2} or set(factors[2:]) - {1}:
        raise WeightsError(
            f"'{name}' of the shape {tuple(value.shape)} can't be widened to {tuple(shape)}: "
            "channels are kept or doubled."
        )
    if factors[:1] == [2]:
        value = torch.cat([value, value])
    if factors[1:2] == [2]:
        scale = noise * value.square().mean().sqrt()
        apart = scale * torch.randn(value.shape, generator=random, dtype=value.dtype)
        value = torch.cat([value / 2 + apart, value / 2 - apart], dim=1)
    return value
