"""Time and memory from the bytes of a JPEG to a density, beside another's, in one run.

    python -m venv .venv-peer && .venv-peer/bin/pip install img-focus==0.1.1
    python benchmarks/speed.py --peer .venv-peer/bin/python PICTURES...
    python benchmarks/speed.py --model large PICTURES...

The other is img-focus 0.1.1, or `lite` where no --peer is named. Each is a process of its own that
is already warm; they take turns, picture by picture, so that whatever else the machine does hits
both alike. What counts is the ratio: the times of one machine say nothing of another's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
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
        self.peak_mib = 0.0

    def ask(self, path: Path) -> dict[str, float]:
        """One picture: seconds and the process's peak memory so far."""
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
        self.peak_mib = answer["peak_mib"]

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--peer", help="a Python that has img-focus")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    ours = Contestant(sys.executable, options.model, options.threads)
    other = (options.peer, "img-focus") if options.peer else (sys.executable, "lite")
    peer = Contestant(*other, options.threads)
    for contestant in (ours, peer):
        for path in options.pictures[:3]:
            contestant.ask(path)  # warm up
    for _ in range(options.rounds):
        for path in options.pictures:
            ours.measure(path)
            peer.measure(path)
    for contestant in (ours, peer):
        median = statistics.median(contestant.times)
        print(f"{contestant.name:12} {1000 * median:7.1f} ms   {contestant.peak_mib:7.0f} MiB peak")
        contestant.close()
    time_ratio = statistics.median(a / b for a, b in zip(ours.times, peer.times, strict=True))
    print(f"ratio, {ours.name} to {peer.name}: time {time_ratio:.2f} (median of pairs), ", end="")
    print(f"memory {ours.peak_mib / peer.peak_mib:.2f}")


if __name__ == "__main__":
    main()
