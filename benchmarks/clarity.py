"""How clear the validation pictures are: the table beside which a picture's clarity is put.

    python -m benchmarks.clarity --data osie=PATH --data saliency-in-crowd=PATH --data scene=PATH

Writes salmap/analysis/usual_clarity.json, or in it the models that are named: for each model and
data set, the percentiles 0, 5, ..., 100 of the concentration in bits (`salmap.analysis.clarity`)
over the validation pictures.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
from tqdm import tqdm

import salmap
from salmap.analysis.clarity import TABLE, clarity
from salmap.datasets import open_dataset, parse_data_option
from salmap.files import replace_file


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", action="append", required=True, metavar="NAME=PATH")
    parser.add_argument("--model", action="append", help="[lite, resnet50, large]")
    options = parser.parse_args()
    sets = [open_dataset(*parse_data_option(text)) for text in options.data]
    models = json.loads(TABLE.read_text("utf-8"))["models"] if TABLE.exists() else {}
    for name in options.model or ("lite", "resnet50", "large"):
        model = salmap.load(name)
        models[name] = {}
        for dataset in sets:
            pictures = dataset.split("val")
            bits = [
                clarity(model.predict(pictures[index].stimulus).density).concentration_bits
                for index in tqdm(range(len(pictures)), desc=f"{name}, {dataset.name}")
            ]
            percentiles = np.percentile(bits, np.arange(0, 101, 5)).round(3).tolist()
            models[name][dataset.name] = {"pictures": len(bits), "percentiles": percentiles}
    record = {
        "made_by": "python -m benchmarks.clarity",
        "what": "concentration in bits on validation pictures: percentiles 0, 5, ..., 100",
        "models": models,
    }
    replace_file(TABLE, json.dumps(record, indent=1).encode() + b"\n")


if __name__ == "__main__":
    main()
