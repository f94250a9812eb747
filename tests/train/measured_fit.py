"""A run that saves all the memory it can, in a process of its own: measured_fit.py FOLDER ENCODER.

Writes FOLDER/run/memory.json: MB in use after each epoch.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import psutil

from tests.train.tiny import RECIPE, make_dataset
from train.engine import Trainer
from train.run import fit

SAVERS = dataclasses.replace(
    RECIPE, frozen_epochs=0, finetune_epochs=8, finetune_batch=2, finetune_accumulate=2,
    finetune_precision="bf16", finetune_checkpoint=True, finetune_decoder_lr=5e-3,
)  # fmt: skip
end_epoch = Trainer._end_epoch
memory: list[float] = []


def measuring(self: Trainer, *rest: object) -> None:
    end_epoch(self, *rest)  # type: ignore[arg-type]
    memory.append(psutil.Process().memory_info().rss / 1e6)


if __name__ == "__main__":
    folder, encoder = map(Path, sys.argv[1:])
    Trainer._end_epoch = measuring  # type: ignore[method-assign]
    encoders = {"tf_efficientnet_lite2": encoder}
    fit(SAVERS, [make_dataset(folder / "pictures")], folder / "run", encoders, workers=0)
    (folder / "run/memory.json").write_text(json.dumps(memory))
