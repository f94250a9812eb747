"""The ResNet-50 that training starts from: timm and the real Hub client against a local server."""

from __future__ import annotations

import pytest
import timm
import torch
from safetensors.torch import save
from torch import Tensor

from salmap.errors import TrainingError
from salmap.models.encoders import Encoder
from salmap.networks import PRESETS
from tests.hub_server import Hub
from train.start import load_pretrained

NAME = "resnet50.tv_in1k"
REPOSITORY = f"timm/{NAME}"


def encoder() -> Encoder:
    (pretrained,) = PRESETS["resnet50"].encoders
    assert (pretrained.config.name, pretrained.repository) == (NAME, REPOSITORY)
    return Encoder(pretrained.config)


def classifier() -> dict[str, Tensor]:
    """What the file on the Hub holds, by name and shape, the head included; half its precision."""
    with torch.device("meta"):
        wanted = timm.create_model(NAME).state_dict()
    return {
        name: torch.full(
            tensor.shape, place % 64, dtype=torch.half if tensor.is_floating_point() else None
        )
        for place, (name, tensor) in enumerate(wanted.items())
    }


def test_training_starts_from_the_weights_on_the_hub(hub: Hub) -> None:
    stored = classifier()
    assert {"conv1.weight", "layer4.2.bn3.running_var", "fc.weight"} <= set(stored)
    hub.add(REPOSITORY, {"model.safetensors": save(stored)})
    started = encoder()
    load_pretrained(started, None)
    taken = started.net.state_dict()
    assert len(taken) > 300
    for name, tensor in taken.items():
        if not name.endswith("num_batches_tracked"):
            assert (tensor == stored[name].flatten()[0]).all(), name
    assert {r.path for r in hub.seen("HEAD")} == {f"/{REPOSITORY}/resolve/main/model.safetensors"}
    assert len(hub.seen("GET", "/cdn/")) == 1


def test_without_them_training_says_what_to_do(hub: Hub) -> None:
    with pytest.raises(TrainingError, match=rf"(?s){NAME} can't be fetched.*--encoder {NAME}=FILE"):
        load_pretrained(encoder(), None)
    assert hub.seen("HEAD", REPOSITORY)
