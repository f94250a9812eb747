"""The trained models: encoder(s) -> decoder -> readout, for any picture size."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from salmap.models.config import NETWORK
from salmap.models.decoder import Decoder
from salmap.models.encoders import Encoder
from salmap.models.readout import Finalizer
from salmap.networks import NetworkConfig


class SaliencyNetwork(nn.Module):
    """Encoders, a top-down decoder, and a finalizer that turns evidence into a log density.

    It knows nothing about files, the original size or colors other than RGB: the predictor resizes
    a picture so that its long side is `size` and both sides are multiples of `output_stride`, and
    turns what comes back into a log density of the picture's own size.

    Attributes:
        architecture: what weight files call it.
        size: long side, in pixels, at which it wants its pictures.
        output_stride: input pixels per cell of the output grid, along each axis.
    """

    architecture: ClassVar[str] = NETWORK
    output_stride = 4

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.network_config = config
        self.encoders = nn.ModuleList(Encoder(encoder) for encoder in config.encoders)
        multiple = math.lcm(*(encoder.multiple for encoder in self.encoder_list()))
        for encoder in self.encoder_list():
            encoder.multiple = multiple
        channels = [c for encoder in self.encoder_list() for c in encoder.channels]
        strides = [s for encoder in self.encoder_list() for s in encoder.strides]
        self.finest_stride = min(strides)
        self.decoder = Decoder(channels, strides, config.width)
        self.finalizer = Finalizer()

    @property
    def size(self) -> int:
        """Long side, in pixels, at which it wants its pictures."""
        return self.network_config.size

    def encoder_list(self) -> list[Encoder]:
        """The encoders, typed."""
        return [encoder for encoder in self.encoders if isinstance(encoder, Encoder)]

    def encode(self, images: Tensor) -> list[Tensor]:
        """float32 (B, 3, h, w) in [0, 1] -> the feature maps of all encoders, finest first."""
        return [feature for encoder in self.encoder_list() for feature in encoder(images)]

    def evidence(self, features: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """Feature maps of a batch of pictures of (h, w) -> evidence float32 (B, h/4, w/4)."""
        evidence = self.decoder(features).float()
        evidence = F.interpolate(
            evidence, scale_factor=self.finest_stride / self.output_stride, mode="bilinear"
        )
        rows, columns = size[0] // self.output_stride, size[1] // self.output_stride
        return evidence[:, 0, :rows, :columns]  # what was padded takes no part in the softmax

    def decode(self, features: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """Feature maps of a batch of pictures of (h, w) -> log density float32 (B, h/4, w/4)."""
        evidence = self.evidence(features, size)
        with torch.autocast(evidence.device.type, enabled=False):
            log_density: Tensor = self.finalizer(evidence)
        return log_density

    def pooled(self, features: Sequence[Tensor]) -> Tensor:
        """Feature maps of a batch -> what they hold on average over the picture, float32 (B, d)."""
        return torch.cat([feature.float().mean((2, 3)) for feature in features], 1)

    def forward(self, images: Tensor) -> Tensor:
        """Predict a batch.

        Args:
            images: float32 (B, 3, h, w), RGB in [0, 1]; h and w are multiples of `output_stride`.

        Returns:
            float32 (B, h / output_stride, w / output_stride): log density, logsumexp 0.
        """
        height, width = images.shape[-2:]
        return self.decode(self.encode(images), (height, width))

    def probability(self, images: Tensor) -> Tensor:
        """The reference shape: float32 (B, 3, h, w) -> (B, 1, h, w), a probability per pixel.

        Each (h, w) sums to 1. For `resnet50`, 512x512x3 in gives 512x512x1 out.
        """
        logits = F.interpolate(self(images)[:, None], images.shape[-2:], mode="bilinear")
        return logits.flatten(1).softmax(1).view_as(logits)

    def config(self) -> dict[str, Any]:
        """Everything, as JSON values, that `from_config` needs to build this network anew."""
        config = dataclasses.asdict(self.network_config)
        for encoder in config["encoders"]:
            encoder["levels"] = list(encoder["levels"])
        config["encoders"] = list(config["encoders"])
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Build a network with untrained parameters.

        Raises:
            ModelError: if a setting is missing, unknown or out of range.
        """
        return cls(NetworkConfig.from_json(config))
