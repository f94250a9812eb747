"""Features of the frozen encoders, computed once and kept on disk in half precision."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from safetensors.torch import load_file, save
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from salmap.files import replace_file
from salmap.models.network import SaliencyNetwork

from .mixture import Mixture, points_of
from .views import View

_REPORTED_EVERY = 8  # views


class FeatureCache:
    """Feature maps of views without color changes, one file a view.

    Its folder is named by all that the features depend on, so that runs with the same encoder
    share it and others never do. `progress` is told (views done, views in all) while it is filled.
    """

    def __init__(
        self,
        folder: Path,
        network: SaliencyNetwork,
        mixture: Mixture,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        digest = hashlib.sha256(json.dumps(network.config()["encoders"]).encode())
        for name, value in network.encoders.state_dict().items():
            digest.update(name.encode())
            digest.update(value.cpu().contiguous().numpy().tobytes())
        self.folder = folder / digest.hexdigest()[:16]
        self.network = network
        self.mixture = mixture
        self.progress = progress

    def path(self, view: View) -> Path:
        """Where the features of a view lie."""
        dataset, index = self.mixture.locate(view.item)
        picture = dataset.path(index)
        changed = picture.stat()
        key = f"{picture.resolve()}|{changed.st_size}|{changed.st_mtime_ns}|{view.box}|{view.size}"
        name = hashlib.sha256(f"{key}|{view.flip}".encode()).hexdigest()[:24]
        return self.folder / f"{name}.safetensors"

    def fill(
        self,
        views: Sequence[View],
        accelerator: Accelerator,
        pictures: Dataset[dict[str, Any]],
        workers: int,
    ) -> None:
        """Compute what is not there yet, with a progress bar.

        Args:
            views: whose features are wanted.
            accelerator: where the encoder runs.
            pictures: indexed by a view, as `train.data.pictures.ViewDataset`.
            workers: processes that read pictures.
        """
        missing = [view for view in views if not self.path(view).exists()]
        network = self.network.eval().to(accelerator.device)
        samples = DataLoader(pictures, batch_size=None, sampler=missing, num_workers=workers)
        bar = tqdm(missing, desc="features", unit="view",
                   disable=len(missing) < 8 or not accelerator.is_main_process)  # fmt: skip
        for done, (view, sample) in enumerate(zip(bar, samples, strict=True)):
            if done % _REPORTED_EVERY == 0:
                self.progress(done, len(missing))
            images = sample["images"][None].to(accelerator.device).float().div(255)
            with torch.inference_mode(), accelerator.autocast():
                maps = network.encode(images.contiguous(memory_format=torch.channels_last))
            tensors = {f"{level}": m[0].half().cpu().contiguous() for level, m in enumerate(maps)}
            replace_file(self.path(view), save(tensors))

    def read(self, view: View) -> list[Tensor]:
        """float16 (channels, h, w) feature maps, finest first."""
        tensors = load_file(self.path(view))
        return [tensors[str(level)] for level in range(len(tensors))]


class FeatureDataset(Dataset[dict[str, Any]]):
    """Indexed by a `View`, like `ViewDataset`, but with cached features instead of pixels."""

    def __init__(self, cache: FeatureCache) -> None:
        self.cache = cache

    def __getitem__(self, view: View) -> dict[str, Any]:
        return {
            "features": self.cache.read(view),
            "points": points_of(view, self.cache.mixture.fixations(view.item)),
            "size": view.size,
            "weight": view.weight,
        }
