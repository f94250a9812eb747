"""A run that saves all the memory it can, and how much memory it uses."""

from __future__ import annotations

import json
from pathlib import Path

import psutil

from tests.train.tiny import ENCODER, NO_WORKERS, changed, make_dataset, use_small_network
from train.engine import Trainer
from train.run import fit
from train.start import Start

SAVERS = changed(
    {
        "frozen.epochs": 0, "finetune.epochs": 8, "finetune.batch": 2, "finetune.accumulate": 2,
        "finetune.precision": "bf16", "finetune.checkpoint": True, "finetune.decoder_lr": 5e-3,
    }
)  # fmt: skip
end_epoch = Trainer._end_epoch


def measured_fit(folder: Path, encoder: Path) -> None:
    """Train, for a process of its own: what others have left in one must not count.

    Writes folder/run/memory.json: MB in use after each epoch.
    """
    memory = []

    def measuring(self: Trainer, *rest: object) -> None:
        end_epoch(self, *rest)  # type: ignore[arg-type]
        memory.append(psutil.Process().memory_info().rss / 1e6)

    Trainer._end_epoch = measuring  # type: ignore[method-assign]
    use_small_network()
    start = Start({ENCODER.name: encoder})
    dataset = make_dataset(folder / "pictures")
    fit(SAVERS, [dataset], folder / "run", start, resources=NO_WORKERS)
    (folder / "run/memory.json").write_text(json.dumps(memory))
