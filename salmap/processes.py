"""Several processes that share one piece of work, as `accelerate launch` or `torchrun` start them.

A process learns its place from its environment, so that nothing but torch is needed here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: where launchers say a process's place, how many there are, and its place on its own machine:
#: torchrun and `accelerate launch`; then what stands behind `accelerate launch --mpirun_hostfile`
_VARIABLES = (
    ("RANK", "WORLD_SIZE", "LOCAL_RANK"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
    ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
    ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_LOCAL_RANK"),
)
#: one process may have days of work left when another has none; a launcher ends them all if one
#: dies, so nobody waits in vain
_PATIENCE = timedelta(days=30)


@dataclass(frozen=True)
class Processes:
    """This process among those that share the work.

    Attributes:
        rank: its number, from 0.
        world: how many there are.
        local_rank: its number among those on its own machine, from 0.
    """

    rank: int = 0
    world: int = 1
    local_rank: int = 0

    @property
    def first(self) -> bool:
        """Whether this is the one that speaks for all."""
        return self.rank == 0

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """This process's part; the parts of all processes are all items, each once."""
        return items[self.rank :: self.world]

    def total(self, count: int) -> int:
        """The sum over all processes, once each has called this, at the end of its work."""
        if self.world == 1:
            return count
        import torch  # noqa: PLC0415  (slow, and of no use to a single process)
        from torch import distributed  # noqa: PLC0415

        distributed.init_process_group(
            "gloo", rank=self.rank, world_size=self.world, timeout=_PATIENCE
        )
        counts = torch.tensor([count])
        distributed.all_reduce(counts)
        distributed.destroy_process_group()
        return int(counts)


def launched(environment: Mapping[str, str] = os.environ) -> Processes:
    """What the environment says; a process that no launcher started is alone."""
    for variables in _VARIABLES:
        numbers = [environment.get(variable, "") for variable in variables]
        if all(number.isdigit() for number in numbers) and int(numbers[1]) > 1:
            return Processes(*(int(number) for number in numbers))
    if "ACCELERATE_USE_CPU" in environment and "MASTER_PORT" in environment:
        logger.warning(
            "accelerate launch was asked for several processes but has started one, as it does on "
            "a single machine without GPUs. Add --multi_gpu: it starts them all, on CPUs too."
        )
    return Processes()
