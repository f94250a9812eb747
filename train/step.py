"""One stage while it trains: its epochs, and the steps of the optimizer in them."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from .average import WeightAverage
from .checkpoint import Position, State, optimizer_tensors, restore_optimizer
from .data.batches import load_batches, share_out
from .machine import Machine
from .precision import autocast
from .progress import Meter, ProgressLog, Stopped
from .recipe import Recipe
from .stages import Stage


class StageRun:
    """A stage with its optimizer and the average of its weights.

    Args:
        stage: what to train, and on what.
        recipe: the settings.
        machine: where it runs.
        log: gets a line for each step; its stop file is obeyed.
        resumed: where to go on, and the state there; None at the stage's start.

    Attributes:
        step: steps taken so far.
        epoch: epochs completed so far.
        average: the moving average of the network's weights.
    """

    def __init__(
        self,
        stage: Stage,
        recipe: Recipe,
        machine: Machine,
        log: ProgressLog,
        resumed: tuple[Position, State] | None = None,
    ) -> None:
        self.stage, self.recipe, self.machine, self.log = stage, recipe, machine, log
        self.network = stage.loss.network
        torch.manual_seed(recipe.seed)
        optimizer = torch.optim.AdamW(
            stage.groups, lr=1.0, weight_decay=recipe.weight_decay, betas=(0.9, 0.99)
        )
        self.average = WeightAverage(self.network, recipe.ema)
        self.epoch, self.step = 0, 0
        if resumed is not None:
            position, state = resumed
            self.epoch, self.step = position.epoch, position.step
            restore_optimizer(optimizer, state["optimizer"])
            self.average.restore(state["average"])
        self.network.to(memory_format=torch.channels_last)
        self.loss, self.optimizer = machine.accelerator.prepare(stage.loss, optimizer)

    def run_epoch(self) -> float:
        """Train for one epoch; the mean loss in bits per fixation.

        Raises:
            Stopped: if somebody asked the run to stop.
        """
        stage, accelerator = self.stage, self.machine.accelerator
        plan = stage.plans[self.epoch]
        largest = max(len(batch) for batch in plan)
        scale = self.machine.world / (largest * stage.accumulate)
        mine = share_out(plan, self.machine.rank, self.machine.world)
        self.loss.train()
        self.network.encoders.eval()  # batch statistics stay those of the pretrained encoder
        epoch = self.epoch + 1, stage.epochs
        meter = Meter(self.log, stage.name, epoch, (self.step, stage.steps))
        bar = tqdm(load_batches(stage.source, mine, self.machine), unit="batch",
                   desc=f"{stage.name} {epoch[0]}/{epoch[1]}",
                   disable=not self.machine.is_first)  # fmt: skip
        for number, batch in enumerate(bar, start=1):
            is_step = number == len(plan) or number % stage.accumulate == 0
            with nullcontext() if is_step else accelerator.no_sync(self.loss):
                with autocast(self.machine.device, stage.precision):
                    bits = self.loss(batch.to(self.machine.device))
                accelerator.backward(bits.sum() * scale)
            if is_step:
                self._update()
            stop = self._count(meter, bits, stage.loss.learns_from(batch))
            if is_step:
                meter.write(self.step)
                bar.set_postfix_str(f"{meter.mean:.3f} bits")
                if stop:
                    raise Stopped
        self.epoch += 1
        return meter.mean

    def _update(self) -> None:
        """Take a step of the optimizer with the gradients that have gathered."""
        factor = learning_rate_factor(self.step, self.stage.steps, self.recipe.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * factor
        parameters: Any = self.loss.parameters()
        self.machine.accelerator.clip_grad_norm_(parameters, self.recipe.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update(self.step)
        self.step += 1

    def _count(self, meter: Meter, bits: Tensor, learned: Tensor) -> bool:
        """Add a batch of all processes to the meter; whether they should all stop after it."""
        numbers = [float(bits.detach().sum()), float(learned.sum()), float(self.log.stop_requested)]
        if self.machine.world > 1:
            ours = torch.tensor(numbers, dtype=torch.float64, device=self.machine.device)
            numbers = self.machine.accelerator.reduce(ours, "sum").tolist()
        meter.add(numbers[0], int(numbers[1]))
        return numbers[2] > 0

    def state(self) -> State:
        """All that is needed to go on from here."""
        return {
            "model": self.network.state_dict(),
            "average": self.average.weights,
            "optimizer": optimizer_tensors(self.optimizer),
        }

    def finish(self) -> None:
        """Leave the averaged weights in the network, and free the optimizer's memory."""
        self.network.load_state_dict(self.average.weights)
        self.machine.accelerator.free_memory()


def learning_rate_factor(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up over the given share of the steps, then half a cosine down to 0.01."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    done = (step - rising) / max(1, steps - rising)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done))
