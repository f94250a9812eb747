"""A whole run, from recipe and data sets to a model file."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import timm
import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from salmap.datasets import FixationDataset
from salmap.datasets.unlabeled import open_unlabeled
from salmap.errors import TrainingError
from salmap.files import replace_file
from salmap.models.encoders import Encoder, load_encoder_weights
from salmap.models.file import load_model, save_model
from salmap.models.network import PRESETS, NetworkConfig, SaliencyNetwork
from salmap.weights.info import ModelInfo, read_info
from salmap.weights.resolve import resolve

from .engine import Stopped, Trainer
from .recipe import Recipe
from .teacher import Teacher

logger = logging.getLogger(__name__)

MODEL_NAME = "model.safetensors"
CACHE_GB = 10.0
#: how long processes wait for each other: one may compute features while the others have theirs
PATIENCE = timedelta(hours=6)


def fit(
    recipe: Recipe,
    datasets: Sequence[FixationDataset],
    out: Path,
    encoders: Mapping[str, Path],
    cache: Path | None = None,
    resume: bool = False,
    workers: int | None = None,
    cache_gb: float = CACHE_GB,
    copy: Path | None = None,
    teachers: Sequence[str | Path] = (),
    unlabeled: Path | None = None,
    start: str | Path | None = None,
) -> Path | None:
    """Train a model as a recipe says.

    Args:
        recipe: the settings.
        datasets: whole data sets; only their training splits are trained on.
        out: folder of the run.
        encoders: for encoders by timm's name, a safetensors file with pretrained weights, of the
            encoder alone or of a Salmap model that has it; those of the others come from the Hub.
        cache: folder for features of the frozen encoder and decoded pictures; `out`/cache if None.
            Where several machines train, they must share it, and `out`.
        resume: go on from the run's last checkpoint.
        workers: processes that read pictures, for each process that trains; None: one beside a
            CPU, more beside a GPU.
        cache_gb: what decoded pictures may take in the cache, in units of 10^9 bytes.
        copy: a second place for the finished model, such as `salmap.weights.models_folder`.
        teachers: models as `salmap.load` takes them, whose mean density the second stage learns
            beside the fixations.
        unlabeled: a folder of pictures without fixations, learned from the teachers alone.
        start: a trained model, as `salmap.load` takes it, of the recipe's network at any size; the
            run goes on from it instead of from pretrained encoders and a new decoder. Its encoders
            are replaced by those that `encoders` names.

    Returns:
        The model file, `out`/model.safetensors; None if the run was asked to stop before its end
        (by a file named STOP in `out`): its last whole epoch is kept.

    Raises:
        SalmapError: if something is wrong with the recipe, the data or a checkpoint.
    """
    if not teachers and (unlabeled or recipe.mixed):
        raise TrainingError(
            "Unlabeled and mixed pictures have no fixations: give a model to learn from with "
            "--teacher FILE, or leave out --unlabeled and the recipe's mixed."
        )
    torch.manual_seed(recipe.seed)
    accelerator = Accelerator(
        cpu=not torch.cuda.is_available(),
        mixed_precision=recipe.finetune_precision,
        kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
    )
    network = SaliencyNetwork(network_config(recipe))
    start_name = _load_start(network, start) if start else None
    for encoder in network.encoder_list():
        if start is None or encoder.name in encoders:
            _load_pretrained(encoder, encoder.name, encoders.get(encoder.name))
    network.to(accelerator.device)
    if workers is None:
        workers = _default_workers(accelerator)
    teacher = Teacher.load(teachers) if teachers else None
    trainer = Trainer(
        recipe, network, datasets, out, accelerator, cache, workers, int(cache_gb * 1e9), teacher,
        _open_unlabeled(unlabeled, datasets) if unlabeled else None,
    )  # fmt: skip
    try:
        best = trainer.run(resume)
    except Stopped:
        trainer.log.write("stopped")
        return None
    except Exception as error:
        trainer.log.fail(error)
        raise
    path = out / MODEL_NAME
    if accelerator.is_main_process:
        save_model(
            best, path, _info(recipe, best, datasets, trainer.best_scores, start_name, teacher)
        )
        if copy is not None:
            replace_file(copy, path.read_bytes())
    trainer.log.write("end", model=str(path), scores=trainer.best_scores)
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return path


def _open_unlabeled(path: Path, datasets: Sequence[FixationDataset]) -> FixationDataset:
    held_out = (
        dataset.path(index)
        for dataset in datasets
        for index in range(len(dataset))
        if dataset.split_of(index) != "train"
    )
    return open_unlabeled(path, held_out)


def _default_workers(accelerator: Accelerator) -> int:
    """Enough to keep a GPU busy; a CPU that trains is never faster than one process that reads."""
    if accelerator.device.type == "cpu":
        return 1
    here = int(os.environ.get("LOCAL_WORLD_SIZE", accelerator.num_processes))
    return max(1, min(8, (os.cpu_count() or 1) // here - 1))


def network_config(recipe: Recipe) -> NetworkConfig:
    """What the recipe's network is made of."""
    preset = PRESETS[recipe.preset]
    return NetworkConfig(preset.encoders, recipe.size or preset.size, preset.width)


def _load_start(network: SaliencyNetwork, start: str | Path) -> str:
    """Put a model's weights into the network; its name."""
    found = resolve(start)
    if found is None:
        raise TrainingError(f"{start} has no weights to start from: name a trained network.")
    model, info = load_model(found.path)
    size = {"size": network.size}  # no weight depends on it
    if model.config() | size != network.config():
        raise TrainingError(
            f"The run can't start from {found.path}: {info.name} has another network than the "
            "recipe. Give a model of the same encoders and decoder, or leave out --start."
        )
    network.load_state_dict(model.state_dict())
    return info.name


def _load_pretrained(encoder: Encoder, name: str, path: Path | None) -> None:
    if path is not None:
        state = _encoder_tensors(path, name)
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


def _encoder_tensors(path: Path, name: str) -> dict[str, Tensor]:
    """In timm's names, from a file of the encoder alone or from the encoder in a Salmap model."""
    try:
        state: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"The encoder weights {path} can't be read: {error}.") from error
    if not any(key.startswith("encoders.") for key in state):
        return state
    inside = [encoder["name"] for encoder in read_info(path).config["encoders"]]
    if name not in inside:
        raise TrainingError(
            f"The model {path} has the encoder {' and '.join(inside)}, not {name}. Give another."
        )
    prefix = f"encoders.{inside.index(name)}.net."
    return {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }


def _info(
    recipe: Recipe,
    network: SaliencyNetwork,
    datasets: Sequence[FixationDataset],
    scores: Mapping[str, Mapping[str, float]],
    start_name: str | None,
    teacher: Teacher | None,
) -> ModelInfo:
    started = f", started from {start_name}" if start_name else ""
    taught = f", taught by {' and '.join(teacher.names)}" if teacher else ""
    return ModelInfo(
        name=recipe.name,
        architecture=network.architecture,
        config=network.config(),
        license=recipe.license,
        data=tuple(f"{d.name} ({d.license or 'license unknown'})" for d in datasets),
        scores={
            name: {metric: [value] for metric, value in by_metric.items()}
            for name, by_metric in scores.items()
        },
        source=f"recipe {recipe.name}, seed {recipe.seed}{started}{taught}",
        notes=recipe.notes,
    )
