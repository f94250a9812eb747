"""Made-up packages that hold ONNX files, built as exporters write them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

#: channels of the bottlenecks and how many there are, in each stage of open_nsfw
NSFW_STAGES = ((32, 3), (64, 4), (128, 6), (256, 3))


def write_wheel(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("package/__init__.py", "")
        for name, data in files.items():
            archive.writestr(name, data)
    return path


class Graph:
    """Nodes and weights, one after the other."""

    def __init__(self, seed: int = 0) -> None:
        self.random = torch.Generator().manual_seed(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[TensorProto] = []

    def weight(self, name: str, value: Tensor) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value.numpy()), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def model(self, inputs: dict[str, list], outputs: list[str]) -> bytes:
        """The file's bytes."""
        graph = helper.make_graph(
            self.nodes,
            "made-up",
            [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in inputs.items()],
            [helper.make_empty_tensor_value_info(name) for name in outputs],
            self.weights,
        )
        opset = helper.make_opsetid("", 13)
        return helper.make_model(graph, opset_imports=[opset]).SerializeToString()

    def convolution(
        self, source: str, output: str, shape: tuple[int, int, int], stride: int = 1
    ) -> str:
        """As tf2onnx writes one whose batch norm was folded into it; `shape`: out, in, side."""
        out, into, side = shape
        spread = (2 / (into * side * side)) ** 0.5
        weight = spread * torch.randn(out, into, side, side, generator=self.random)
        bias = 0.1 * torch.randn(out, generator=self.random)
        name = output.split("/", maxsplit=1)[0]
        self.weight(f"{name}_weights_fused_bn", weight)
        self.weight(f"{name}_bias_fused_bn", bias)
        return self.node(
            "Conv",
            [source, f"{name}_weights_fused_bn", f"{name}_bias_fused_bn"],
            output,
            strides=[stride, stride],
            kernel_shape=[side, side],
            dilations=[1, 1],
            pads=[side // 2] * 4,
        )


def open_nsfw(seed: int = 0) -> bytes:
    """A network like open_nsfw with random weights; gives the maps of strides 4, 8, 16 and 32."""
    graph = Graph(seed)
    nchw = graph.node("Transpose", ["input:0"], "nchw", perm=[0, 3, 1, 2])
    stem = graph.convolution(nchw, "bn_1/FusedBatchNormV3:0", (64, 3, 7), 2)
    graph.weights[0].CopyFrom(  # the input is of the order of 100, not 1
        numpy_helper.from_array(numpy_helper.to_array(graph.weights[0]) / 50, graph.weights[0].name)
    )
    x = graph.node(
        "MaxPool", [graph.node("Relu", [stem], "Relu:0")], "pool",
        kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1],
    )  # fmt: skip
    channels = 64
    maps = []
    for stage, (width, blocks) in enumerate(NSFW_STAGES):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            x = _block(graph, x, f"bn_stage{stage}_block{block}", (width, channels, stride))
            channels = 4 * width
        maps.append(x)
    return graph.model({"input:0": [None, None, None, 3]}, maps)


def _block(graph: Graph, x: str, name: str, sizes: tuple[int, int, int]) -> str:
    width, channels, stride = sizes
    end = "FusedBatchNormV3:0"
    shortcut = x
    if channels != 4 * width:
        shape = (4 * width, channels, 1)
        shortcut = graph.convolution(x, f"{name}_proj_shortcut/{end}", shape, stride)
    y = graph.convolution(x, f"{name}_branch2a/{end}", (width, channels, 1), stride)
    y = graph.node("Relu", [y], f"{name}_relu_a")
    y = graph.convolution(y, f"{name}_branch2b/{end}", (width, width, 3))
    y = graph.node("Relu", [y], f"{name}_relu_b")
    y = graph.convolution(y, f"{name}_branch2c/{end}", (4 * width, width, 1))
    return graph.node("Relu", [graph.node("Add", [y, shortcut], f"{name}_sum")], f"{name}_out")


def dinov2(state: dict[str, Tensor]) -> bytes:
    """These weights, in timm's names, as PyTorch exports transformers' DINOv2.

    Linear layers become a product with a matrix that has no name, transposed, and a sum with the
    bias, which has; query, key and value are three of them.
    """
    graph = Graph()
    backbone = "backbone"
    embeddings = f"{backbone}.embeddings"
    graph.weight(f"{embeddings}.cls_token", state["cls_token"])
    for kind in ("weight", "bias"):
        patches = state[f"patch_embed.proj.{kind}"]
        graph.weight(f"{embeddings}.patch_embeddings.projection.{kind}", patches)
        graph.weight(f"{backbone}.layernorm.{kind}", state[f"norm.{kind}"])
    graph.weight("onnx::Reshape_90", state["pos_embed"][:, 1:])
    graph.weight("onnx::Concat_80", state["pos_embed"][:, :1])
    graph.node("Reshape", ["onnx::Reshape_90", "shape"], "grid")
    graph.node("Concat", ["onnx::Concat_80", "grid"], "positions", axis=1)
    blocks = {int(name.split(".")[1]) for name in state if name.startswith("blocks.")}
    for block in sorted(blocks):
        _transformer_block(graph, state, block)
    return graph.model({"input_image": [None, 3, 56, 56]}, ["positions"])


def _transformer_block(graph: Graph, state: dict[str, Tensor], block: int) -> None:
    ours, layer = f"blocks.{block}", f"backbone.encoder.layer.{block}"
    for number in (1, 2):
        for kind in ("weight", "bias"):
            graph.weight(f"{layer}.norm{number}.{kind}", state[f"{ours}.norm{number}.{kind}"])
        graph.weight(f"{layer}.layer_scale{number}.lambda1", state[f"{ours}.ls{number}.gamma"])
    stacked = {kind: state[f"{ours}.attn.qkv.{kind}"].chunk(3) for kind in ("weight", "bias")}
    for place, part in enumerate(("query", "key", "value")):
        pair = (stacked["weight"][place], stacked["bias"][place])
        _linear(graph, f"{layer}.attention.attention.{part}", *pair)
    graph.node("MatMul", [f"{layer}.q", f"{layer}.k"], f"{layer}.scores")  # no weights in it
    for theirs, name in (
        ("attention.output.dense", "attn.proj"), ("mlp.fc1", "mlp.fc1"), ("mlp.fc2", "mlp.fc2"),
    ):  # fmt: skip
        pair = (state[f"{ours}.{name}.weight"], state[f"{ours}.{name}.bias"])
        _linear(graph, f"{layer}.{theirs}", *pair)


def _linear(graph: Graph, name: str, weight: Tensor, bias: Tensor) -> None:
    matrix = graph.weight(f"onnx::MatMul_{len(graph.weights)}", weight.T)
    graph.weight(f"{name}.bias", bias)
    product = graph.node("MatMul", [f"{name}.in", matrix], f"{name}.product")
    order = [f"{name}.bias", product] if "query" in name else [product, f"{name}.bias"]
    graph.node("Add", order, f"{name}.out")
