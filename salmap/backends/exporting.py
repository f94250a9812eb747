"""Networks as ONNX graphs, made by torch: those of the package, and files for other people's use.

python -m salmap.backends.exporting        makes the graphs of the package again
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from onnxscript import optimizer
from timm.layers import Conv2dSame
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional as F

from salmap.backends import graphs
from salmap.errors import ModelError
from salmap.files import replace_file
from salmap.models.file import load_model
from salmap.models.folding import Module
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS, NetworkConfig, Preset

logger = logging.getLogger(__name__)

INPUT, OUTPUTS = "pixels", ["log_density", "features"]
#: a picture as the encoders take it, padded; the graph makes it of its input by itself
PADDED = "padded"
#: what the exporter calls the network inside the module that it exports
_PREFIX = "network."
_OPSET = 20
#: how far an exported file may be from torch, in log density
TOLERANCE = 1e-4
#: (height, width) of the pictures on which that is checked
CHECKED_SIZES = ((432, 576), (420, 316), (64, 512))


class _Exported(nn.Module):
    """A network whose padded size is told by a second input.

    Sizes that are written as "h rounded up to a multiple" cost the exporter minutes, and say less.
    """

    def __init__(self, network: SaliencyNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor, padded: Tensor) -> tuple[Tensor, Tensor]:
        height, width = pixels.shape[-2:]
        rows, columns = padded.shape[-2:]
        features = []
        for encoder in self.network.encoder_list():
            normalized = (pixels - encoder.mean) / encoder.std
            full = F.pad(normalized, (0, columns - width, 0, rows - height))
            features.extend(encoder.features(full))
        return self.network.decode(features, (height, width)), self.network.pooled(features)


def export(network: SaliencyNetwork) -> onnx.ModelProto:
    """A network as an ONNX graph for pictures of every size, with its weights.

    Args:
        network: on the CPU.

    Returns:
        A model of one input, `pixels`, float32 (1, 3, h, w), RGB in [0, 1], and two outputs:
        `log_density`, float32 (1, h / 4, w / 4), logsumexp 0, and `features`, float32 (1, d), what
        the encoders see on average; h and w are multiples of 4.
    """
    multiple = network.encoder_list()[0].multiple
    rows, columns, high, wide = (Dim(name, min=2, max=1000) for name in ("r", "c", "high", "wide"))
    with redirect_stdout(io.StringIO()):  # torch tells the terminal how far it is
        program = torch.onnx.export(
            _Exported(_with_fixed_padding(network)).eval(),
            (torch.zeros(1, 3, 4 * 13, 4 * 27), torch.zeros(1, 3, multiple * 3, multiple * 4)),
            dynamo=True,
            optimize=False,  # the weights must keep their names and stay apart
            opset_version=_OPSET,
            input_names=[INPUT, PADDED],
            output_names=OUTPUTS,
            dynamic_shapes={
                INPUT: {2: 4 * rows, 3: 4 * columns},
                PADDED: {2: multiple * high, 3: multiple * wide},
            },
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    _rename(model, _PREFIX)
    _pad_inside(model, multiple)
    return _tidied(model)


def export_file(weights: Path, path: Path) -> float:
    """Write a network as one self-contained ONNX file; see `salmap.cli.export`.

    Args:
        weights: the network's `.safetensors` file.
        path: of the file to write; one that exists is replaced.

    Returns:
        The largest difference in log density between the file and torch.

    Raises:
        ModelError: if that difference exceeds `TOLERANCE`; then nothing is written.
        WeightsError: if the weight file is missing, damaged, unsafe or made for another Salmap.
        OSError: if the file can't be written.
    """
    network, info = load_model(weights)
    graph = graphs.find(network.network_config)
    if graph is None:
        model = export(load_model(weights)[0])
    else:
        model = onnx.load(graph.path, load_external_data=False)
        _fill(model, network)
    model.metadata_props.extend(
        onnx.StringStringEntryProto(key=key, value=str(value))
        for key, value in (("name", info.name), ("license", info.license), ("size", network.size))
    )
    data = model.SerializeToString(deterministic=True)
    difference = _difference(data, network)
    if difference > TOLERANCE:
        raise ModelError(
            f"{path.name} was not written: it differs from PyTorch by {difference:.1e} in log "
            f"density, and at most {TOLERANCE:.0e} is allowed."
        )
    replace_file(path, data)
    return difference


def write_graph(config: NetworkConfig, folder: Path = graphs.FOLDER) -> Path:
    """Write an architecture's graph without weights, and the list of them; its path."""
    network = SaliencyNetwork(config).eval()
    listing = {  # before the network is changed for the exporter
        name: (list(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for name, tensor in network.state_dict().items()
    }
    model = export(network)
    used = _without_weights(model, set(listing))
    learned = {name for name, _ in network.named_parameters()}
    rows = {
        name: {"shape": shape, "type": kind, "learned": name in learned, "used": name in used}
        for name, (shape, kind) in listing.items()
    }
    path = folder / f"{graphs.key(config)}.onnx"
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    replace_file(path.with_suffix(".json"), f"{{\n{lines}\n}}\n".encode())
    replace_file(path, model.SerializeToString(deterministic=True))
    return path


def _fill(model: onnx.ModelProto, network: SaliencyNetwork) -> None:
    """Put a network's weights into its architecture's graph."""
    state = network.state_dict()
    for tensor in model.graph.initializer:
        if tensor.name in state:
            tensor.CopyFrom(numpy_helper.from_array(state[tensor.name].numpy(), tensor.name))


def _difference(data: bytes, network: SaliencyNetwork) -> float:
    """The largest difference in log density between an ONNX model and torch on some pictures."""
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    random = torch.Generator().manual_seed(0)
    found = []
    for size in CHECKED_SIZES:
        pixels = torch.rand(1, 3, *size, generator=random)
        with torch.inference_mode():
            expected = network(pixels).numpy()
        (actual,) = session.run(OUTPUTS[:1], {INPUT: pixels.numpy()})
        found.append(float(np.abs(actual - expected).max()))
    return max(found)


def _with_fixed_padding(network: Module) -> Module:
    """The network, its "same" convolutions padded by fixed numbers.

    TensorFlow's padding depends on the size of what comes in; for the padded pictures, whose sides
    are multiples of every stride, it is always the same.
    """
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Conv2dSame):
                setattr(parent, name, _FixedPadding(child))
    return network


class _FixedPadding(nn.Module):
    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.stride, self.dilation, self.groups = conv.stride, conv.dilation, conv.groups
        self.around: list[int] = []
        sides = zip(conv.kernel_size, conv.stride, conv.dilation, strict=True)
        for kernel, stride, dilation in reversed(list(sides)):
            total = max(0, dilation * (kernel - 1) + 1 - stride)
            self.around += [total // 2, total - total // 2]

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, self.around)
        return F.conv2d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def _rename(model: onnx.ModelProto, prefix: str) -> None:
    """Give the weights the names that they have in weight files."""
    for node in model.graph.node:
        node.input[:] = [name.removeprefix(prefix) for name in node.input]
    for initializer in model.graph.initializer:
        initializer.name = initializer.name.removeprefix(prefix)


def _pad_inside(model: onnx.ModelProto, multiple: int) -> None:
    """Make the padded picture of the picture itself instead of asking for it."""
    graph = model.graph
    graph.input.remove(next(value for value in graph.input if value.name == PADDED))
    constants = {
        "padding.two": [2],
        "padding.four": [4],
        "padding.multiple": [multiple],
        "padding.others": [0] * 6,
    }
    nodes = [
        helper.make_node("Constant", [], [name], value_ints=values)
        for name, values in constants.items()
    ]
    steps = [
        ("Shape", [INPUT], "padding.shape"),
        ("Slice", ["padding.shape", "padding.two", "padding.four"], "padding.sides"),
        ("Neg", ["padding.sides"], "padding.negative"),
        ("Mod", ["padding.negative", "padding.multiple"], "padding.missing"),
        ("Concat", ["padding.others", "padding.missing"], "padding.all"),
        ("Pad", [INPUT, "padding.all"], PADDED),
    ]
    nodes += [helper.make_node(kind, inputs, [output], output) for kind, inputs, output in steps]
    nodes[-2].attribute.append(helper.make_attribute("axis", 0))  # of Concat
    for place, node in enumerate(nodes):
        graph.node.insert(place, node)


def _tidied(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without what the exporter noted, its constants computed, its weights untouched."""
    graph = model.graph
    weights = list(graph.initializer)
    del graph.initializer[:], graph.value_info[:]
    for item in [*graph.node, *graph.input, *graph.output, graph, model]:
        item.ClearField("metadata_props")
        item.ClearField("doc_string")
    # as inputs the weights are unknown to the optimizer, so it can't compute with them
    graph.input.extend(
        helper.make_tensor_value_info(weight.name, weight.data_type, weight.dims)
        for weight in weights
    )
    model = optimizer.optimize(model)
    graph = model.graph
    names = {weight.name for weight in weights}
    inputs = [value for value in graph.input if value.name not in names]
    del graph.input[:], graph.value_info[:]
    graph.input.extend(inputs)
    asked = {name for node in graph.node for name in node.input}
    graph.initializer.extend(weight for weight in weights if weight.name in asked)
    model.producer_name, model.producer_version = "salmap", ""
    return model


def _without_weights(model: onnx.ModelProto, names: set[str]) -> set[str]:
    """Take the values of the tensors of these names out; which of them there were."""
    found = [tensor for tensor in model.graph.initializer if tensor.name in names]
    for tensor in found:
        empty = onnx.TensorProto(
            name=tensor.name, data_type=tensor.data_type, dims=tensor.dims,
            data_location=onnx.TensorProto.EXTERNAL,
        )  # fmt: skip
        empty.external_data.add(key="location", value="weights")
        tensor.CopyFrom(empty)
    return {tensor.name for tensor in found}


def main(presets: Iterable[Preset] = tuple(PRESETS.values())) -> None:
    """Make the graphs of the package again."""
    logging.basicConfig(format="%(message)s")
    logger.setLevel(logging.INFO)  # those of the exporter have nothing to say
    for preset in presets:
        path = write_graph(preset.config)
        logger.info("%s: %.0f kB", path, path.stat().st_size / 1000)


if __name__ == "__main__":
    main()
