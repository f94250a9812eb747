"""The decoder: feature maps of several strides, fused from coarse to fine into one map."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from timm.layers import LayerNorm2d
from torch import Tensor, nn
from torch.nn import functional as F


class Block(nn.Module):
    """A depthwise-separable residual block (after ConvNeXt, Liu et al. 2022)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix_space = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.norm = LayerNorm2d(width)
        self.expand = nn.Conv2d(width, 2 * width, 1)
        self.project = nn.Conv2d(2 * width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, h, w) -> the same shape."""
        y = self.norm(self.mix_space(x))
        return x + self.project(F.gelu(self.expand(y)))


class Decoder(nn.Module):
    """Top-down fusion; maps of one stride, from however many encoders, are added up.

    Args:
        channels, strides: of the feature maps, in the order in which `forward` gets them.
        width: channels inside the decoder.
    """

    def __init__(self, channels: Sequence[int], strides: Sequence[int], width: int) -> None:
        super().__init__()
        self.strides = tuple(strides)
        self.order = sorted(set(strides), reverse=True)
        self.laterals = nn.ModuleList(
            nn.Sequential(LayerNorm2d(c), nn.Conv2d(c, width, 1)) for c in channels
        )
        self.blocks = nn.ModuleList(Block(width) for _ in self.order)
        self.norm = LayerNorm2d(width)
        self.head = nn.Conv2d(width, 1, 1)
        with torch.no_grad():  # a new model starts as its center bias
            for parameter in self.head.parameters():
                parameter.zero_()

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Feature maps -> (B, 1, h, w) at the finest stride."""
        x: Tensor | None = None
        for stride, block in zip(self.order, self.blocks, strict=True):
            for lateral, level, feature in zip(self.laterals, self.strides, features, strict=True):
                if level != stride:
                    continue
                side = lateral(feature)
                if x is not None and x.shape[-2:] != side.shape[-2:]:
                    x = F.interpolate(x, side.shape[-2:], mode="bilinear")
                x = side if x is None else x + side
            x = block(x)
        out: Tensor = self.head(self.norm(x))
        return out
