"""Data sets named on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from salmap.datasets import FixationDataset


Data = Annotated[list[str], typer.Option(help="NAME=PATH of a data set; may be repeated.")]
Splits = Annotated[Path | None, typer.Option(help="JSON file with other splits.")]


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
