"""`python -m train` with trouble at its first step: TROUBLE=fail in the second of two processes,
TROUBLE=stop as if somebody had asked for it."""

from __future__ import annotations

import os

from train.__main__ import main
from train.engine import Trainer

update = Trainer._update


def troubled(self: Trainer, *rest: object) -> None:
    first = self.accelerator.is_main_process
    if os.environ["TROUBLE"] == "fail" and not first:
        raise OSError("No space left on device")
    if os.environ["TROUBLE"] == "stop" and first:
        self.log.stop_path.touch()
    update(self, *rest)  # type: ignore[arg-type]


if __name__ == "__main__":
    Trainer._update = troubled  # type: ignore[method-assign]
    main()
