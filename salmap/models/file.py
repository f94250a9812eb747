"""A network to and from its weight file; `salmap.weights.file` checks what strangers put there."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from salmap.errors import ModelError, WeightsError
from salmap.models.config import network_config
from salmap.models.network import SaliencyNetwork
from salmap.networks import NetworkConfig
from salmap.weights.file import TensorSpec, read_tensors, write_tensors
from salmap.weights.info import ModelInfo, info_to_json, read_info


def save_model(
    model: SaliencyNetwork, path: Path | str, info: ModelInfo, half: bool = True
) -> None:
    """Write a model and what is known about it: the file is there whole or not at all.

    Args:
        model: its whole state dict is written.
        path: a `.safetensors` file; one that exists is replaced.
        info: its `architecture` and `config` must be the model's own.
        half: float16 for the floating-point tensors, float32 otherwise.

    Raises:
        WeightsError: if `info` describes another model or is not valid JSON, or if a tensor holds
            values that are not finite or too large for float16.
        OSError: if the file can't be written.
    """
    path = Path(path)
    given = json.loads(info_to_json(info, path.name))
    own = json.loads(json.dumps(model.config()))
    if (given["architecture"], given["config"]) != (model.architecture, own):
        raise WeightsError(f"{path.name} was not written: its information is another model's.")
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}
    write_tensors(path, tensors, info, half)


def load_model(path: Path | str) -> tuple[SaliencyNetwork, ModelInfo]:
    """Read a model: float32 parameters that need no gradient, in eval mode.

    Raises:
        WeightsError: if the file is missing, damaged, unsafe or made for another Salmap.
    """
    path = Path(path)
    info = read_info(path)
    config = network_config(info, path.name)
    tensors = read_tensors(path, _expected(config, path.name))
    network = SaliencyNetwork(config)
    network.load_state_dict({name: torch.from_numpy(values) for name, values in tensors.items()})
    return network.requires_grad_(False).eval(), info


def _expected(config: NetworkConfig, file_name: str) -> dict[str, TensorSpec]:
    """The tensors that a configuration asks for; no memory is taken for their values."""
    try:
        with torch.device("meta"):
            state = SaliencyNetwork(config).state_dict()
    except (ModelError, TypeError, ValueError, LookupError, AttributeError, RuntimeError) as error:
        raise WeightsError(
            f"{file_name}: its configuration describes no model that this Salmap can build "
            f"({error}) Upgrade Salmap, or choose another model."
        ) from error
    return {
        name: TensorSpec(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for name, tensor in state.items()
    }
