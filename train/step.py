"""One stage while it trains: its epochs, and the steps of the optimizer in them."""

from __future__ import annotations

import math
from contextlib import nullcontext
from itertools import islice
from typing import Any

import torch
from tqdm import tqdm

from salmap.models.settling import settle

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
            stage.groups, lr=1.0, weight_decay=recipe.weight_decay, betas=(0.9, 0.99),
            fused=machine.device.type == "cuda",
        )  # fmt: skip
        self.average = WeightAverage(self.network, recipe.ema)
        self.epoch, self.step = 0, 0
        if resumed is not None:
            position, state = resumed
            self.epoch, self.step = position.epoch, position.step
            restore_optimizer(optimizer, state["optimizer"])
            self.average.restore(state["average"])
        settle(self.network, machine.device)
        self.loss, self.optimizer = machine.accelerator.prepare(stage.loss, optimizer)
        plans = stage.plans[self.epoch :]
        mine = [b for plan in plans for b in share_out(plan, machine.rank, machine.world)]
        #: of all epochs to come, so that those who make them never pause between two
        self.batches = iter(load_batches(stage.source, mine, machine))

    def run_epoch(self) -> float:
        """Train for one epoch; the mean loss in bits per fixation.

        Raises:
            Stopped: if somebody asked the run to stop.
        """
        stage, accelerator = self.stage, self.machine.accelerator
        count = len(stage.plans[self.epoch])
        largest = max(len(batch) for batch in stage.plans[self.epoch])
        scale = self.machine.world / (largest * stage.accumulate)
        self.loss.train()
        self.network.encoders.eval()  # batch statistics stay those of the pretrained encoder
        epoch = self.epoch + 1, stage.epochs
        meter = Meter(self.log, stage.name, epoch, (self.step, stage.steps))
        bar = tqdm(islice(self.batches, count), total=count, unit="batch",
                   desc=f"{stage.name} {epoch[0]}/{epoch[1]}",
                   disable=not self.machine.is_first)  # fmt: skip
        for number, batch in enumerate(bar, start=1):
            is_step = number == count or number % stage.accumulate == 0
            with nullcontext() if is_step else accelerator.no_sync(self.loss):
                with autocast(self.machine.device, stage.precision):
                    bits = self.loss(batch.to(self.machine.device))
                accelerator.backward(bits.sum() * scale)
            meter.add(bits.detach().sum(), int(stage.loss.learns_from(batch).sum()))
            if is_step:
                self._update()
            if number == count or (is_step and self.step % self._reported_every == 0):
                if self._report(meter):
                    raise Stopped
                bar.set_postfix_str(f"{meter.mean:.3f} bits")
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

    @property
    def _reported_every(self) -> int:
        """Steps from one report to the next: a GPU waits while its loss is read."""
        return 1 if self.machine.device.type == "cpu" else 20

    def _report(self, meter: Meter) -> bool:
        """Log the loss over all processes; whether they should all stop after this step."""
        counted = meter.totals(self.log.stop_requested)
        bits, pictures, stops = self.machine.accelerator.reduce(counted, "sum").tolist()
        meter.write(self.step, bits, int(pictures))
        return bool(stops > 0)

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
