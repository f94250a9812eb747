"""The two stages of a run: what each learns, and from which crops of the pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import nn

from salmap.errors import TrainingError
from salmap.models.encoders import Encoder
from salmap.models.network import SaliencyNetwork

from .data.batches import BatchSource, FeatureBatch, PixelBatch
from .data.crops import Crop, enough_pixels, random_crop, whole_crop
from .data.features import FeatureCache, FeatureSource
from .data.mixture import Mixture, Plan, plan_epoch, seen_again
from .data.pictures import PictureCache, PixelSource
from .losses import TrainingLoss
from .machine import Machine
from .precision import attend_in_parts, is_bfloat16_on_cpu, keep_depthwise_float32
from .recipe import FinetuneSettings, FrozenSettings, Recipe
from .teacher import Teacher
from .training_set import TrainingSet

_SLICES = 12  # of an encoder, for their learning rates
#: is told (crops done, crops in all) while features are computed
Report = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Stage:
    """Where a stage's batches come from and what of the network learns.

    Attributes:
        name: "frozen" or "finetune".
        source: makes batches.
        plans: the batches of each epoch.
        loss: of a batch.
        groups: parameter groups, each with its `base_lr`.
        precision: "no" or "bf16".
        accumulate: batches for one step of the optimizer.
        validate_every: epochs from one validation to the next.
    """

    name: str
    source: BatchSource[PixelBatch | FeatureBatch]
    plans: Sequence[Plan]
    loss: TrainingLoss
    groups: list[dict[str, Any]]
    precision: str
    accumulate: int = 1
    validate_every: int = 1

    @property
    def epochs(self) -> int:
        """How many epochs the stage has."""
        return len(self.plans)

    @property
    def steps(self) -> int:
        """How many steps of the optimizer the stage has."""
        return sum(math.ceil(len(plan) / self.accumulate) for plan in self.plans)


class Stages:
    """Builds the stages of a run, each when the one before it is done.

    Args:
        recipe: the settings.
        network: what learns.
        data: the pictures.
        machine: where the run takes place.
        teacher: from which the second stage learns, too.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: SaliencyNetwork,
        data: TrainingSet,
        machine: Machine,
        teacher: Teacher | None = None,
    ) -> None:
        self.recipe, self.network, self.data = recipe, network, data
        self.machine, self.teacher = machine, teacher
        self.epochs = {"frozen": recipe.frozen.epochs, "finetune": recipe.finetune.epochs}
        used = [s.precision for s in (recipe.frozen, recipe.finetune) if s.epochs]
        if any(is_bfloat16_on_cpu(machine.device, precision) for precision in used):
            for model in (network, *(teacher.all_models if teacher else ())):
                attend_in_parts(model)

    def build(self, name: str, report: Report) -> Stage:
        """The stage of this name; `report` follows how features are computed for it."""
        return self.finetune() if name == "finetune" else self.frozen(report)

    def frozen(self, report: Report) -> Stage:
        """Decoder and readout on cached features; fills the cache first."""
        settings, network, mixture = self.recipe.frozen, self.network, self.data.mixture

        def draw(item: int, rng: np.random.Generator) -> Crop:
            is_mirrored = bool(rng.random() < self.recipe.flip)
            return whole_crop(item, mixture.size(item), network.size, is_mirrored)

        plans = self._plans(mixture, settings.epochs, settings.batch, draw)
        cache = FeatureCache(self.machine.cache, network, mixture)
        crops = list(dict.fromkeys(crop for plan in plans for batch in plan for crop in batch))
        cache.fill(crops, self._pixels(mixture), self.machine, settings.precision, report)
        self.machine.wait_for_all()
        network.encoders.requires_grad_(False)
        loss, groups = TrainingLoss(network), frozen_groups(network, settings)
        return Stage("frozen", FeatureSource(cache), plans, loss, groups, settings.precision)

    def finetune(self) -> Stage:
        """Everything, end to end, on augmented pictures."""
        settings, network, mixture = self.recipe.finetune, self.network, self.data.taught

        def draw(item: int, rng: np.random.Generator) -> Crop:
            unlabeled = mixture.is_unlabeled(item)
            long_side = settings.long_side(network.size, unlabeled)
            crop = random_crop(item, mixture.size(item), long_side, self.recipe, rng)
            return replace(crop, unlabeled=unlabeled)

        plans = self._plans(mixture, settings.epochs, settings.batch, draw, settings.repeat)
        _unfreeze(network, settings)
        if is_bfloat16_on_cpu(self.machine.device, settings.precision):
            keep_depthwise_float32(network)
        rest = _learning(network.decoder) + _learning(network.finalizer)
        groups = [
            *encoder_groups(network, settings),
            {"params": rest, "base_lr": settings.decoder_lr},
        ]
        return Stage(
            "finetune",
            self._pixels(mixture),
            plans,
            TrainingLoss(network, self.teacher, settings.teacher_weight),
            groups,
            settings.precision,
            settings.accumulate,
            settings.validate_every,
        )

    def _plans(
        self,
        mixture: Mixture,
        epochs: int,
        batch: int,
        draw: Callable[[int, np.random.Generator], Crop],
        repeat: int = 0,
    ) -> list[Plan]:
        pictures = self.recipe.epoch_pictures or len(mixture)
        seed = self.recipe.seed
        own = min(epochs, repeat or epochs)
        plans = [plan_epoch(mixture, epoch, pictures, batch, seed, draw) for epoch in range(own)]
        return plans + [
            seen_again(plans[epoch % own], epoch // own, seed) for epoch in range(own, epochs)
        ]

    def _pixels(self, mixture: Mixture) -> PixelSource:
        settings = self.recipe.finetune
        long_side = settings.long_side(self.network.size, bool(mixture.unlabeled))

        def enough(size: tuple[int, int]) -> tuple[int, int]:
            return enough_pixels(size, max(long_side, self.network.size), settings)

        folder = self.machine.cache / "pictures"
        pictures = PictureCache(folder, mixture, enough, self.machine.cache_bytes)
        if self.machine.is_first:
            pictures.make_room()
        self.machine.wait_for_all()  # it must not remove what others are writing
        return PixelSource(pictures)


def _unfreeze(network: SaliencyNetwork, settings: FinetuneSettings) -> None:
    """Let the encoders learn, but for the parts that the settings keep frozen."""
    network.encoders.requires_grad_(True)
    for encoder in network.encoder_list():
        encoder.freeze_up_to(settings.freeze_stride)
        if encoder.name in settings.freeze:
            encoder.freeze_through(settings.freeze[encoder.name])
        if settings.checkpoint:
            checkpoint_activations(encoder)


def frozen_groups(network: SaliencyNetwork, settings: FrozenSettings) -> list[dict[str, Any]]:
    """Decoder and readout, each with its rate; nothing pulls the readout's numbers to 0."""
    readout_lr = settings.lr * settings.readout_factor
    return [
        {"params": _learning(network.decoder), "base_lr": settings.lr},
        {"params": _learning(network.finalizer), "base_lr": readout_lr, "weight_decay": 0.0},
    ]


def encoder_groups(network: SaliencyNetwork, settings: FinetuneSettings) -> list[dict[str, Any]]:
    """The encoders' parameters, in up to a dozen slices from first to last layer, each its rate."""
    groups: list[dict[str, Any]] = []
    for encoder in network.encoder_list():
        factor = settings.encoder_factors.get(encoder.name, 1.0)
        parameters = list(encoder.parameters())
        for part in range(_SLICES):
            start, end = (len(parameters) * edge // _SLICES for edge in (part, part + 1))
            learning = [p for p in parameters[start:end] if p.requires_grad]
            rate = settings.encoder_lr * factor
            rate *= settings.depth_decay ** (1 - part / (_SLICES - 1))
            if learning:
                groups.append({"params": learning, "base_lr": rate})
    return groups


def checkpoint_activations(encoder: Encoder) -> None:
    """Let an encoder compute activations again in the backward pass instead of keeping them.

    Raises:
        TrainingError: if timm can't do that with this encoder.
    """
    net = encoder.timm_net
    if not hasattr(net, "set_grad_checkpointing"):
        raise TrainingError(
            f"timm can't checkpoint the activations of {type(net).__name__}. Leave checkpoint out "
            "of [finetune]; a smaller batch with a larger accumulate saves memory, too."
        )
    net.set_grad_checkpointing(True)


def _learning(module: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in module.parameters() if parameter.requires_grad]
