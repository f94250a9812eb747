"""Data sets named on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from salmap.datasets import FixationDataset


def open_sound(data: list[str], splits: Path | None = None) -> list[FixationDataset]:
    """Data sets without problems; see `salmap.datasets.check.require_sound`.

    Args:
        data: NAME=PATH each.
        splits: JSON file with other splits.
    """
    from salmap.datasets import open_dataset, parse_data_option  # noqa: PLC0415  (quick --help)
    from salmap.datasets.check import require_sound  # noqa: PLC0415

    datasets = [open_dataset(*parse_data_option(option), splits) for option in data]
    return [require_sound(dataset, progress=True) for dataset in datasets]
