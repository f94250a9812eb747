"""Data sets named on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from salmap.cli.text import say
from salmap.fixations.frame import read_settings

if TYPE_CHECKING:
    from salmap.datasets import FixationDataset


Data = Annotated[list[str], typer.Option(help="NAME=PATH of a data set; may be repeated.")]
Splits = Annotated[Path | None, typer.Option(help="JSON file with other splits.")]


def open_named(
    data: str, splits: Path | None = None, gaze: list[str] | None = None
) -> FixationDataset:
    """The data set of an option NAME=PATH.

    Args:
        data: the option.
        splits: JSON file with other splits.
        gaze: SETTING=VALUE each, about its table of fixations.
    """
    from salmap.datasets import open_dataset, parse_data_option  # noqa: PLC0415  (quick --help)

    reading = read_settings(gaze) if gaze else None
    return open_dataset(*parse_data_option(data), splits, reading)


def say_notes(dataset: FixationDataset) -> None:
    """On stderr, what was done in reading a data set, and what is unusual about it."""
    for note in (*dataset.notes, *filter(None, [dataset.doubt])):
        say(dataset.name, note)


def open_sound(
    data: list[str], splits: Path | None = None, gaze: list[str] | None = None
) -> list[FixationDataset]:
    """Data sets without problems; see `open_named` and `salmap.datasets.check.require_sound`."""
    from salmap.datasets.check import require_sound  # noqa: PLC0415  (quick --help)

    datasets = [open_named(option, splits, gaze) for option in data]
    for dataset in datasets:
        say_notes(dataset)
    return [require_sound(dataset, progress=True) for dataset in datasets]
