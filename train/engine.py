"""Training: two stages over one loop.

"frozen" trains decoder and readout on cached features of the frozen encoder, in minutes;
"finetune" then trains everything end to end. Either can be left out by setting its epochs to 0.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from salmap.backends.pytorch import TorchBackend
from salmap.datasets import FixationDataset
from salmap.errors import TrainingError
from salmap.evaluation.baseline import Baseline
from salmap.models import build
from salmap.models.network import SaliencyNetwork
from salmap.predictor import Predictor
from salmap.types import ImageArray

from .checkpoint import (
    Position,
    State,
    load_checkpoint,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
)
from .data.features import FeatureCache
from .data.mixture import Mixture
from .data.pictures import PictureCache, ViewDataset
from .data.views import enough_pixels
from .followed import FollowedSample
from .precision import attend_in_parts, is_bfloat16_on_cpu
from .progress import Meter, ProgressLog
from .recipe import Recipe
from .stages import Stage, finetune_stage, frozen_stage
from .steps import FixationLoss, learning_rate_factor, loader, to_device
from .teacher import Teacher
from .validation import ValidationSet, training_baseline, validate

logger = logging.getLogger(__name__)

LAST, BEST = "last.safetensors", "best.safetensors"


class Stopped(Exception):  # noqa: N818  (not an error: somebody asked for it)
    """The run was asked to stop and has done so; the last whole epoch is kept."""


class Trainer:
    """A run of one recipe on the training splits of some data sets.

    Args:
        recipe: the settings.
        network: with its pretrained encoder in place.
        datasets: whole data sets; their "train" and "val" splits are used.
        out: the run's folder: log, checkpoints, features.
        accelerator: where and in how many processes it runs.
        cache: folder for features and pictures, `out`/cache if None.
        workers: processes that read pictures, for each process that trains.
        cache_bytes: what decoded pictures may take there.
        teacher: from which the second stage learns, too.
        unlabeled: pictures without fixations, which only the teacher knows the answer to.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: SaliencyNetwork,
        datasets: Sequence[FixationDataset],
        out: Path,
        accelerator: Accelerator,
        cache: Path | None = None,
        workers: int = 1,
        cache_bytes: int = 0,
        teacher: Teacher | None = None,
        unlabeled: FixationDataset | None = None,
    ) -> None:
        self.recipe, self.network, self.out, self.accelerator = recipe, network, out, accelerator
        self.teacher = teacher.to(accelerator.device) if teacher else None
        if is_bfloat16_on_cpu(accelerator):
            for model in (network, *(teacher.models if teacher else ())):
                attend_in_parts(model)
        training = [dataset.split("train") for dataset in datasets]
        self.mixture = Mixture(training, recipe.shares)
        self.taught = self.mixture if unlabeled is None else self.mixture.beside(unlabeled)
        baselines = [training_baseline(dataset) for dataset in training]
        self.validation = [
            ValidationSet(dataset.split("val"), baseline)
            for dataset, baseline in zip(datasets, baselines, strict=True)
        ]
        self._set_center_bias(baselines)
        self.log = ProgressLog(out, enabled=accelerator.is_main_process)
        self.sample = FollowedSample(out, self.validation[0].pictures)
        self.cache_folder = cache or out / "cache"
        self.cache_bytes = cache_bytes
        self.workers = workers
        self.fingerprint = self._fingerprint()
        self.average: dict[str, Tensor] = {}
        self.best = -math.inf
        self.best_scores: dict[str, dict[str, float]] = {}

    def run(self, resume: bool = False) -> SaliencyNetwork:
        """Train through both stages and return the best network by validation.

        Raises:
            TrainingError: if a checkpoint to resume does not fit.
            Stopped: if the run was asked to stop.
        """
        position, state = self._begin(resume)
        self.log.write(
            "start",
            recipe=dataclasses.asdict(self.recipe),
            data={d.name: len(d) for d in self.taught.datasets},
            shares=self.taught.shares,
            resumed=position is not None,
            sample=self.sample.write_truth() if self.accelerator.is_main_process else {},
        )
        epochs = {"frozen": self.recipe.frozen_epochs, "finetune": self.recipe.finetune_epochs}
        order = list(epochs)
        for name, count in epochs.items():
            if position is not None and order.index(position.stage) > order.index(name):
                continue  # done before the checkpoint was written
            if count == 0:
                continue
            here = position if position is not None and position.stage == name else None
            self._run_stage(self._stage(name), here, state if here else {})
        best, state = load_checkpoint(self.out / BEST)
        self.best_scores = best.scores
        self.network.load_state_dict(state["model"])
        return self.network

    def _begin(self, resume: bool) -> tuple[Position | None, State]:
        last = self.out / LAST
        if not resume:
            if last.exists():
                raise TrainingError(
                    f"{self.out} holds a run already: continue it with --resume, or name another "
                    "folder with --out."
                )
            return None, {}
        if not last.exists():
            return None, {}
        position, state = load_checkpoint(last)
        if position.fingerprint != self.fingerprint:
            raise TrainingError(
                f"{last} was made by another recipe or other data. Use those, or name another "
                "folder with --out."
            )
        self.network.load_state_dict(state["model"])
        self.best, self.best_scores = position.best, position.scores
        return position, state

    def _fingerprint(self) -> str:
        settings = dataclasses.asdict(self.recipe)
        settings.pop("finetune_checkpoint")  # saves memory and changes nothing else
        names = [[d.name, [record.name for record in d.records]] for d in self.taught.datasets]
        teacher = self.teacher.digest if self.teacher else ""
        text = json.dumps([settings, self.network.config(), names, teacher])
        return hashlib.sha256(text.encode()).hexdigest()

    def _set_center_bias(self, baselines: Sequence[Baseline]) -> None:
        """The model's own prior: the data sets' densities, mixed in their shares."""
        shares = [self.mixture.shares[dataset.name] for dataset in self.mixture.datasets]
        density = sum(
            share * np.exp(baseline.grid.astype(np.float64))
            for share, baseline in zip(shares, baselines, strict=True)
        )
        prior = torch.from_numpy(np.log(density).astype(np.float32))
        self.network.finalizer.center_bias.copy_(prior)

    def _stage(self, name: str) -> Stage:
        if name == "finetune":
            pictures = self._pictures(self.taught)
            return finetune_stage(self.recipe, self.network, pictures, self.accelerator)
        pictures = self._pictures(self.mixture)
        cache = FeatureCache(self.cache_folder, self.network, self.mixture, self._features_done)
        return frozen_stage(
            self.recipe, self.network, pictures, self.accelerator, cache, self.workers
        )

    def _pictures(self, mixture: Mixture) -> ViewDataset:
        def enough(size: tuple[int, int]) -> tuple[int, int]:
            return enough_pixels(size, self.network.size, self.recipe)

        folder = self.cache_folder / "pictures"
        pictures = PictureCache(folder, mixture, enough, self.cache_bytes)
        if self.accelerator.is_main_process:
            pictures.make_room()
        self.accelerator.wait_for_everyone()  # it must not remove what others are writing
        return ViewDataset(pictures)

    def _features_done(self, done: int, total: int) -> None:
        """Log how far the features are; only a lone process may stop there, others would wait."""
        self.log.write("features", done=done, total=total)
        if self.log.stop_requested and self.accelerator.num_processes == 1:
            raise Stopped

    def _run_stage(self, stage: Stage, position: Position | None, state: State) -> None:
        torch.manual_seed(self.recipe.seed)
        optimizer = torch.optim.AdamW(
            stage.groups, lr=1.0, weight_decay=self.recipe.weight_decay, betas=(0.9, 0.99)
        )
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        if position is not None:
            restore_optimizer(optimizer, state["optimizer"])
            self.average = state["average"]
        self.network.to(memory_format=torch.channels_last)
        loss = FixationLoss(self.network, self.teacher, self.recipe.teacher_weight)
        module, optimizer = self.accelerator.prepare(loss, optimizer)
        first, step = (position.epoch, position.step) if position else (0, 0)
        per_epoch = [math.ceil(len(plan) / stage.accumulate) for plan in stage.plans]
        for epoch in range(first, stage.epochs):
            bits, step = self._run_epoch(stage, epoch, step, sum(per_epoch), module, optimizer)
            self._end_epoch(stage, epoch, step, bits, optimizer)
        self.network.load_state_dict(self.average)
        self.accelerator.free_memory()

    def _run_epoch(
        self, stage: Stage, epoch: int, step: int, steps: int, module: nn.Module, optimizer: Any
    ) -> tuple[float, int]:
        accelerator = self.accelerator
        plan = stage.plans[epoch]
        nominal = max(len(batch) for batch in plan)
        batches = loader(stage.pictures, plan, accelerator, self.workers)
        module.train()
        self.network.encoders.eval()  # batch statistics stay those of the pretrained encoder
        meter = Meter(self.log, stage.name, (epoch + 1, stage.epochs), (step, steps))
        bar = tqdm(batches, desc=f"{stage.name} {epoch + 1}/{stage.epochs}", unit="batch",
                   disable=not accelerator.is_main_process)  # fmt: skip
        for number, batch in enumerate(bar):
            last = number + 1 == len(plan)
            update = last or (number + 1) % stage.accumulate == 0
            with nullcontext() if update else accelerator.no_sync(module):
                with accelerator.autocast():
                    bits = module(to_device(batch, accelerator.device))
                scale = accelerator.num_processes / (nominal * stage.accumulate)
                accelerator.backward(bits.sum() * scale)
            if update:
                self._update(stage, step, steps, module, optimizer)
                step += 1
            stop = self._count(meter, bits, batch)
            if update:
                meter.write(step)
                bar.set_postfix_str(f"{meter.mean:.3f} bits")
                if stop:
                    raise Stopped
        return meter.mean, step

    def _count(self, meter: Meter, bits: Tensor, batch: dict[str, Any]) -> bool:
        """Add a batch of all processes to the meter; whether they all shall stop after it."""
        numbers = [
            float(bits.detach().sum()),
            float((self._weights(batch) > 0).sum()),
            float(self.log.stop_requested),
        ]
        if self.accelerator.num_processes > 1:
            ours = torch.tensor(numbers, dtype=torch.float64, device=self.accelerator.device)
            numbers = self.accelerator.reduce(ours, "sum").tolist()
        meter.add(numbers[0], int(numbers[1]))
        return numbers[2] > 0

    def _weights(self, batch: dict[str, Any]) -> Tensor:
        """(B,) which is 0 for views that nothing is learned from."""
        taught = self.teacher is not None and "views" in batch
        weights: Tensor = batch["views"] if taught else batch["weights"].sum(1)
        return weights

    def _update(
        self, stage: Stage, step: int, steps: int, module: nn.Module, optimizer: Any
    ) -> None:
        factor = learning_rate_factor(step, steps, self.recipe.finetune_warmup)
        for group in optimizer.param_groups:
            group["lr"] = group["base_lr"] * factor
        self.accelerator.clip_grad_norm_(module.parameters(), self.recipe.clip_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        decay = min(self.recipe.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 - decay)

    def _end_epoch(self, stage: Stage, epoch: int, step: int, loss: float, optimizer: Any) -> None:
        predict = self._averaged_predictor()
        scores = self._validate(predict)
        mean = float(np.mean([score["ig"] for score in scores.values()]))
        improved = mean > self.best
        if improved:
            self.best, self.best_scores = mean, scores
        sample = ""
        if self.accelerator.is_main_process:
            sample = self.sample.write_prediction(f"{stage.name}-{epoch + 1}", predict)
            position = Position(
                self.fingerprint, stage.name, epoch + 1, step, self.best, self.best_scores
            )
            if improved:
                save_checkpoint(self.out / BEST, position, {"model": self.average})
            state = {
                "model": self.network.state_dict(),
                "average": self.average,
                "optimizer": optimizer_tensors(optimizer),
            }
            save_checkpoint(self.out / LAST, position, state)
        self.log.write(
            "epoch", stage=stage.name, epoch=epoch + 1, epochs=stage.epochs,
            train_loss_bits=loss, validation=scores, mean_ig=mean, improved=improved,
            sample=sample,
        )  # fmt: skip
        logger.info("%s epoch %d: %s", stage.name, epoch + 1, _sentence(scores))
        self.accelerator.wait_for_everyone()  # for the checkpoint, which all of them read

    def _averaged_predictor(self) -> Callable[[ImageArray], NDArray[np.float32]]:
        """uint8 (H, W, 3) -> log density (H, W), of the averaged weights, precise as training."""
        copy = build("network", self.network.config())
        copy.load_state_dict(self.average)
        predictor = Predictor(TorchBackend(copy, self.accelerator.device), self.recipe.name)

        def predict(image: ImageArray) -> NDArray[np.float32]:
            with self.accelerator.autocast():
                return predictor.predict(image).log_density

        return predict

    def _validate(
        self, predict: Callable[[ImageArray], NDArray[np.float32]]
    ) -> dict[str, dict[str, float]]:
        return validate(
            predict,
            self.validation,
            self.accelerator.process_index,
            self.accelerator.num_processes,
        )


def _sentence(scores: dict[str, dict[str, float]]) -> str:
    return ", ".join(
        f"{name} IG {score['ig']:.3f} NSS {score['nss']:.2f}" for name, score in scores.items()
    )
