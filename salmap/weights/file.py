"""One safetensors file carries a whole model: written in one step, read with suspicion.

What is known of the model beside its tensors is in `salmap.weights.info`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from salmap.errors import ModelError, WeightsError
from salmap.files import replace_file
from salmap.models import SaliencyModel, build
from salmap.weights.info import METADATA_KEY, ModelInfo, info_to_json, opened, read_info

#: safetensors' names of the types a tensor may be stored in, by the type it has in the model
STORED_AS = {
    torch.float32: ("F16", "F32"),
    torch.int64: ("I64",),
    torch.int32: ("I32",),
    torch.uint8: ("U8",),
    torch.bool: ("BOOL",),
}


def save_model(model: SaliencyModel, path: Path | str, info: ModelInfo, half: bool = True) -> None:
    """Write a model and what is known of it: the file is there whole or not at all.

    Args:
        model: its whole state dict is written.
        path: a `.safetensors` file; one that exists is replaced.
        info: its `architecture` and `config` must be the model's own.
        half: float16 for the floating-point tensors, float32 otherwise.

    Raises:
        WeightsError: if `info` describes another model or is no JSON, or if a tensor holds
            values that are not finite or too large for float16.
        OSError: if the file can't be written.
    """
    path = Path(path)
    text = info_to_json(info, path.name)
    given = json.loads(text)
    own = json.loads(json.dumps(model.config()))
    if (given["architecture"], given["config"]) != (model.architecture, own):
        raise WeightsError(f"{path.name} was not written: its information is another model's.")
    dtype = torch.float16 if half else torch.float32
    tensors = {
        name: _stored(tensor, dtype, f"{path.name} was not written: tensor {name}")
        for name, tensor in model.state_dict().items()
    }
    replace_file(path, tensors_to_bytes(tensors, {METADATA_KEY: text}))


def load_model(path: Path | str) -> tuple[SaliencyModel, ModelInfo]:
    """Read a model: float32 parameters that need no gradient, in eval mode.

    The shapes in the file's header are compared with those its configuration asks for before
    memory is taken for either.

    Raises:
        WeightsError: if the file is missing, damaged, unsafe or made for another Salmap.
    """
    path = Path(path)
    info = read_info(path)
    with opened(path, framework="pt") as file:
        _check_header(file, _expected(info, path.name), path.name)
        state = {name: _loaded(file, name, path.name) for name in file.keys()}  # noqa: SIM118
    model = build(info.architecture, info.config)
    model.load_state_dict(state, strict=True)
    return model.requires_grad_(False).eval(), info


def _expected(info: ModelInfo, file_name: str) -> dict[str, Tensor]:
    """The state dict that the configuration asks for, without memory for its values."""
    try:
        with torch.device("meta"):
            return build(info.architecture, info.config).state_dict()
    except (ModelError, TypeError, ValueError, LookupError, AttributeError, RuntimeError) as error:
        raise WeightsError(
            f"{file_name}: its configuration describes no model that this Salmap can build "
            f"({error}) Upgrade Salmap, or choose another model."
        ) from error


def _check_header(file: Any, expected: dict[str, Tensor], file_name: str) -> None:
    """Refuse missing, additional, misshapen or mistyped tensors."""
    names = set(file.keys())
    if names != set(expected):
        missing, extra = sorted(set(expected) - names), sorted(names - set(expected))
        parts = [f"{len(missing)} missing ({missing[0]})"] if missing else []
        parts += [f"{len(extra)} too many ({extra[0][:80]})"] if extra else []
        raise WeightsError(
            f"{file_name} holds other tensors than its configuration asks for: "
            f"{' and '.join(parts)}. It is damaged or was made for another model."
        )
    for name, tensor in expected.items():
        header = file.get_slice(name)
        shape, dtype = tuple(header.get_shape()), header.get_dtype()
        if shape != tuple(tensor.shape) or dtype not in STORED_AS.get(tensor.dtype, ()):
            raise WeightsError(
                f"{file_name}: tensor {name} is {dtype} {shape}, its configuration asks for "
                f"{tensor.dtype} {tuple(tensor.shape)}. It is damaged or was made for another "
                "model."
            )


def _loaded(file: Any, name: str, file_name: str) -> Tensor:
    tensor: Tensor = file.get_tensor(name)
    _check_finite(tensor, f"{file_name}: tensor {name}")
    return tensor.float() if tensor.is_floating_point() else tensor


def _stored(tensor: Tensor, dtype: torch.dtype, subject: str) -> Tensor:
    tensor = tensor.detach().cpu().clone().contiguous()
    _check_finite(tensor, subject)
    if not tensor.is_floating_point():
        return tensor
    stored = tensor.to(dtype)
    if not torch.isfinite(stored).all():
        raise WeightsError(f"{subject} exceeds half precision (65504). Save it with half=False.")
    return stored


def _check_finite(tensor: Tensor, subject: str) -> None:
    if tensor.is_floating_point() and not torch.isfinite(tensor).all():
        raise WeightsError(
            f"{subject} has NaN or infinite values: the training went wrong, or the file is "
            "damaged."
        )


__all__ = ["ModelInfo", "load_model", "read_info", "save_model"]
