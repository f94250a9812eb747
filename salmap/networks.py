"""What trained networks are made of, and the ones that can be trained by name. No torch here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from salmap.errors import ModelError


@dataclass(frozen=True)
class EncoderConfig:
    """Which encoder, and what is taken from it.

    Attributes:
        name: timm's name of the network, such as "tf_efficientnet_lite2".
        levels: which of timm's feature levels to take, finest first.
        stride: for an encoder of one grid: the stride that it shall have in the network's pixels.
            The encoder is shown a smaller or larger picture, so that its cells align with those of
            other encoders. 0 keeps its own.
    """

    name: str
    levels: tuple[int, ...]
    stride: int = 0

    def __post_init__(self) -> None:
        # weight files come from strangers: a name with a scheme would fetch or open things
        if re.fullmatch(r"[\w.]+", self.name) is None:
            raise ModelError(f"The encoder '{self.name[:80]}' is not the name of a timm network.")
        if not 1 <= len(self.levels) <= 16:
            raise ModelError(f"An encoder gives 1 to 16 levels, not {len(self.levels)}.")
        if self.stride and not 4 <= self.stride <= 64:
            raise ModelError(f"An encoder's stride is 4 to 64 pixels, not {self.stride}.")


@dataclass(frozen=True)
class NetworkConfig:
    """What a network is made of; written into its weight file.

    Attributes:
        encoders: one or more, side by side.
        size: long side in pixels at which pictures are shown to the network.
        width: channels inside the decoder.
        page_gain: factor on the network's evidence on pages and designs; see `salmap.hedge`.
    """

    encoders: tuple[EncoderConfig, ...]
    size: int
    width: int = 64
    page_gain: float = 0.7

    def __post_init__(self) -> None:
        if not 1 <= len(self.encoders) <= 4:
            raise ModelError(f"A network has 1 to 4 encoders, not {len(self.encoders)}.")
        if not 32 <= self.size <= 4096:
            raise ModelError(f"The size of a network must be 32 to 4096 pixels, not {self.size}.")
        if not 8 <= self.width <= 1024:
            raise ModelError(f"The decoder's width must be 8 to 1024, not {self.width}.")
        if not 0 < self.page_gain <= 1:
            raise ModelError(f"The gain on pages lies above 0 and up to 1: {self.page_gain}.")

    @classmethod
    def from_json(cls, config: dict[str, Any]) -> NetworkConfig:
        """Read what `dataclasses.asdict` wrote.

        Raises:
            ModelError: if a field is missing, unknown, of another kind or out of range.
        """
        try:
            encoders = tuple(
                EncoderConfig(
                    str(e["name"]),
                    tuple(int(level) for level in e["levels"]),
                    int(e.get("stride", 0)),  # absent from files made before it was a setting
                )
                for e in config["encoders"]
            )
            rest = {key: value for key, value in config.items() if key != "encoders"}
            gain = float(rest.pop("page_gain", cls.page_gain))  # absent from older files, too
            return cls(encoders, page_gain=gain, **{key: int(rest[key]) for key in rest})
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"The network's configuration can't be read: {error!r}.") from error


@dataclass(frozen=True)
class Pretrained:
    """An encoder with the place of its pretrained weights.

    Attributes:
        config: the encoder, and what is taken from it.
        repository: on the Hub, `owner/name`.
    """

    config: EncoderConfig
    repository: str


@dataclass(frozen=True)
class Preset:
    """A network that a recipe can name.

    Attributes:
        description: for people who choose.
        size: long side in pixels at which pictures are shown to it unless a recipe says otherwise.
        encoders: one or more, side by side.
    """

    description: str
    size: int
    encoders: tuple[Pretrained, ...]

    @property
    def config(self) -> NetworkConfig:
        """What the network is made of."""
        return NetworkConfig(tuple(encoder.config for encoder in self.encoders), self.size)


LITE0 = Pretrained(
    EncoderConfig("tf_efficientnet_lite0", (2, 3, 4)), "timm/tf_efficientnet_lite0.in1k"
)
LITE2 = Pretrained(
    EncoderConfig("tf_efficientnet_lite2", (2, 3, 4)), "timm/tf_efficientnet_lite2.in1k"
)
DINOV2 = Pretrained(
    EncoderConfig("vit_small_patch14_dinov2", (5, 8, 11), stride=16),
    "timm/vit_small_patch14_dinov2.lvd142m",
)
RESNET50 = Pretrained(EncoderConfig("resnet50.tv_in1k", (2, 3, 4)), "timm/resnet50.tv_in1k")

#: all that has to be said of a new network is its entry here
PRESETS = {
    "lite": Preset("EfficientNet-Lite2: small, trains on any computer.", 576, (LITE2,)),
    "large": Preset(
        "EfficientNet-Lite2 and DINOv2 ViT-S/14 together: best, slowest.", 640, (LITE2, DINOV2)
    ),
    "resnet50": Preset("ResNet-50: larger, about three times slower.", 512, (RESNET50,)),
    "tiny": Preset("EfficientNet-Lite0 on small pictures: for live ones.", 352, (LITE0,)),
}
