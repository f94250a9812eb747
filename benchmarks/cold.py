"""What a person waits for who starts Salmap anew: time and memory of whole commands, in one run.

    python benchmarks/cold.py PICTURE

`salmap predict` of one picture and `python -c "import torch, timm"` take turns, each a fresh
process with a warm disk cache. What counts are the ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path


def measure(command: list[str]) -> tuple[float, float]:
    """Seconds and peak MiB of a command.

    Raises:
        RuntimeError: if it fails.
    """
    began = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"{command} failed with status {status}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> None:
    """Measure and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    with tempfile.TemporaryDirectory() as out:
        commands = {
            "import torch, timm": [sys.executable, "-c", "import torch, timm"],
            "salmap predict": [
                sys.executable, "-m", "salmap", "predict", str(options.picture),
                "--out", out, "--model", options.model,
            ],
        }  # fmt: skip
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for turn in range(options.rounds + 1):
            for name, command in commands.items():
                seconds, peak_mib = measure(command)
                if turn:  # the first only warms the disk cache
                    found[name].append((seconds, peak_mib))
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in found.items()
    }
    for name, (seconds, peak_mib) in medians.items():
        print(f"{name:20} {seconds:6.2f} s  {peak_mib:6.0f} MiB")
    (base_s, base_mib), (own_s, own_mib) = medians.values()
    print(f"ratio: time {own_s / base_s:.3f}, memory {own_mib / base_mib:.3f}")


if __name__ == "__main__":
    main()
