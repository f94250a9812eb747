"""A recipe: everything that decides what a training run gives.

In TOML, the settings that both stages share stand at the top, those of one stage in its table,
`[frozen]` or `[finetune]`; see `train/recipes`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from salmap.networks import PRESETS, NetworkConfig

from .settings import (
    AT_LEAST_0,
    AT_LEAST_1,
    DECAY,
    POSITIVE,
    POSITIVE_SHARE,
    RANGE,
    SHARE,
    SHARES,
    SIZES,
    check,
    obeying,
    one_of,
    refuse,
    setting,
)

PRECISIONS = ("no", "bf16")


@dataclass(frozen=True)
class FrozenSettings:
    """`[frozen]`: the first stage, readout and decoder on cached features of the frozen encoder.

    Attributes:
        epochs: 0 leaves the stage out.
        batch: pictures in a batch.
        lr: learning rate.
        readout_factor: on `lr`, for the readout's few numbers: gain, blur, weight of the center
            bias, uniform share. They are logarithms and the like, and far from where they end.
        precision: "no" for float32, or "bf16".
    """

    epochs: int = setting(3, AT_LEAST_0)
    batch: int = setting(16, AT_LEAST_1)
    lr: float = setting(1e-3, AT_LEAST_0)
    readout_factor: float = setting(1.0, POSITIVE)
    precision: str = setting("no", one_of(*PRECISIONS))

    def __post_init__(self) -> None:
        check(self, "frozen")


@dataclass(frozen=True)
class FinetuneSettings:
    """`[finetune]`: the second stage, everything, end to end, on augmented pictures.

    Attributes:
        epochs: 0 leaves the stage out.
        batch: pictures in a batch.
        accumulate: batches for one step of the optimizer, for batches larger than memory.
        encoder_lr: learning rate of the encoders.
        decoder_lr: learning rate of decoder and readout.
        encoder_factors: for encoders by timm's name, a factor on `encoder_lr`; 1 for those that
            are not named.
        depth_decay: the learning rate of an encoder's first layer as a share of its last layer's;
            in between it rises geometrically.
        freeze_stride: encoder parts up to this stride stay frozen (0 trains all).
        freeze: for encoders by timm's name, the part up to which they stay frozen, such as
            "blocks.5".
        precision: "no" for float32, or "bf16".
        checkpoint: compute the encoder's activations again instead of keeping them: less memory,
            more time, the same results.
        crop_size: long side of the crops that teachers see, where they see more than the network;
            0: that of the network.
        unlabeled_share: share of the pictures without fixations in an epoch; 0: by their number.
        unlabeled_sizes: long sides at which teachers see those, now this, now that; none: each
            teacher's own.
        unlabeled_gain: factor on the teachers' evidence there: below 1 they hedge.
        validate_every: epochs from one validation, and checkpoint, to the next.
        repeat: epochs with crops of their own. Those after them show the same batches again, in
            another order and every second time mirrored, and what teachers said of them is read
            from the cache: for teachers that take longer than the student. 0: all.
        teacher_weight: share of the teachers' densities in the loss, the rest is the fixations',
            in a run that is given teachers.
        mixed: probability of a crop that is blended with another of its batch, which only a
            teacher can explain.
        crop: probability of a crop that shows only a part of the picture.
        crop_area: least share of the picture in such a part.
        aspect: range of its width / height.
        brightness, contrast, saturation: largest relative change of each.
    """

    epochs: int = setting(7, AT_LEAST_0)
    batch: int = setting(8, AT_LEAST_1)
    accumulate: int = setting(1, AT_LEAST_1)
    encoder_lr: float = setting(2e-4, AT_LEAST_0)
    decoder_lr: float = setting(5e-4, AT_LEAST_0)
    encoder_factors: dict[str, float] = field(default_factory=dict)
    depth_decay: float = setting(1.0, POSITIVE_SHARE)
    freeze_stride: int = setting(0, AT_LEAST_0)
    freeze: dict[str, str] = field(default_factory=dict)
    precision: str = setting("no", one_of(*PRECISIONS))
    checkpoint: bool = False
    crop_size: int = setting(0, AT_LEAST_0)
    unlabeled_share: float = setting(0.0, DECAY)
    unlabeled_sizes: tuple[int, ...] = setting((), SIZES)
    unlabeled_gain: float = setting(1.0, POSITIVE)
    validate_every: int = setting(1, AT_LEAST_1)
    repeat: int = setting(0, AT_LEAST_0)
    teacher_weight: float = setting(0.5, SHARE)
    mixed: float = setting(0.0, SHARE)
    crop: float = setting(0.2, SHARE)
    crop_area: float = setting(0.5, POSITIVE_SHARE)
    aspect: tuple[float, float] = setting((9 / 16, 16 / 9), RANGE)
    brightness: float = setting(0.1, SHARE)
    contrast: float = setting(0.1, SHARE)
    saturation: float = setting(0.1, SHARE)

    def __post_init__(self) -> None:
        check(self, "finetune")

    def long_side(self, size: int, unlabeled: bool = False) -> int:
        """The long side of crops.

        Args:
            size: that of the network.
            unlabeled: whether they are of pictures without fixations.
        """
        side = self.crop_size or size
        return max((side, *self.unlabeled_sizes)) if unlabeled else side


@dataclass(frozen=True)
class Recipe:
    """The settings of a run; each field is a key of the TOML file, or one of its two tables.

    Attributes:
        name: what the trained model is called.
        preset: which network (a key of `salmap.networks.PRESETS`).
        license: license of the weights, written into their file.
        notes: what the model can and cannot do, written into its file and card.
        seed: seeds everything; the same seed and data give the same weights on the same machine.
        shares: for each data set, its share of the training pictures in an epoch; data sets that
            are not named share the rest by their number of pictures.
        size: long side in pixels; 0 keeps the preset's.
        released_size: long side at which the released model is shown pictures, where another than
            that of training does better; 0 keeps that.
        page_gain: of the released model, factor on its evidence on pages and designs, of which it
            knows less; nearer to 1 for one that was taught to claim less there.
        epoch_pictures: pictures in an epoch; 0 means as many as there are.
        weight_decay: of AdamW.
        clip_norm: longest gradient, as a norm over all parameters.
        warmup: share of a stage's steps in which the learning rate rises.
        ema: decay per step of the moving average of the weights that is validated and exported.
        flip: probability of a mirrored crop.
        frozen, finetune: settings of one stage.
    """

    name: str
    preset: str = setting(dataclasses.MISSING, one_of(*PRESETS))
    license: str = "Apache-2.0"
    notes: str = ""
    seed: int = setting(1, AT_LEAST_0)
    shares: dict[str, float] = field(default_factory=dict, metadata=obeying(SHARES))
    size: int = setting(0, AT_LEAST_0)
    released_size: int = setting(0, AT_LEAST_0)
    page_gain: float = setting(NetworkConfig.page_gain, POSITIVE_SHARE)
    epoch_pictures: int = setting(0, AT_LEAST_0)
    weight_decay: float = setting(1e-4, AT_LEAST_0)
    clip_norm: float = setting(1.0, POSITIVE)
    warmup: float = setting(0.05, SHARE)
    ema: float = setting(0.99, DECAY)
    flip: float = setting(0.5, SHARE)
    frozen: FrozenSettings = FrozenSettings()
    finetune: FinetuneSettings = FinetuneSettings()

    def __post_init__(self) -> None:
        check(self)
        if self.frozen.epochs + self.finetune.epochs == 0:
            refuse("frozen.epochs and finetune.epochs", "can't both be 0", 0)
        encoders = {encoder.name for encoder in self.network.encoders}
        for name in ("encoder_factors", "freeze"):
            value = getattr(self.finetune, name)
            if not encoders.issuperset(value):
                refuse(
                    f"finetune.{name}", f"must name some of {', '.join(sorted(encoders))}", value
                )

    @property
    def network(self) -> NetworkConfig:
        """What the network is made of, at the recipe's size."""
        config = PRESETS[self.preset].config
        return dataclasses.replace(config, size=self.size or config.size)
