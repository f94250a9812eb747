"""Training in two processes that get into trouble at their first step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from torch.distributed.elastic.utils.distributed import get_free_port
from torch.multiprocessing import start_processes

from salmap.cli.train import app
from tests.train.forks import forking
from tests.train.tiny import use_small_network
from train.step import StageRun

update = StageRun._update


def train_in_two(trouble: str, folder: Path, words: Sequence[str]) -> list[str]:
    """Run `salmap train` in two processes; when one fails, the other is ended.

    Args:
        trouble: "fail" in the second process, or "stop" as if somebody had asked for it.
        folder: for what the processes print.
        words: what follows `salmap train`.

    Returns:
        What each process has printed.

    Raises:
        torch.multiprocessing.spawn.ProcessException: if one failed.
    """
    arguments = (trouble, folder, words, get_free_port())
    start_processes(_train, arguments, nprocs=2, start_method=forking().get_start_method())
    return [_printed(folder, rank).read_text() for rank in range(2)]


def _train(rank: int, trouble: str, folder: Path, words: Sequence[str], port: int) -> None:
    os.environ |= {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "CUDA_VISIBLE_DEVICES": "",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip

    def troubled(self: StageRun) -> None:
        if trouble == "fail" and not self.machine.is_first:
            raise OSError("No space left on device")
        if trouble == "stop" and self.machine.is_first:
            self.log.stop_path.touch()
        update(self)

    use_small_network()
    StageRun._update = troubled  # type: ignore[method-assign]
    with (
        _printed(folder, rank).open("w") as output,
        redirect_stdout(output),
        redirect_stderr(output),
    ):
        app(words, standalone_mode=False)


def _printed(folder: Path, rank: int) -> Path:
    return folder / f"{rank}.txt"
