"""What the app and the training processes it starts agree on. No torch here."""

from __future__ import annotations

#: the log in a run's folder: one JSON object a line
LOG = "progress.jsonl"
#: a file of this name in a run's folder asks the run to stop
STOP = "STOP"
#: the stages of a training run, in their order
STAGES = ("frozen", "finetune")
#: fewest pictures with fixations that a model is adapted to
MIN_ADAPT_PICTURES = 10
