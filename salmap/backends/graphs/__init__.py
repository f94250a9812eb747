"""The networks' graphs for ONNX Runtime: one for each architecture, without weights.

Each is two files made by `python -m salmap.backends.exporting`: `<key>.onnx`, whose weights are
named but not stored, and `<key>.json`, which lists them. The weights come from a model's
`.safetensors` file when it is opened, so any model of an architecture runs, however it was trained.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from salmap.networks import NetworkConfig
from salmap.weights.file import TensorSpec

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Graph:
    """The graph of one architecture.

    Attributes:
        path: of the `.onnx` file.
        tensors: name -> shape and type of every tensor of the architecture's weight files.
        learned: names of those that training changes; the others are settings and statistics.
        used: names of those that the graph asks for.
    """

    path: Path
    tensors: dict[str, TensorSpec]
    learned: frozenset[str]
    used: frozenset[str]


def key(config: NetworkConfig) -> str:
    """The name of an architecture's files; pictures of every size have the same graph."""
    encoders = [
        f"{encoder.name}-{'.'.join(map(str, encoder.levels))}"
        + (f"-s{encoder.stride}" if encoder.stride else "")
        for encoder in config.encoders
    ]
    return "+".join([*encoders, f"w{config.width}"])


def find(config: NetworkConfig, folder: Path = FOLDER) -> Graph | None:
    """The graph of a network's architecture; None where there is none."""
    path = folder / f"{key(config)}.onnx"
    listing = folder / f"{key(config)}.json"
    if not (path.is_file() and listing.is_file()):
        return None
    rows = json.loads(listing.read_text(encoding="utf-8"))
    return Graph(
        path,
        {name: TensorSpec(tuple(row["shape"]), row["type"]) for name, row in rows.items()},
        frozenset(name for name, row in rows.items() if row["learned"]),
        frozenset(name for name, row in rows.items() if row["used"]),
    )
