"""The two stages of a run: what each learns, and from which views of the pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from accelerate import Accelerator
from torch import nn
from torch.utils.data import Dataset

from salmap.errors import TrainingError
from salmap.models.encoders import Encoder
from salmap.models.network import SaliencyNetwork

from .data.features import FeatureCache, FeatureDataset
from .data.mixture import Mixture, plan_epoch
from .data.pictures import ViewDataset
from .data.views import View, random_view, whole_view
from .precision import is_bfloat16_on_cpu, keep_depthwise_float32
from .recipe import Recipe

Plan = list[list[View]]
_SLICES = 12  # of an encoder, for their learning rates


@dataclass(frozen=True)
class Stage:
    """Where a stage's batches come from and what of the network learns.

    Attributes:
        name: "frozen" or "finetune".
        accumulate: batches for one step of the optimizer.
        pictures: indexed by a `View`.
        plans: the batches of each epoch.
        groups: parameter groups, each with its `base_lr`.
    """

    name: str
    accumulate: int
    pictures: Dataset[dict[str, Any]]
    plans: Sequence[Plan]
    groups: list[dict[str, Any]]

    @property
    def epochs(self) -> int:
        """How many epochs the stage has."""
        return len(self.plans)


def frozen_stage(
    recipe: Recipe,
    network: SaliencyNetwork,
    pictures: ViewDataset,
    accelerator: Accelerator,
    cache: FeatureCache,
    workers: int,
) -> Stage:
    """Decoder and readout on cached features; fills the cache first."""
    mixture = pictures.mixture

    def view(item: int, rng: np.random.Generator) -> View:
        flip = bool(rng.random() < recipe.flip)
        return whole_view(item, mixture.size(item), network.size, flip)

    plans = _plans(recipe, mixture, recipe.frozen_epochs, recipe.frozen_batch, view)
    used = list(dict.fromkeys(view for plan in plans for batch in plan for view in batch))
    mine = used[accelerator.process_index :: accelerator.num_processes]
    cache.fill(mine, accelerator, pictures, workers)
    accelerator.wait_for_everyone()
    network.encoders.requires_grad_(False)
    groups = [{"params": _learning(network), "base_lr": recipe.frozen_lr}]
    return Stage("frozen", 1, FeatureDataset(cache), plans, groups)


def finetune_stage(
    recipe: Recipe, network: SaliencyNetwork, pictures: ViewDataset, accelerator: Accelerator
) -> Stage:
    """Everything, end to end, on augmented pictures."""
    mixture = pictures.mixture

    def view(item: int, rng: np.random.Generator) -> View:
        return random_view(item, mixture.size(item), network.size, recipe, rng)

    plans = _plans(recipe, mixture, recipe.finetune_epochs, recipe.finetune_batch, view)
    network.encoders.requires_grad_(True)
    for encoder in network.encoder_list():
        encoder.freeze_up_to(recipe.finetune_freeze_stride)
        if encoder.name in recipe.finetune_freeze:
            encoder.freeze_through(recipe.finetune_freeze[encoder.name])
        if recipe.finetune_checkpoint:
            checkpoint_activations(encoder)
    if is_bfloat16_on_cpu(accelerator):
        keep_depthwise_float32(network)
    rest = _learning(network.decoder) + _learning(network.finalizer)
    groups = [
        *_encoder_groups(recipe, network),
        {"params": rest, "base_lr": recipe.finetune_decoder_lr},
    ]
    return Stage("finetune", recipe.finetune_accumulate, pictures, plans, groups)


def _encoder_groups(recipe: Recipe, network: SaliencyNetwork) -> list[dict[str, Any]]:
    """The encoders' parameters, in up to a dozen slices from first to last layer, each its rate."""
    groups: list[dict[str, Any]] = []
    for encoder in network.encoder_list():
        factor = recipe.finetune_encoder_factors.get(encoder.name, 1.0)
        parameters = list(encoder.parameters())
        for part in range(_SLICES):
            start, end = (len(parameters) * edge // _SLICES for edge in (part, part + 1))
            learning = [p for p in parameters[start:end] if p.requires_grad]
            rate = recipe.finetune_encoder_lr * factor
            rate *= recipe.finetune_depth_decay ** (1 - part / (_SLICES - 1))
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
            f"timm can't checkpoint the activations of {type(net).__name__}. Leave "
            "finetune_checkpoint out of the recipe; a smaller finetune_batch with a larger "
            "finetune_accumulate saves memory, too."
        )
    net.set_grad_checkpointing(True)


def _plans(
    recipe: Recipe,
    mixture: Mixture,
    epochs: int,
    batch: int,
    view: Callable[[int, np.random.Generator], View],
) -> list[Plan]:
    pictures = recipe.epoch_pictures or len(mixture)
    return [
        plan_epoch(mixture, epoch, pictures, batch, recipe.seed, view) for epoch in range(epochs)
    ]


def _learning(module: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in module.parameters() if parameter.requires_grad]
