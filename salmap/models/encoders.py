"""Encoders: a picture in, named feature maps with their strides out. All come from timm."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from salmap.errors import ModelError
from salmap.networks import EncoderConfig


class Encoder(nn.Module):
    """A timm network cut into feature maps, with its own color normalization.

    Attributes:
        name: timm's name of the network.
        channels: channels of each feature map, finest first.
        strides: the network's pixels per cell of each feature map.
        multiple: pictures are padded to sides that are multiples of this. A network sets it to the
            same for all its encoders.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.name = config.name
        self.net: Any
        try:
            self.net = timm.create_model(
                config.name,
                pretrained=False,
                features_only=True,
                out_indices=config.levels,
                **_any_size(config.name),
            )
        except (RuntimeError, IndexError, AssertionError) as error:
            raise ModelError(
                f"timm can't build the encoder '{config.name}' with levels {config.levels}: {error}"
            ) from error
        described: Any = self.net.feature_info
        self.channels: tuple[int, ...] = tuple(described.channels())
        own: tuple[int, ...] = tuple(described.reduction())
        if config.stride and len(set(own)) != 1:
            raise ModelError(f"'{config.name}' has grids of several strides: its stride is fixed.")
        #: what a side is multiplied by before the encoder sees it
        self.scale = Fraction(own[0], config.stride) if config.stride else Fraction(1)
        self.strides = (config.stride,) * len(own) if config.stride else own
        self.multiple = max(self.strides)
        defaults = timm.get_pretrained_cfg(config.name)
        if defaults is None:
            raise ModelError(f"timm does not say how '{config.name}' wants its colors.")
        for name in ("mean", "std"):
            value = torch.tensor(getattr(defaults, name), dtype=torch.float32).view(1, 3, 1, 1)
            self.register_buffer(name, value)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Feature maps of a batch.

        Args:
            images: float32 (B, 3, h, w), RGB in [0, 1], any size: they are padded at the right
                and bottom to `multiple` with the encoder's mean color.

        Returns:
            One (B, channels, H / stride, W / stride) map for each level, finest first, where H and
            W are the padded sides.
        """
        height, width = images.shape[-2:]
        normalized = (images - self.mean) / self.std
        padded = F.pad(normalized, (0, -width % self.multiple, 0, -height % self.multiple))
        return self.features(padded)

    def features(self, padded: Tensor) -> list[Tensor]:
        """Feature maps of pictures in the encoder's own colors whose sides fit; see `forward`."""
        if self.scale != 1:
            size = [
                side * self.scale.numerator // self.scale.denominator for side in padded.shape[-2:]
            ]
            padded = F.interpolate(padded, size, mode="bilinear", antialias=True)
        features: list[Tensor] = self.net(padded)
        return features

    def freeze_up_to(self, stride: int) -> None:
        """Switch off the gradient of all that lies before the map of this stride, map included.

        Strides that the network does not have count as the next smaller one; below its first, and
        for 0, nothing is frozen.
        """
        stages = [info for info in self.net.feature_info.info if info["reduction"] <= stride]
        if stages:
            self.freeze_through(str(stages[-1]["module"]))

    def freeze_through(self, module: str) -> None:
        """Switch off the gradient of all that lies before a module, module included.

        Args:
            module: its name in timm's network, such as "blocks.5".

        Raises:
            ModelError: if the network has no such module.
        """
        parts = {name: place for place, (name, _) in enumerate(self.timm_net.named_modules())}
        if module not in parts:
            raise ModelError(f"The encoder {self.name} has no part '{module}'.")
        inside = f"{module}."
        for name, parameter in self.timm_net.named_parameters():
            owner = name.rpartition(".")[0]
            if parts[owner] <= parts[module] or name.startswith(inside):
                parameter.requires_grad_(False)

    @property
    def timm_net(self) -> Any:
        """timm's network; timm wraps its transformers once more to take features from them."""
        return getattr(self.net, "model", self.net)


def _any_size(name: str) -> dict[str, Any]:
    """What timm's transformers need to be told to take pictures of any size."""
    return {"dynamic_img_size": True} if name.startswith("vit_") else {}


def load_encoder_weights(encoder: Encoder, state: dict[str, Tensor]) -> None:
    """Take the weights of a whole classifier in timm's names; its head is left out.

    Raises:
        ModelError: if the state lacks one of the encoder's tensors or one has another shape.
    """
    counters = "num_batches_tracked"  # of use to training from scratch only; some files lack them
    net = encoder.timm_net
    own = {k: v for k, v in net.state_dict().items() if not k.endswith(counters)}
    missing = [
        name
        for name, value in own.items()
        if name not in state or tuple(state[name].shape) != tuple(value.shape)
    ]
    if missing:
        raise ModelError(
            f"The encoder weights do not fit: {len(missing)} tensors are missing or have another "
            f"shape, first '{missing[0]}'. They must be timm's weights of the same network."
        )
    net.load_state_dict({name: state[name] for name in own}, strict=False)
