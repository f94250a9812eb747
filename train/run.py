"""A whole run, from recipe and data sets to a model file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from salmap.datasets import FixationDataset
from salmap.errors import TrainingError
from salmap.files import replace_file
from salmap.models.file import save_model
from salmap.models.network import SaliencyNetwork
from salmap.weights.info import ModelInfo

from .checkpoint import Checkpoints
from .data.answers import Answers, answers_folder
from .engine import Trainer
from .machine import Machine, Resources
from .progress import ProgressLog, Stopped
from .recipe import Recipe
from .stages import Stages
from .start import Start, start_network
from .teacher import Teacher
from .training_set import TrainingSet
from .validation import Scores

MODEL_NAME = "model.safetensors"


@dataclass(frozen=True)
class Teaching:
    """What is learned beside the fixations, in the second stage.

    Attributes:
        teachers: models as `salmap.load` takes them; the mean of their densities is learned.
        unlabeled: a folder of pictures without fixations, learned from the teachers alone.
    """

    teachers: Sequence[str | Path] = ()
    unlabeled: Path | None = None


def fit(
    recipe: Recipe,
    datasets: Sequence[FixationDataset],
    out: Path,
    start: Start | None = None,
    teaching: Teaching | None = None,
    resources: Resources | None = None,
    *,
    resume: bool = False,
    copy: Path | None = None,
) -> Path | None:
    """Train a model as a recipe says.

    Args:
        recipe: the settings.
        datasets: whole data sets; only their training splits are trained on.
        out: folder of the run.
        start: the first weights; by default pretrained encoders from the Hub.
        teaching: teachers, if there are any.
        resources: workers and caches.
        resume: go on from the run's last checkpoint.
        copy: a second place for the finished model, such as `salmap.weights.models_folder`.

    Returns:
        The model file, `out`/model.safetensors; None if the run was asked to stop before its end
        (by a file named STOP in `out`): its last complete epoch is kept.

    Raises:
        SalmapError: if something is wrong with the recipe, the data or a checkpoint.
    """
    teaching = teaching or Teaching()
    _require_teachers(recipe, teaching)
    torch.manual_seed(recipe.seed)
    machine = Machine.set_up(out, resources or Resources())
    network, start_name = start_network(recipe.network, start or Start())
    network.to(machine.device)
    data = TrainingSet.of(
        datasets, recipe.shares, teaching.unlabeled, recipe.finetune.unlabeled_share
    )
    teacher = _load_teacher(recipe, teaching, machine, data)
    network.finalizer.center_bias.copy_(torch.from_numpy(data.center_bias()))
    checkpoints = Checkpoints(out, _fingerprint(recipe, network, data, teacher))
    stages = Stages(recipe, network, data, machine, teacher)
    log = ProgressLog(out, enabled=machine.is_first)
    trainer = Trainer(stages, checkpoints, log)
    try:
        best = trainer.run(resume)
    except Stopped:
        log.write("stopped")
        return None
    except Exception as error:
        log.fail(error)
        raise
    path = out / MODEL_NAME
    if machine.is_first:
        origin = _origin(recipe, start_name, teacher)
        save_model(best, path, _info(recipe, best, datasets, trainer.scores, origin))
        if copy is not None:
            replace_file(copy, path.read_bytes())
    log.write("end", model=str(path), scores=trainer.scores)
    machine.wait_for_all()
    machine.accelerator.end_training()
    return path


def _load_teacher(
    recipe: Recipe, teaching: Teaching, machine: Machine, data: TrainingSet
) -> Teacher | None:
    if not teaching.teachers:
        return None
    settings = recipe.finetune
    teacher = Teacher.load(teaching.teachers, settings.unlabeled_sizes, settings.unlabeled_gain)
    if settings.repeat:
        depends_on = teacher.digest, teacher.sizes, settings.unlabeled_gain, settings.precision
        teacher.answers = Answers(answers_folder(machine.cache, *depends_on, data.names()))
    return teacher.to(machine.device)


def _require_teachers(recipe: Recipe, teaching: Teaching) -> None:
    if not teaching.teachers and (teaching.unlabeled or recipe.finetune.mixed):
        raise TrainingError(
            "Unlabeled and mixed pictures have no fixations: give a model to learn from with "
            "--teacher FILE, or leave out --unlabeled and the recipe's finetune.mixed."
        )


def _fingerprint(
    recipe: Recipe, network: SaliencyNetwork, data: TrainingSet, teacher: Teacher | None
) -> str:
    """Of all that decides what a run gives: a run is resumed only with the same."""
    settings = dataclasses.asdict(recipe)
    settings["finetune"].pop("checkpoint")  # saves memory and changes nothing else
    digest = teacher.digest if teacher else ""
    text = json.dumps([settings, network.config(), data.names(), digest])
    return hashlib.sha256(text.encode()).hexdigest()


def _origin(recipe: Recipe, start_name: str, teacher: Teacher | None) -> str:
    started = f", started from {start_name}" if start_name else ""
    taught = f", taught by {' and '.join(teacher.names)}" if teacher else ""
    return f"recipe {recipe.name}, seed {recipe.seed}{started}{taught}"


def _info(
    recipe: Recipe,
    network: SaliencyNetwork,
    datasets: Sequence[FixationDataset],
    scores: Scores,
    origin: str,
) -> ModelInfo:
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
        source=origin,
        notes=recipe.notes,
    )
