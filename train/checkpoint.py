"""The state of a run in one safetensors file, replaced in one step.

A crash while saving leaves the former checkpoint as it was. No pickles.
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
    """Where a run stands.

    Attributes:
        fingerprint: of the recipe and data; a run is resumed only with the same.
        stage: "frozen" or "finetune".
        epoch: whole epochs done in this stage.
        step: optimizer steps done in this stage.
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
        TrainingError: if the file is missing or no checkpoint.
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
            f"{path} is no checkpoint that can be resumed ({error}). Start anew without --resume."
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
