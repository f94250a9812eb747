"""The weights that a run starts from: pretrained encoders, or a trained model."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import timm
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from salmap.errors import TrainingError
from salmap.models.encoders import Encoder, load_encoder_weights
from salmap.models.file import load_model
from salmap.models.network import SaliencyNetwork
from salmap.networks import NetworkConfig
from salmap.weights.info import read_info
from salmap.weights.resolve import resolve

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Start:
    """Where a run's weights come from.

    Attributes:
        encoders: for encoders by timm's name, a safetensors file with pretrained weights, of the
            encoder alone or of a Salmap model that has it; those of the others come from the Hub.
        model: a trained model, as `salmap.load` takes it, of the recipe's network at any size. The
            run goes on from it instead of from pretrained encoders and a new decoder; its encoders
            are replaced by those that `encoders` names.
    """

    encoders: Mapping[str, Path] = field(default_factory=dict)
    model: str | Path | None = None


def start_network(config: NetworkConfig, start: Start) -> tuple[SaliencyNetwork, str]:
    """A network with its first weights, and the name of the model that they are from, if any.

    Raises:
        TrainingError: if weights are missing or of another network.
        ModelError, WeightsError: if a file can't be read.
    """
    network = SaliencyNetwork(config)
    name = _load_model(network, start.model) if start.model else ""
    for encoder in network.encoder_list():
        if not start.model or encoder.name in start.encoders:
            load_pretrained(encoder, start.encoders.get(encoder.name))
    return network, name


def _load_model(network: SaliencyNetwork, name: str | Path) -> str:
    """Put a model's weights into the network; its name."""
    found = resolve(name)
    if found is None:
        raise TrainingError(f"{name} has no weights to start from: give a trained network.")
    model, info = load_model(found.path)
    size = {"size": network.size}  # no weight depends on it
    if model.config() | size != network.config():
        raise TrainingError(
            f"The run can't start from {found.path}: {info.name} has another network than the "
            "recipe. Give a model of the same encoders and decoder, or leave out --start."
        )
    network.load_state_dict(model.state_dict())
    return info.name


def load_pretrained(encoder: Encoder, path: Path | None) -> None:
    """Load an encoder's pretrained weights from a file, or from the Hub if there is none.

    Raises:
        TrainingError: if they can't be had from either.
        ModelError: if they are another network's.
    """
    if path is not None:
        state = _encoder_tensors(path, encoder.name)
    else:
        logger.info("fetching the pretrained encoder %s from the Hub", encoder.name)
        try:
            state = timm.create_model(encoder.name, pretrained=True).state_dict()
        except Exception as error:  # timm passes on whatever its HTTP client raises
            raise TrainingError(
                f"The pretrained encoder {encoder.name} can't be fetched from the Hub ({error}). "
                f"Offline, give a file: --encoder {encoder.name}=FILE.safetensors (salmap train "
                "convert makes one)."
            ) from error
    load_encoder_weights(encoder, state)


def _encoder_tensors(path: Path, name: str) -> dict[str, Tensor]:
    """In timm's names, from a file of the encoder alone or from the encoder in a Salmap model."""
    try:
        state: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"The encoder weights {path} can't be read: {error}.") from error
    if not any(key.startswith("encoders.") for key in state):
        return state
    inside = [encoder["name"] for encoder in read_info(path).config["encoders"]]
    if name not in inside:
        raise TrainingError(
            f"The model {path} has the encoder {' and '.join(inside)}, not {name}. Give another."
        )
    prefix = f"encoders.{inside.index(name)}.net."
    return {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }
