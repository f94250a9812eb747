"""A run, from its first epoch to its best network: two stages over one loop.

"frozen" trains decoder and readout on cached features of the frozen encoder, in minutes;
"finetune" then trains everything end to end. Either can be left out by setting its epochs to 0.
What an epoch does is in `train.step`, what a step minimizes in `train.losses`.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from salmap.backends.pytorch import TorchBackend
from salmap.models.network import SaliencyNetwork
from salmap.predictor import Predictor
from salmap.types import ImageArray

from .checkpoint import Checkpoints, Position, State
from .followed import FollowedSample
from .machine import Machine
from .precision import autocast
from .progress import ProgressLog, Stopped
from .stages import Stages
from .step import StageRun
from .validation import Predict, Scores, validate

logger = logging.getLogger(__name__)


class Trainer:
    """A run of one recipe.

    Args:
        stages: build what is trained.
        checkpoints: of this run.
        log: of this run.

    Attributes:
        scores: what the best epoch so far scored.
    """

    def __init__(self, stages: Stages, checkpoints: Checkpoints, log: ProgressLog) -> None:
        self.stages, self.checkpoints, self.log = stages, checkpoints, log
        self.recipe, self.network, self.data = stages.recipe, stages.network, stages.data
        self.machine: Machine = stages.machine
        self.sample = FollowedSample(checkpoints.folder, self.data.held_out[0].pictures)
        self.best, self.scores = -math.inf, Scores()

    def run(self, resume: bool = False) -> SaliencyNetwork:
        """Train through both stages and return the best network by validation.

        Raises:
            TrainingError: if a checkpoint to resume does not fit.
            Stopped: if the run was asked to stop.
        """
        resumed = self.checkpoints.begin(resume)
        if resumed is not None:
            position, state = resumed
            self.network.load_state_dict(state["model"])
            self.best, self.scores = position.best, position.scores
        self._log_start(resumed is not None)
        for name, epochs in self.stages.epochs.items():
            if resumed is not None and resumed[0].stage != name:
                continue  # done before the checkpoint was written
            if epochs:
                self._run_stage(name, resumed)
            resumed = None
        best, state = self.checkpoints.best()
        self.scores = best.scores
        self.network.load_state_dict(state["model"])
        return self.network

    def _run_stage(self, name: str, resumed: tuple[Position, State] | None) -> None:
        stage = self.stages.build(name, self._report_features)
        run = StageRun(stage, self.recipe, self.machine, self.log, resumed)
        while run.epoch < stage.epochs:
            loss_bits = run.run_epoch()
            if run.epoch % stage.validate_every == 0 or run.epoch == stage.epochs:
                self._end_epoch(run, loss_bits)
        run.finish()

    def _end_epoch(self, run: StageRun, loss_bits: float) -> None:
        """Validate the averaged weights, and keep them."""
        stage = run.stage
        predict = self._predictor(run.average.weights, stage.precision)
        scores = validate(predict, self.data.held_out, self.machine.rank, self.machine.world)
        mean = float(np.mean([score["ig"] for score in scores.values()]))
        improved = mean > self.best
        if improved:
            self.best, self.scores = mean, scores
        sample = ""
        if self.machine.is_first:
            sample = self.sample.write_prediction(f"{stage.name}-{run.epoch}", predict)
            position = Position(
                self.checkpoints.fingerprint, stage.name, run.epoch, run.step, self.best,
                self.scores,
            )  # fmt: skip
            self.checkpoints.save(position, run.state(), improved)
        self.log.write(
            "epoch", stage=stage.name, epoch=run.epoch, epochs=stage.epochs,
            train_loss_bits=loss_bits, validation=scores, mean_ig=mean, improved=improved,
            sample=sample,
        )  # fmt: skip
        logger.info("%s epoch %d: %s", stage.name, run.epoch, _sentence(scores))
        self.machine.wait_for_all()  # for the checkpoint, which all of them read

    @cached_property
    def _copy(self) -> SaliencyNetwork:
        """A second network, which is validated while the first one trains."""
        return SaliencyNetwork.from_config(self.network.config()).eval()

    def _predictor(self, weights: dict[str, Tensor], precision: str) -> Predict:
        """The network with these weights, in the precision of training."""
        self._copy.load_state_dict(weights)
        backend = _Autocast(self._copy, self.machine.device, precision)
        predictor = Predictor(backend, self.recipe.name)

        def predict(images: Iterable[ImageArray]) -> Iterator[NDArray[np.float32]]:
            for prediction in predictor.predict_many(images):
                yield prediction.log_density

        return predict

    def _log_start(self, resumed: bool) -> None:
        self.log.write(
            "start",
            recipe=dataclasses.asdict(self.recipe),
            epochs=self.stages.epochs,
            data={dataset.name: len(dataset) for dataset in self.data.taught.datasets},
            shares=self.data.taught.shares,
            resumed=resumed,
            sample=self.sample.write_truth() if self.machine.is_first else {},
        )

    def _report_features(self, done: int, total: int) -> None:
        """Log how many are computed; only a lone process may stop there, others would wait."""
        self.log.write("features", done=done, total=total)
        if self.log.stop_requested and self.machine.world == 1:
            raise Stopped


class _Autocast(TorchBackend):
    """A network in the precision of a recipe, whichever thread it runs in."""

    def __init__(self, model: SaliencyNetwork, device: torch.device, precision: str) -> None:
        super().__init__(model, device)
        self._precision = precision

    def _run(self, tensor: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        with autocast(self._device, self._precision):
            return super()._run(tensor)


def _sentence(scores: Scores) -> str:
    return ", ".join(
        f"{name} IG {score['ig']:.3f} NSS {score['nss']:.2f}" for name, score in scores.items()
    )
