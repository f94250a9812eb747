"""Where a run takes place: device, processes, workers, and room for caches."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs

CACHE_GB = 10.0
#: how long processes wait for each other: one may compute features while the others have theirs
PATIENCE = timedelta(hours=6)


@dataclass(frozen=True)
class Resources:
    """What a run may use.

    Attributes:
        cache: folder for features of the frozen encoder and decoded pictures; None: `cache` in the
            run's folder. Where several machines train, they must share it, and the run's folder.
        cache_gb: what decoded pictures may take there, in units of 10^9 bytes.
        workers: processes that read pictures, for each process that trains; None: one beside a
            CPU, more beside a GPU.
    """

    cache: Path | None = None
    cache_gb: float = CACHE_GB
    workers: int | None = None


@dataclass(frozen=True)
class Machine:
    """One of the processes that train together, and its place.

    Attributes:
        accelerator: device and other processes. It leaves precision alone, which is a stage's own
            (`train.precision`).
        workers: processes that read pictures for this one.
        cache: folder for features and decoded pictures.
        cache_bytes: what decoded pictures may take there.
    """

    accelerator: Accelerator
    workers: int
    cache: Path
    cache_bytes: int

    @classmethod
    def set_up(cls, out: Path, resources: Resources) -> Machine:
        """On a GPU if there is one, in the processes that accelerate has launched."""
        accelerator = Accelerator(
            cpu=not torch.cuda.is_available(),
            mixed_precision="no",
            kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
        )
        workers = resources.workers
        return cls(
            accelerator,
            _default_workers(accelerator) if workers is None else workers,
            resources.cache or out / "cache",
            int(resources.cache_gb * 1e9),
        )

    @property
    def device(self) -> torch.device:
        """Of this process."""
        device: torch.device = self.accelerator.device
        return device

    @property
    def rank(self) -> int:
        """Number of this process, from 0."""
        return int(self.accelerator.process_index)

    @property
    def world(self) -> int:
        """How many processes train together."""
        return int(self.accelerator.num_processes)

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes logs and files."""
        return bool(self.accelerator.is_main_process)

    def wait_for_all(self) -> None:
        """Wait until all processes are here."""
        self.accelerator.wait_for_everyone()


def _default_workers(accelerator: Accelerator) -> int:
    """Enough to keep a GPU busy; a CPU that trains is never faster than one process that reads."""
    if accelerator.device.type == "cpu":
        return 1
    here = int(os.environ.get("LOCAL_WORLD_SIZE", accelerator.num_processes))
    return max(1, min(16, (os.cpu_count() or 1) // here - 1))
