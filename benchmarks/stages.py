"""Where the time goes between the bytes of a JPEG and the PNG of its overlay.

    OMP_NUM_THREADS=1 python -m benchmarks.stages
    OMP_NUM_THREADS=1 python -m benchmarks.stages --model large PICTURES...

For each picture (made-up ones of 0.5 and 12 megapixels if none is given), the median processor time
of each stage, which other work on the machine hardly changes, and its share of the whole.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import salmap
from benchmarks.app import picture
from salmap.density import resize_log_density
from salmap.outputs.names import Output
from salmap.outputs.result import Result
from salmap.pictures import fit_size, load_image, resize
from salmap.prediction import Prediction
from salmap.predictor import Predictor
from salmap.render import View, draw, encode_png

T = TypeVar("T")
SIZES = ((800, 600), (4000, 3000))


def stages(model: Predictor, data: bytes) -> dict[str, float]:
    """Processor time of each stage in ms, in their order."""
    times: dict[str, float] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        began = time.process_time()
        found = work()
        times[name] = 1000 * (time.process_time() - began)
        return found

    image = timed("decode", lambda: load_image(data))
    size = fit_size(image.shape[:2], model.backend.size, model.backend.output_stride)
    fitted = timed("shrink for the network", lambda: resize(image, size))
    grid = timed("network", lambda: model.predict_grid(fitted).grid)
    log_density = timed(
        "log density at full size", lambda: resize_log_density(grid, image.shape[:2])
    )
    prediction = timed("check", lambda: Prediction(log_density, model.name))
    result = Result("picture", image, prediction)
    density = timed("density", lambda: prediction.density)
    drawn = timed("draw overlay", lambda: draw(View.OVERLAY, image, density, result.style))
    timed("PNG", lambda: encode_png(drawn))
    timed("regions, as JSON", lambda: result.file(Output.REGIONS))
    timed("density, as .npy", lambda: result.file(Output.DENSITY))
    return times


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table for each picture."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    model = salmap.load(options.model)
    found = {path.name: path.read_bytes() for path in options.pictures} or {
        f"made up, {width}x{height}": picture((width, height), 0) for width, height in SIZES
    }
    for name, data in found.items():
        stages(model, data)  # warms up
        rounds = [stages(model, data) for _ in range(options.rounds)]
        medians = {stage: statistics.median(r[stage] for r in rounds) for stage in rounds[0]}
        total = sum(medians.values())
        print(f"{name}: {total:.0f} ms of processor time with {options.model}")
        for stage, milliseconds in medians.items():
            print(f"    {stage:26} {milliseconds:8.1f} ms {milliseconds / total:6.1%}")


if __name__ == "__main__":
    main()
