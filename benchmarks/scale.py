"""Pictures per second of one core, and what a million of them cost: the table of docs/scale.md.

    python -m benchmarks.scale --model lite --pictures 40 --price 0.04

One worker of `salmap predict --engine ray` does pictures of 800 x 600 pixels (JPEG) in this
process, on one thread, and writes what is asked for to a folder of this machine. Counted is the
time of the processor, so that neither storage nor other programs matter. `--engine`
times a local Ray of 1 and of 2 cores, by the clock, from the first block of pictures done to the
last: quiet machines only.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import ray
import skimage.data
from PIL import Image

from salmap.outputs.cluster.pipeline import predict_on_cluster
from salmap.outputs.cluster.plan import plan
from salmap.outputs.cluster.sources import find_sources
from salmap.outputs.cluster.task import Task
from salmap.outputs.cluster.worker import Worker
from salmap.outputs.names import STANDARD_OUTPUTS, Output
from salmap.render import Style

#: what is saved, and where to
WANTED: dict[str, tuple[tuple[Output, ...], str]] = {
    "regions, table": ((Output.REGIONS,), "out.parquet"),
    "regions and density, table": ((Output.REGIONS, Output.DENSITY), "out.parquet"),
    "regions and overlay, files": ((Output.REGIONS, Output.OVERLAY), "out"),
    "all four, files": (STANDARD_OUTPUTS, "out"),
}


class Quiet:
    """A log that keeps nothing."""

    def start(self, block: str) -> set[str]:
        """Nothing has failed."""
        return set()

    def begin(self, block: str, picture: str) -> None:
        """Nothing to do."""

    def finish(self, block: str) -> None:
        """Nothing to do."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="lite")
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--price", type=float, default=0.04, help="of a core for an hour")
    parser.add_argument("--engine", action="store_true", help="time a local Ray as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_pictures(folder / "in", options.pictures)
        print("| saved | pictures per second and core | MB per picture | a million costs |")
        print("|---|---|---|---|")
        for wanted in WANTED:
            rate, size = _one_core(folder, options.model, wanted)
            cost = 1e6 / rate / 3600 * options.price
            print(f"| {wanted} | {rate:.2f} | {size / 1e6:.2f} | {cost:.2f} |", flush=True)
        if options.engine:
            for cores in (1, 2):
                print(f"Ray, cores: {cores}; {_ray(folder, options.model, cores):.2f} per second")


def _make_pictures(folder: Path, count: int) -> None:
    folder.mkdir()
    photos = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea()]
    for number in range(count):
        photo = Image.fromarray(photos[number % len(photos)])
        shifted = photo.resize((880, 680)).crop((number % 80, 0, number % 80 + 800, 600))
        shifted.save(folder / f"{number:04}.jpg", quality=90)


def _one_core(folder: Path, model: str, wanted: str) -> tuple[float, float]:
    """Pictures per second, after the first, and bytes written for each."""
    outputs, out = WANTED[wanted]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        task = Task(model, "cpu", outputs, Style(), 5, f"{place}/{out}")
        items = plan(find_sources([str(folder / "in")], task, _refuse), task, resume=False)
        worker = Worker(task, Quiet())
        worker.do(items[:1])
        start = time.process_time()
        problems = worker.do(items[1:])
        took = time.process_time() - start
        assert not any(problems), problems
        size = sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())
    return len(items[1:]) / took, size / len(items)


def _ray(folder: Path, model: str, cores: int) -> float:
    """Pictures per second of a Ray of this machine, from the first block done to the last."""
    ray.init(
        num_cpus=cores,
        object_store_memory=100_000_000,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    with tempfile.TemporaryDirectory(dir=folder) as place:
        task = Task(model, "cpu", (Output.REGIONS,), Style(), 5, f"{place}/out.parquet")
        items = plan(find_sources([str(folder / "in")], task, _refuse), task, resume=False)
        done = [(time.perf_counter(), problem) for _, problem in predict_on_cluster(items, task)]
    ray.shutdown()
    assert not any(problem for _, problem in done), done
    first, last = done[0][0], done[-1][0]
    return sum(when > first + 0.05 for when, _ in done) / (last - first)


def _refuse(given: str, reason: str) -> None:
    raise RuntimeError(f"{given}: {reason}")


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported; Ray does the same
    main()
