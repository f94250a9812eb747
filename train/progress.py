"""The run's log, one JSON object a line for programs that follow it, and its stop file."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from salmap.jobs.contract import LOG, STOP


class Stopped(Exception):  # noqa: N818  (not an error: somebody asked for it)
    """A run was asked to stop and has done so; what it had finished is kept."""


class ProgressLog:
    """Appends events to `progress.jsonl`; each has `event` and `time` (Unix seconds).

    Events: "start" (recipe, epochs by stage, data, shares, resumed, sample: files that show a
    held-out picture), "features" (done, total: crops whose features are computed), "step" (stage,
    epoch, epochs, step, steps, loss_bits, pictures_per_s, time_left_s in the stage), "epoch"
    (stage, epoch, epochs, train_loss_bits, validation by data set, mean_ig, improved, sample: the
    picture's prediction now), "stopped", "failed" (message, kind), "end" (model, scores).
    """

    def __init__(self, folder: Path, enabled: bool = True) -> None:
        self.path = folder / LOG
        self.stop_path = folder / STOP
        self.enabled = enabled
        self._size_at_start = self.path.stat().st_size if self.path.exists() else 0
        if enabled:
            folder.mkdir(parents=True, exist_ok=True)
            self.stop_path.unlink(missing_ok=True)

    def write(self, event: str, **values: Any) -> None:
        """Append one event."""
        if self.enabled:
            self._append(event, values)

    def fail(self, error: Exception) -> None:
        """Append why the run failed, from whichever process knows first; consequences are left out.

        Where one process fails, the others fail, too, because they can't reach it any more.
        """
        if '"event": "failed"' not in self._since_start():
            self._append("failed", {"message": str(error), "kind": type(error).__name__})

    def _append(self, event: str, values: dict[str, Any]) -> None:
        line = json.dumps({"event": event, "time": round(time.time(), 3)} | values)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _since_start(self) -> str:
        if not self.path.exists():
            return ""
        return self.path.read_bytes()[self._size_at_start :].decode()

    @property
    def stop_requested(self) -> bool:
        """Whether somebody has put a file named STOP into the run's folder.

        Only the process that writes the log checks; it tells the others.
        """
        return self.enabled and self.stop_path.exists()


class Meter:
    """Loss and speed of an epoch so far; the loss stays on the device until somebody asks.

    Attributes:
        mean: loss of the epoch, bits per fixation, as last written.

    Args:
        log: where `write` goes.
        stage: its name.
        epoch: (this one, how many), from 1.
        steps: optimizer steps (done before this epoch, in the whole stage).
    """

    def __init__(
        self, log: ProgressLog, stage: str, epoch: tuple[int, int], steps: tuple[int, int]
    ) -> None:
        self.log, self.stage, self.epoch = log, stage, epoch
        self.first_step, self.steps = steps
        self.began = time.monotonic()
        self.mean = 0.0
        self._bits, self._pictures = torch.zeros((), dtype=torch.float64), 0

    def add(self, bits: Tensor, pictures: int) -> None:
        """Count a batch: the sum of its pictures' losses, and how many they are."""
        self._bits = self._bits + bits.double()
        self._pictures += pictures

    def totals(self, stop: bool) -> Tensor:
        """What this process has counted: float64 (3,) of bits, pictures, whether it was stopped."""
        counted = torch.tensor([self._pictures, stop], dtype=torch.float64)
        return torch.cat([self._bits.view(1), counted.to(self._bits.device)])

    def write(self, step: int, bits: float, pictures: int) -> None:
        """Log the optimizer step that has just been taken, and what all processes counted."""
        self.mean = bits / max(pictures, 1)
        passed = max(time.monotonic() - self.began, 1e-9)
        per_step = passed / (step - self.first_step)
        self.log.write(
            "step",
            stage=self.stage,
            epoch=self.epoch[0],
            epochs=self.epoch[1],
            step=step,
            steps=self.steps,
            loss_bits=round(self.mean, 5),
            pictures_per_s=round(pictures / passed, 2),
            time_left_s=round(per_step * (self.steps - step), 1),
        )
