"""Reading the log of a job, `progress.jsonl`, while it is written; see `train/progress.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from salmap.jobs.contract import LOG, STAGES


@dataclass(frozen=True)
class LossPoint:
    """Training loss at a moment of a run.

    Attributes:
        epochs: done since the run began, a fraction within one.
        stage: "frozen" or "finetune".
        bits: mean over the epoch so far, per fixation.
    """

    epochs: float
    stage: str
    bits: float


@dataclass(frozen=True)
class EpochScore:
    """What an epoch scored on held-out pictures of one data set.

    Attributes:
        epochs: done since the run began.
        stage: "frozen" or "finetune".
        dataset: its name.
        ig: information gain over the center bias, bits per fixation.
        nss: normalized scanpath saliency.
    """

    epochs: int
    stage: str
    dataset: str
    ig: float
    nss: float


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        total: epochs of all stages; 0 before the run has begun.
        done: epochs done, with the part of the present one.
        stage: the present one, "frozen" or "finetune", or a part that has no epochs: "features"
            or "cross-validation"; "" before the beginning.
        later: epochs of the stages after the present one.
        part: steps done of a part without epochs, and how many it has.
        time_left_s: to the end of the stage, with validation; None where unknown.
        losses, scores: so far.
        truth: files in the run's folder that show a held-out picture and where people looked.
        samples: its prediction after each epoch, (epochs done, file in the run's folder).
        result: the last event of a finished run.
    """

    total: int = 0
    done: float = 0.0
    stage: str = ""
    later: int = 0
    part: tuple[int, int] = (0, 0)
    time_left_s: float | None = None
    losses: list[LossPoint] = field(default_factory=list)
    scores: list[EpochScore] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)
    samples: list[tuple[int, str]] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Epochs done, or of a part without epochs its steps, in [0, 1]."""
        done, total = (self.done, self.total) if self.stage in STAGES else self.part
        return min(1.0, done / total) if total else 0.0

    @property
    def whole_epochs(self) -> int:
        """Epochs that were scored and are kept."""
        return max((score.epochs for score in self.scores), default=0)


def read_events(folder: Path) -> list[dict[str, Any]]:
    """The events in a run's folder; what is no event, such as a half-written line, is left out."""
    try:
        lines = (folder / LOG).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [event for line in lines if (event := _event(line)) is not None]


def progress(events: Iterable[dict[str, Any]]) -> Progress:
    """How far a run is, by its events from the first on, resumptions included."""
    found = Progress()
    before: dict[str, int] = {}
    last_step_s, validation_s = 0.0, 0.0
    for event in events:
        match event:
            case {"event": "start", "epochs": dict(epochs)}:
                counts = {stage: int(epochs.get(stage, 0)) for stage in STAGES}
                before = {"frozen": 0, "finetune": counts["frozen"]}
                found.total = sum(counts.values())
                found.truth = event.get("sample") or {}
                found.losses = [p for p in found.losses if p.epochs <= found.whole_epochs]
                found.done, found.stage = float(found.whole_epochs), ""
                found.time_left_s = None
            case {"event": "features", "done": int(done), "total": int(total)}:
                found.stage, found.part = "features", (done, total)
            case {"event": "step", "stage": str(stage)} if stage not in STAGES:
                found.stage, found.part = stage, (event["step"], event["steps"])
                found.time_left_s = event["time_left_s"]
            case {"event": "step", "stage": str(stage), "step": int(step), "steps": int(steps)}:
                found.stage, last_step_s = stage, event["time"]
                found.later = found.total - before.get(stage, 0) - event["epochs"]
                found.done = before.get(stage, 0) + event["epochs"] * step / steps
                found.losses.append(LossPoint(found.done, stage, event["loss_bits"]))
                left = event["epochs"] - event["epoch"] + 1
                found.time_left_s = event["time_left_s"] + left * validation_s
            case {"event": "epoch", "stage": str(stage), "epoch": int(epoch)}:
                number = before.get(stage, 0) + epoch
                found.done = float(number)
                validation_s = max(0.0, event["time"] - last_step_s) if last_step_s else 0.0
                found.scores += _scores(number, stage, event.get("validation", {}))
                if event.get("sample"):
                    found.samples.append((number, event["sample"]))
            case {"event": "end"}:
                found.result = event
    return found


def _scores(number: int, stage: str, validation: dict[str, dict[str, float]]) -> list[EpochScore]:
    return [
        EpochScore(number, stage, dataset, values["ig"], values["nss"])
        for dataset, values in validation.items()
    ]


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and {"event", "time"} <= event.keys() else None
