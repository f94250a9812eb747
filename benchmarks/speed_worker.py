"""One contestant of `speed.py`: reads paths on standard input, answers with time and memory."""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path


def load(name: str, threads: int) -> Callable[[bytes], object]:
    """A function from the bytes of a picture to its density at the picture's size."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if name == "img-focus":
        return load_peer(threads)
    import cv2

    import salmap

    cv2.setNumThreads(threads)
    name, _, backend = name.partition(":")
    model = salmap.load(name, backend=backend or "auto")
    return lambda data: model.predict(data).density


def load_peer(threads: int) -> Callable[[bytes], object]:
    """img-focus, its map brought to the picture's size and to sum 1 as well."""
    import cv2
    import numpy as np
    import onnxruntime
    from img_focus import Salency
    from PIL import Image

    model = Salency()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    model.session = onnxruntime.InferenceSession(
        model.session._model_path, options, providers=["CPUExecutionProvider"]
    )

    def predict(data: bytes) -> object:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        heatmap = np.asarray(model.get_heatmap(image), np.float32)
        full = cv2.resize(heatmap, image.size, interpolation=cv2.INTER_LINEAR)
        return full / full.sum()

    return predict


def main() -> None:
    """Answer each path with one JSON line."""
    predict = load(sys.argv[1], int(sys.argv[2]))
    for line in sys.stdin:
        data = Path(line.strip()).read_bytes()
        began, busy = time.perf_counter(), time.process_time()
        predict(data)
        seconds, busy_s = time.perf_counter() - began, time.process_time() - busy
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "busy_s": busy_s, "peak_mib": peak}), flush=True)


if __name__ == "__main__":
    main()
