"""Networks run by ONNX Runtime: the backend for CPUs. No torch here."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from salmap.backends.graphs import Graph
from salmap.networks import NetworkConfig
from salmap.threads import thread_count
from salmap.types import GridOutput
from salmap.weights.file import read_tensors

#: input pixels per cell of a network's output grid
OUTPUT_STRIDE = 4
_ERRORS_ONLY = 3


class OnnxBackend:
    """Runs a network with ONNX Runtime; see `salmap.backends.Backend`.

    Args:
        graph: of the network's architecture.
        tensors: the network's weights, by name.
        size: long side, in pixels, at which the network wants its pictures.
    """

    output_stride = OUTPUT_STRIDE
    device = "cpu"

    def __init__(self, graph: Graph, tensors: dict[str, NDArray[np.generic]], size: int) -> None:
        self.size = size
        self.parameter_count = sum(tensors[name].size for name in graph.learned)
        self._session = _session(graph, tensors)
        self._turn = Lock()

    def run(self, pixels: NDArray[np.float32]) -> GridOutput:
        """float32 (1, 3, h, w) -> log density, logsumexp 0, and features; see `Backend.run`.

        One picture has all threads, so several at once would only need more memory.
        """
        with self._turn:
            log_density, features = self._session.run(None, {"pixels": pixels})
        return GridOutput(log_density[0], features[0])


def open_network(weights: Path, config: NetworkConfig, graph: Graph) -> OnnxBackend:
    """The network in a weight file, ready to run.

    Raises:
        WeightsError: if the file is missing, damaged, unsafe or made for another Salmap.
    """
    return OnnxBackend(graph, read_tensors(weights, graph.tensors), config.size)


def _session(graph: Graph, tensors: dict[str, NDArray[np.generic]]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # memory goes back after each picture, for three hundredths of a picture's time
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    # threads that wait for work must not keep a core busy that others could use
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    names = sorted(graph.used)
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(tensors[name]) for name in names]
    options.add_external_initializers(names, values)  # they are copied
    return onnxruntime.InferenceSession(
        graph.path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
