"""Runs and models in plain words."""

from __future__ import annotations

from salmap.jobs.log import STAGES, Progress
from salmap.ui.words import plain
from salmap.weights.info import ModelInfo

_PARTS = {
    "features": "Analyzing the pictures",
    "cross-validation": "Measuring the gain on pictures left out",
}
_STAGES = {"frozen": "on frozen features", "finetune": "of the whole network"}


def job_status(progress: Progress, stopping: bool) -> str:
    """How far a run is."""
    if stopping:
        return "Stopping: what was learned up to the last complete epoch is kept."
    if progress.stage in _PARTS:
        done, total = progress.part
        status = f"{_PARTS[progress.stage]}: {done} of {total}"
    elif progress.stage in STAGES:
        number = min(int(progress.done) + 1, progress.total)
        status = f"Epoch {number} of {progress.total}, {_STAGES[progress.stage]}"
    else:
        return "Getting ready…"
    if progress.time_left_s is None:
        return status
    part = " of this part" if progress.later else ""
    return f"{status}: {duration(progress.time_left_s)} left{part}"


def duration(seconds: float) -> str:
    """A time span as people say it: "20 s", "5 min", "2 h 10 min"."""
    if seconds < 55:
        return f"{max(5, round(seconds / 5) * 5)}\u00a0s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{max(1, minutes)}\u00a0min"
    return f"{minutes // 60}\u00a0h {minutes % 60}\u00a0min"


def model_card(info: ModelInfo) -> str:
    """What is known of a model, as Markdown."""
    lines = [
        f"- **{title}**: {plain(text)}"
        for title, text in (
            ("Name", info.name),
            ("License", info.license),
            ("Learned from", "; ".join(info.data)),
            ("Made by", info.source),
            ("With", f"Salmap {info.created_with}"),
        )
        if text
    ]
    for dataset, scores in info.scores.items():
        numbers = ", ".join(f"{metric} {values[0]:.3f}" for metric, values in scores.items())
        lines.append(f"- **Scores on held-out pictures of {plain(dataset)}**: {plain(numbers)}")
    return "\n".join(lines) + (f"\n\n{plain(info.notes)}" if info.notes else "")
