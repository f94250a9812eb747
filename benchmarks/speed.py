"""Time and memory from the bytes of a JPEG to a density, beside another's, in one run.

    python -m venv .venv-peer && .venv-peer/bin/pip install img-focus==0.1.1
    python benchmarks/speed.py --peer .venv-peer/bin/python PICTURES...
    python benchmarks/speed.py --model large --model lite:torch PICTURES...

The first contestant is img-focus 0.1.1 where --peer names a Python that has it, else the first
model. `lite:torch` is `lite` run by torch. Each is a process of its own that is already warm; they
take turns, picture by picture, so that whatever else the machine does hits all alike. What counts
are the ratios: the times of one machine say nothing of another's. On a machine that does other work
the ratio of processor times with --threads 1 is steadier; with more, threads that wait busily are
counted, too.

The floor is the time in which the machine could do the network's multiplications if it did nothing
else, as fast as it multiplies two large matrices.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

WORKER = Path(__file__).with_name("speed_worker.py")


class Contestant:
    """A warm process that predicts one picture after the other."""

    def __init__(self, python: str, name: str, threads: int) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [python, str(WORKER), name, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.times: list[float] = []
        self.busy: list[float] = []
        self.peak_mib = 0.0

    def ask(self, path: Path) -> dict[str, float]:
        """One picture: time, processor time, and the process's peak memory so far."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        answer: dict[str, float] = json.loads(self.process.stdout.readline())
        return answer

    def measure(self, path: Path) -> None:
        """Ask and keep what comes back."""
        answer = self.ask(path)
        self.times.append(answer["seconds"])
        self.busy.append(answer["busy_s"])
        self.peak_mib = answer["peak_mib"]

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def multiplications_per_second(threads: int) -> float:
    """How many multiply-accumulates a product of two large matrices does in a second, at best."""
    os.environ.update(OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    import numpy as np  # reads its number of threads when it is imported

    side = 1024  # a product fits between two other processes' turns on a busy machine
    matrix = np.random.default_rng(0).random((side, side), np.float32)
    best = float("inf")
    for _ in range(100):
        began = time.perf_counter()
        matrix @ matrix
        best = min(best, time.perf_counter() - began)
    return side**3 / best


def multiplications(name: str, size: tuple[int, int]) -> int:
    """Multiply-accumulates of a network's convolutions and matrix products on one picture."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    import salmap

    model = salmap.load(name, backend="torch").backend.model
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(torch.zeros(1, 3, *size))
    return counter.get_total_flops() // 2


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--peer", help="a Python that has img-focus")
    parser.add_argument("--model", action="append", help="may be repeated; lite if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--floor", action="store_true", help="measure the floor, too (needs torch)")
    options = parser.parse_args()
    names = options.model or ["lite"]
    ours = [Contestant(sys.executable, name, options.threads) for name in names]
    peers = [Contestant(options.peer, "img-focus", options.threads)] if options.peer else []
    contestants = [*peers, *ours]
    for contestant in contestants:
        for path in options.pictures[:3]:
            contestant.ask(path)  # warm up
    for _ in range(options.rounds):
        for path in options.pictures:
            for contestant in contestants:
                contestant.measure(path)
    first = contestants[0]
    for contestant in contestants:
        ratio, busy = (
            statistics.median(a / b for a, b in zip(*pairs, strict=True))
            for pairs in ((contestant.times, first.times), (contestant.busy, first.busy))
        )
        print(
            f"{contestant.name:16} {1000 * statistics.median(contestant.times):7.1f} ms "
            f"(best {1000 * min(contestant.times):.1f}), {contestant.peak_mib:5.0f} MiB; "
            f"to {first.name}: time {ratio:.2f}, processor time {busy:.2f} (medians of pairs), "
            f"memory {contestant.peak_mib / first.peak_mib:.2f}"
        )
        contestant.close()
    if options.floor:
        speed = multiplications_per_second(options.threads)
        for name in dict.fromkeys(name.partition(":")[0] for name in names):
            count = multiplications(name, (432, 576))
            print(
                f"floor of {name} at 432x576: {count / 1e9:.2f} G multiply-accumulates at "
                f"{speed / 1e9:.0f} G/s are {1000 * count / speed:.1f} ms"
            )


if __name__ == "__main__":
    main()
