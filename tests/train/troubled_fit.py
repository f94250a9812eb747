"""`python -m train` with trouble at its first step: TROUBLE=fail in the second of two processes,
TROUBLE=stop as if somebody had asked for it."""

from __future__ import annotations

import os

from salmap.cli.main import main
from salmap.cli.train import app
from train.step import StageRun

update = StageRun._update


def troubled(self: StageRun) -> None:
    first = self.machine.is_first
    if os.environ["TROUBLE"] == "fail" and not first:
        raise OSError("No space left on device")
    if os.environ["TROUBLE"] == "stop" and first:
        self.log.stop_path.touch()
    update(self)


if __name__ == "__main__":
    StageRun._update = troubled  # type: ignore[method-assign]
    main("python -m train", app)
