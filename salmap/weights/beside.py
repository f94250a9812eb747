"""Small files that lie beside a network's weights and belong to them alone. No torch here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from salmap.errors import WeightsError
from salmap.files import replace_file
from salmap.weights.info import opened
from salmap.weights.resolve import SUFFIX

_WEIGHTS = "weights"

Tensors = dict[str, NDArray[np.float32]]


def write_beside(weights: Path, suffix: str, tensors: Mapping[str, NDArray[np.float32]]) -> Path:
    """Write `<name><suffix>` beside the weight file that it belongs to; its path."""
    path = _path(weights, suffix)
    replace_file(path, save(dict(tensors), {_WEIGHTS: _digest(weights)}))
    return path


def read_beside(weights: Path, suffix: str, dimensions: Mapping[str, int]) -> Tensors | None:
    """What `write_beside` wrote; None where there is nothing, or only of other weights.

    Args:
        weights: the weight file.
        suffix: of the file beside it.
        dimensions: how many each tensor has, by its name.

    Raises:
        WeightsError: if the file is damaged or holds something else.
    """
    path = _path(weights, suffix)
    if not path.is_file():
        return None
    with opened(path) as file:
        if (file.metadata() or {}).get(_WEIGHTS) != _digest(weights):
            return None
        tensors: Tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if {name: values.ndim for name, values in tensors.items()} != dict(dimensions):
        raise WeightsError(f"{path.name} is damaged or something else: delete it.")
    return tensors


def _path(weights: Path, suffix: str) -> Path:
    return weights.with_name(weights.name.removesuffix(SUFFIX) + suffix)


def _digest(weights: Path) -> str:
    status = weights.stat()
    return _digest_now(weights, status.st_size, status.st_mtime_ns)


@lru_cache(8)
def _digest_now(weights: Path, _size: int, _changed: int) -> str:
    """The SHA-256 of a file, read once as long as the file stays as it is."""
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
