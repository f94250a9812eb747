"""Features of the frozen encoders, computed once and kept on disk in half precision."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor
from tqdm import tqdm

from salmap.files import replace_file
from salmap.models.network import SaliencyNetwork

from ..machine import Machine
from ..precision import autocast
from .batches import FeatureBatch, Targets, load_batches, scaled
from .crops import Crop
from .mixture import Mixture
from .pictures import PixelSource

_REPORTED_EVERY = 8  # crops


class FeatureCache:
    """Feature maps of crops without color changes, one file for each.

    Its folder is named after everything that the features depend on, so that runs with the same
    encoder share it and others never do.

    Args:
        folder: holds the caches of all encoders.
        network: whose encoders see the crops.
        mixture: the pictures.
    """

    def __init__(self, folder: Path, network: SaliencyNetwork, mixture: Mixture) -> None:
        digest = hashlib.sha256(json.dumps(network.config()["encoders"]).encode())
        for name, value in network.encoders.state_dict().items():
            digest.update(name.encode())
            digest.update(value.cpu().contiguous().numpy().tobytes())
        self.folder = folder / digest.hexdigest()[:16]
        self.network = network
        self.mixture = mixture

    def path(self, crop: Crop) -> Path:
        """The file of a crop's features."""
        dataset, index = self.mixture.locate(crop.item)
        picture = dataset.path(index)
        changed = picture.stat()
        key = f"{picture.resolve()}|{changed.st_size}|{changed.st_mtime_ns}|{crop.box}|{crop.size}"
        name = hashlib.sha256(f"{key}|{crop.flip}".encode()).hexdigest()[:24]
        return self.folder / f"{name}.safetensors"

    def fill(
        self,
        crops: Sequence[Crop],
        pixels: PixelSource,
        machine: Machine,
        precision: str,
        report: Callable[[int, int], None],
    ) -> None:
        """Compute this process's part of what is not there yet, with a progress bar.

        Args:
            crops: whose features are wanted.
            pixels: shows them.
            machine: where the encoders run.
            precision: "no" or "bf16".
            report: is told (crops done, crops in all).
        """
        mine = crops[machine.rank :: machine.world]
        by_path = {self.path(crop): crop for crop in mine}  # many differ in what features ignore
        missing = [crop for path, crop in by_path.items() if not path.exists()]
        network = self.network.eval().to(machine.device)
        batches = load_batches(pixels, [[crop] for crop in missing], machine)
        bar = tqdm(missing, desc="features", unit="crop",
                   disable=len(missing) < 8 or not machine.is_first)  # fmt: skip
        for done, (crop, batch) in enumerate(zip(bar, batches, strict=True)):
            if done % _REPORTED_EVERY == 0:
                report(done, len(missing))
            images = scaled(batch.images.to(machine.device))
            with torch.inference_mode(), autocast(machine.device, precision):
                maps = network.encode(images)
            tensors = {f"{level}": m[0].half().cpu().contiguous() for level, m in enumerate(maps)}
            replace_file(self.path(crop), save(tensors))

    def read(self, crop: Crop) -> list[Tensor]:
        """float16 (channels, h, w) feature maps, finest first."""
        tensors = load_file(self.path(crop))
        return [tensors[str(level)] for level in range(len(tensors))]


class FeatureSource:
    """Makes batches of cached features, as `PixelSource` makes batches of pixels."""

    def __init__(self, cache: FeatureCache) -> None:
        self.cache = cache

    def __getitem__(self, crops: list[Crop]) -> FeatureBatch:
        mixture = self.cache.mixture
        levels = zip(*(self.cache.read(crop) for crop in crops), strict=True)
        return FeatureBatch(
            Targets.of(crops, [mixture.fixations(crop.item) for crop in crops]),
            torch.tensor([crop.weight for crop in crops]),
            tuple(torch.stack(level) for level in levels),
            crops[0].size,
        )
