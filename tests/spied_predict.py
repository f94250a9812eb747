"""`salmap predict` that keeps a diary: SPY is a file that gets a line for each picture begun.

With HANG_AFTER=n a process hangs in the middle of writing its first output after n pictures, and
says so by making the file SPY.RANK.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from salmap.cli import main as cli
from salmap.outputs import batch

begun: list[str] = []
process, fsync = batch.process, os.fsync


def spy(predictor: object, picture: Path, *rest: object) -> None:
    begun.append(picture.name)
    with Path(os.environ["SPY"]).open("a") as diary:
        diary.write(f"{os.environ.get('RANK', '0')} {picture.name}\n")
    process(predictor, picture, *rest)  # type: ignore[arg-type]


def hang(handle: int) -> None:
    if len(begun) > int(os.environ.get("HANG_AFTER", "1000")):
        Path(f"{os.environ['SPY']}.{os.environ['RANK']}").touch()
        time.sleep(3600)
    fsync(handle)


if __name__ == "__main__":
    batch.process, os.fsync = spy, hang
    cli.main()
