"""The graphs in the package are what their command makes today."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from salmap.backends import graphs
from salmap.backends.exporting import write_graph
from salmap.networks import PRESETS


@pytest.mark.slow
def test_making_a_graph_again_gives_the_same(tmp_path: Path) -> None:
    """The smallest; that the others still fit their networks, their predictions show."""
    config = PRESETS["tiny"].config
    made = write_graph(config, tmp_path)
    kept = graphs.FOLDER / made.name
    read = [json.loads(path.with_suffix(".json").read_text()) for path in (made, kept)]
    assert read[0] == read[1]
    new, old = (onnx.load(path, load_external_data=False).graph for path in (made, kept))
    assert [node.op_type for node in new.node] == [node.op_type for node in old.node]
    for ours, theirs in zip(new.node, old.node, strict=True):
        assert ours.attribute == theirs.attribute, ours.name
    assert weights(new) == weights(old)
    constants = [
        [onnx.numpy_helper.to_array(t) for t in graph.initializer if not t.external_data]
        for graph in (new, old)
    ]
    for ours, theirs in zip(*constants, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def weights(graph: onnx.GraphProto) -> list[tuple[str, list[int]]]:
    return [(t.name, list(t.dims)) for t in graph.initializer if t.external_data]


@pytest.mark.parametrize("path", sorted(graphs.FOLDER.glob("*.onnx")), ids=lambda path: path.stem)
def test_a_graph_holds_no_weights_and_has_one_input(path: Path) -> None:
    model = onnx.load(path, load_external_data=False)
    assert [value.name for value in model.graph.input] == ["pixels"]
    assert [value.name for value in model.graph.output] == ["log_density"]
    held = sum(len(t.raw_data) for t in model.graph.initializer)
    assert held < 10_000
    assert len(weights(model.graph)) > 50
