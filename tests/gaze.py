"""Small uploads and models for the tests of the Train page."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from salmap.models.file import save_model
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS
from salmap.weights.info import ModelInfo


def gaze_zip(pictures: int = 24, viewers: int = 4, scale: tuple[float, float] = (1, 1)) -> bytes:
    """Pictures of noise with one bright square each, on which all looks fall, as people pack it."""
    rng, (across, down) = np.random.default_rng(7), scale
    rows = ["image,subject,x,y"]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(pictures):
            left, top = int(rng.integers(0, 72)), int(rng.integers(0, 48))
            image = rng.integers(0, 80, (72, 96, 3), np.uint8)
            image[top : top + 24, left : left + 24] = 240
            png = io.BytesIO()
            Image.fromarray(image).save(png, "PNG")
            archive.writestr(f"gaze/images/{number:03d}.png", png.getvalue())
            rows += [
                f"{number:03d}.png,viewer {v},{(left + x) * across:.4f},{(top + y) * down:.4f}"
                for v in range(viewers)
                for x, y in rng.uniform(4, 20, (5, 2))
            ]
        archive.writestr("gaze/fixations.csv", "\n".join(rows))
        archive.writestr("gaze/readme.txt", "not needed")
    return stream.getvalue()


def gaze_jpeg() -> bytes:
    """A small gray picture."""
    stream = io.BytesIO()
    Image.new("RGB", (32, 24), "gray").save(stream, "JPEG")
    return stream.getvalue()


def save_untrained(path: Path, scores: dict[str, dict[str, list[float]]] | None = None) -> Path:
    """A model as `train fit` writes it, always the same, that has learned nothing."""
    torch.manual_seed(0)
    network = SaliencyNetwork(replace(PRESETS["lite"].config, size=128))
    info = ModelInfo(
        path.stem, network.architecture, network.config(), data=("gaze (license unknown)",),
        scores=scores or {},
    )  # fmt: skip
    save_model(network, path, info)
    return path
