"""The state of a run in one safetensors file, replaced in one step.

A crash while saving leaves the previous checkpoint as it was. No pickles.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from salmap.errors import TrainingError
from salmap.files import replace_file


@dataclass(frozen=True)
class Position:
    """How far a run is.

    Attributes:
        fingerprint: of the recipe and data; a run is resumed only with the same.
        stage: "frozen" or "finetune".
        epoch: epochs completed in this stage.
        step: optimizer steps taken in this stage.
        best: best validation score so far, in bits per fixation, over all stages.
        scores: what the best epoch scored, by data set and metric.
    """

    fingerprint: str
    stage: str
    epoch: int
    step: int
    best: float
    scores: dict[str, dict[str, float]]


State = dict[str, dict[str, Tensor]]

LAST, BEST = "last.safetensors", "best.safetensors"


class Checkpoints:
    """The checkpoints of a run: its last epoch, to go on from, and its best, to export.

    Args:
        folder: the run's.
        fingerprint: of recipe, data and teachers.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder, self.fingerprint = folder, fingerprint

    def begin(self, resume: bool) -> tuple[Position, State] | None:
        """Where the run goes on; None if it starts.

        Raises:
            TrainingError: if there is a run that should not be resumed, or one that can't be.
        """
        last = self.folder / LAST
        if not last.exists():
            return None
        if not resume:
            raise TrainingError(
                f"{self.folder} already holds a run: continue it with --resume, or give another "
                "folder with --out."
            )
        position, state = load_checkpoint(last)
        if position.fingerprint != self.fingerprint:
            raise TrainingError(
                f"{last} was made with another recipe, other data or other teachers. Use the same "
                "ones, or give another folder with --out."
            )
        return position, state

    def save(self, position: Position, state: State, is_best: bool) -> None:
        """Keep the last epoch, and its averaged weights as the best ones if they are."""
        if is_best:
            save_checkpoint(self.folder / BEST, position, {"model": state["average"]})
        save_checkpoint(self.folder / LAST, position, state)

    def best(self) -> tuple[Position, State]:
        """The best epoch; its weights are the "model"."""
        return load_checkpoint(self.folder / BEST)


def save_checkpoint(path: Path, position: Position, state: State) -> None:
    """Write groups of named tensors ("model", "average", "optimizer") and the position."""
    tensors = {
        f"{group}/{name}": tensor.detach().contiguous().clone()
        for group, named in state.items()
        for name, tensor in named.items()
    }
    replace_file(path, save(tensors, {"position": json.dumps(asdict(position))}))


def load_checkpoint(path: Path) -> tuple[Position, State]:
    """Read what `save_checkpoint` wrote.

    Raises:
        TrainingError: if the file is missing or not a checkpoint.
    """
    state: State = {}
    try:
        with safe_open(path, framework="pt") as file:
            position = Position(**json.loads((file.metadata() or {})["position"]))
            for key in file.keys():  # noqa: SIM118
                group, _, name = key.partition("/")
                state.setdefault(group, {})[name] = file.get_tensor(key)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise TrainingError(
            f"{path} can't be resumed: it is not a valid checkpoint ({error}). Remove it and start "
            "again without --resume."
        ) from error
    return position, state


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's state by parameter number: "12/exp_avg" and so on."""
    return {
        f"{number}/{name}": value
        for number, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` gave; learning rates come from the schedule."""
    per_parameter: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, _, name = key.partition("/")
        per_parameter.setdefault(int(number), {})[name] = value
    whole = optimizer.state_dict()
    optimizer.load_state_dict({"state": per_parameter, "param_groups": whole["param_groups"]})
