"""The tensors of a model in one safetensors file: written in one step, read with suspicion.

What else is known about a model is in `salmap.weights.info`. No torch here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as tensors_to_bytes

from salmap.errors import WeightsError
from salmap.files import replace_file
from salmap.weights.info import METADATA_KEY, ModelInfo, info_to_json, opened

Array = NDArray[Any]

#: safetensors' names of the types a tensor may be stored in, by the type it has in the model
STORED_AS = {
    "float32": ("F16", "F32"),
    "int64": ("I64",),
    "int32": ("I32",),
    "uint8": ("U8",),
    "bool": ("BOOL",),
}


@dataclass(frozen=True)
class TensorSpec:
    """What a model expects of one of its tensors.

    Attributes:
        shape: of the tensor.
        dtype: its type in the model, as numpy names it, such as "float32".
    """

    shape: tuple[int, ...]
    dtype: str


def write_tensors(
    path: Path, tensors: Mapping[str, Array], info: ModelInfo, half: bool = True
) -> None:
    """Write tensors and what is known about their model: the file is there whole or not at all.

    Args:
        path: a `.safetensors` file; one that exists is replaced.
        tensors: name -> values.
        info: what is known about the model.
        half: float16 for the floating-point tensors, float32 otherwise.

    Raises:
        WeightsError: if `info` is not valid JSON, or if a tensor holds values that are not finite
            or too large for float16.
        OSError: if the file can't be written.
    """
    text = info_to_json(info, path.name)
    dtype = np.float16 if half else np.float32
    stored = {
        name: _stored(values, dtype, f"{path.name} was not written: tensor {name}")
        for name, values in tensors.items()
    }
    replace_file(path, tensors_to_bytes(stored, {METADATA_KEY: text}))


def read_tensors(path: Path, expected: Mapping[str, TensorSpec]) -> dict[str, Array]:
    """Read the tensors that a model expects, floating-point ones as float32.

    The names, shapes and types in the file's header are compared with those expected before
    memory is taken for any values.

    Raises:
        WeightsError: if the file is missing, damaged or unsafe, has other tensors than expected,
            or holds values that are not finite.
    """
    with opened(path) as file:
        _check_header(file, expected, path.name)
        return {name: _loaded(file, name, path.name) for name in expected}


def _check_header(file: Any, expected: Mapping[str, TensorSpec], file_name: str) -> None:
    """Refuse missing, additional, misshapen or mistyped tensors."""
    names = set(file.keys())
    if names != set(expected):
        missing, extra = sorted(set(expected) - names), sorted(names - set(expected))
        parts = [f"{len(missing)} missing ({missing[0]})"] if missing else []
        parts += [f"{len(extra)} too many ({extra[0][:80]})"] if extra else []
        raise WeightsError(
            f"{file_name} does not hold the tensors that its configuration asks for: "
            f"{' and '.join(parts)}. It is damaged or was made for another model."
        )
    for name, spec in expected.items():
        header = file.get_slice(name)
        shape, dtype = tuple(header.get_shape()), header.get_dtype()
        if shape != spec.shape or dtype not in STORED_AS.get(spec.dtype, ()):
            raise WeightsError(
                f"{file_name}: tensor {name} is {dtype} {shape}, its configuration asks for "
                f"{spec.dtype} {spec.shape}. It is damaged or was made for another model."
            )


def _loaded(file: Any, name: str, file_name: str) -> Array:
    values: Array = file.get_tensor(name)
    _check_finite(values, f"{file_name}: tensor {name}")
    return values.astype(np.float32, copy=False) if values.dtype.kind == "f" else values


def _stored(values: Array, dtype: type[np.floating], subject: str) -> Array:
    _check_finite(values, subject)
    if values.dtype.kind != "f":
        return values
    with np.errstate(over="ignore"):  # refused below, in words
        stored = np.ascontiguousarray(values, dtype).reshape(values.shape)
    if not np.isfinite(stored).all():
        raise WeightsError(
            f"{subject} exceeds the range of half precision (65504). Save it with half=False."
        )
    return stored


def _check_finite(values: Array, subject: str) -> None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise WeightsError(
            f"{subject} has NaN or infinite values: the training went wrong, or the file is "
            "damaged."
        )
