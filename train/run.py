"""A whole run, from recipe and data sets to a model file."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import timm
import torch
from accelerate import Accelerator
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from salmap.errors import TrainingError
from salmap.model_file import save_model
from salmap.model_info import ModelInfo
from salmap.models.encoders import Encoder, load_encoder_weights
from salmap.models.network import PRESETS, NetworkConfig, SaliencyNetwork
from train.config import Recipe
from train.datasets import FixationDataset
from train.engine import Stopped, Trainer

logger = logging.getLogger(__name__)

MODEL_NAME = "model.safetensors"


def fit(
    recipe: Recipe,
    datasets: Sequence[FixationDataset],
    out: Path,
    encoders: Mapping[str, Path],
    cache: Path | None = None,
    resume: bool = False,
    workers: int = 1,
) -> Path | None:
    """Train a model as a recipe says.

    Args:
        recipe: the settings.
        datasets: whole data sets; only their training splits are trained on.
        out: folder of the run.
        encoders: for encoders by timm's name, a safetensors file with pretrained weights; those
            of the others come from the Hub.
        cache: folder for cached features; `out`/features if None.
        resume: go on from the run's last checkpoint.
        workers: processes that read pictures.

    Returns:
        The model file, `out`/model.safetensors; None if the run was asked to stop before its end
        (by a file named STOP in `out`): its last whole epoch is kept.

    Raises:
        SalmapError: if something is wrong with the recipe, the data or a checkpoint.
    """
    torch.manual_seed(recipe.seed)
    accelerator = Accelerator(
        cpu=not torch.cuda.is_available(), mixed_precision=recipe.finetune_precision
    )
    network = SaliencyNetwork(_config(recipe))
    for encoder, config in zip(
        network.encoder_list(), network.network_config.encoders, strict=True
    ):
        _load_pretrained(encoder, config.name, encoders.get(config.name))
    network.to(accelerator.device)
    trainer = Trainer(recipe, network, datasets, out, accelerator, cache, workers)
    try:
        best = trainer.run(resume)
    except Stopped:
        trainer.log.write("stopped")
        return None
    except Exception as error:
        trainer.log.write("failed", message=str(error), kind=type(error).__name__)
        raise
    path = out / MODEL_NAME
    if accelerator.is_main_process:
        save_model(best, path, _info(recipe, best, datasets, trainer.best_scores))
    trainer.log.write("end", model=str(path), scores=trainer.best_scores)
    return path


def _config(recipe: Recipe) -> NetworkConfig:
    preset = PRESETS[recipe.preset]
    return NetworkConfig(preset.encoders, recipe.size or preset.size, preset.width)


def _load_pretrained(encoder: Encoder, name: str, path: Path | None) -> None:
    if path is not None:
        try:
            state: dict[str, Tensor] = load_file(path)
        except (OSError, SafetensorError) as error:
            raise TrainingError(f"The encoder weights {path} can't be read: {error}.") from error
    else:
        logger.info("fetching the pretrained encoder %s from the Hub", name)
        try:
            state = timm.create_model(name, pretrained=True).state_dict()
        except Exception as error:  # timm passes on whatever its HTTP client raises
            raise TrainingError(
                f"The pretrained encoder {name} can't be fetched from the Hub ({error}). Without "
                f"a network, give a file: --encoder {name}=FILE.safetensors (python -m train "
                "convert makes one)."
            ) from error
    load_encoder_weights(encoder, state)


def _info(
    recipe: Recipe,
    network: SaliencyNetwork,
    datasets: Sequence[FixationDataset],
    scores: Mapping[str, Mapping[str, float]],
) -> ModelInfo:
    return ModelInfo(
        name=recipe.name,
        architecture=network.architecture,
        config=network.config(),
        licence=recipe.licence,
        data=tuple(f"{d.name} ({d.licence or 'licence unknown'})" for d in datasets),
        scores={
            name: {metric: [value] for metric, value in by_metric.items()}
            for name, by_metric in scores.items()
        },
        source=f"recipe {recipe.name}, seed {recipe.seed}",
        notes=recipe.notes,
    )
