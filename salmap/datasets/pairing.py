"""Pairing pictures with the fixations made on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from salmap.datasets.base import FixationSource, Problem, Record
from salmap.errors import DatasetError, listed


def pair(
    pictures: Mapping[str, Path],
    sources: Mapping[str, FixationSource],
    missing: Problem,
    if_none: str,
    category: Callable[[str], str | None] = lambda name: None,
) -> tuple[list[Record], list[Problem]]:
    """Records of the pictures that have fixations, and a problem for each that has none.

    Args:
        pictures: name -> path.
        sources: name -> fixations.
        missing: what to report for a picture without fixations; its `file` is the folder.
        if_none: how to fix it if no picture has fixations.
        category: gives the kind of a picture from its name.

    Raises:
        DatasetError: if no picture has fixations.
    """
    without = [name for name in pictures if name not in sources]
    if len(without) == len(pictures):
        raise DatasetError(
            f"None of the {len(pictures)} pictures has fixations: {listed(without)}. {if_none}"
        )
    records = [
        Record(name, picture, sources[name], category(name))
        for name, picture in pictures.items()
        if name in sources
    ]
    return records, [replace(missing, file=f"{missing.file}/{name}") for name in without]
