"""What teachers said about crops that come again, kept on disk in half precision.

It is kept on the teachers' own grids, so that students of any size, one after another, share it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from salmap.files import replace_file

from .crops import Crop


def batch_name(crops: Sequence[Crop]) -> str:
    """The same for batches in which teachers see the same, mirrored for the student or not."""
    return hashlib.sha256(repr([crop.as_taught() for crop in crops]).encode()).hexdigest()[:24]


class Answers:
    """Densities by the name of their batch, one file for each.

    Args:
        folder: named after everything that the answers depend on beside the crops.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str, ask: Callable[[], Tensor]) -> Tensor:
        """What was said of a batch: float32 (B, rows, columns) on the CPU, asked for once and kept.

        It comes out as it is kept, so that it never depends on whether it was there.
        """
        path = self.folder / f"{name}.safetensors"
        try:
            kept = load_file(path)["densities"]
        except (OSError, SafetensorError, KeyError):  # not there yet, or damaged
            said = ask()
            kept = (said * said[0].numel()).half().cpu().contiguous()
            replace_file(path, save({"densities": kept}))
        return kept.float() / kept[0].numel()


def answers_folder(cache: Path, *depends_on: object) -> Path:
    """Where answers that depend on these values are kept."""
    digest = hashlib.sha256(repr(depends_on).encode()).hexdigest()[:16]
    return cache / "taught" / digest
