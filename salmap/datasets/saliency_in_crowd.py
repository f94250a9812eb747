"""Saliency in Crowd (Jiang et al. 2014): 500 pictures of 1024x768, 16 viewers, free viewing.

Layout: `data/stimuli/*.jpg`, `data/eye/fixations.mat`. The files are one-based: the authors' own
code (`computeFixationMaps.m`) uses the rounded coordinates as MATLAB indices, and they run from
1.0 to 1024.0 and 768.0.
"""

from __future__ import annotations

from pathlib import Path

from salmap.datasets.base import FixationDataset
from salmap.datasets.nus import open_nus
from salmap.datasets.splits import SplitNames

#: `params.eye.radius` of the authors' code
SIGMA_PX = 26.0


def open_saliency_in_crowd(path: Path, splits: SplitNames | None = None) -> FixationDataset:
    """Saliency in Crowd under `path`, the folder that holds `data`.

    Raises:
        DatasetError: if files are missing or damaged.
    """
    return open_nus(
        "saliency-in-crowd",
        path,
        splits,
        sigma_px=SIGMA_PX,
        license="MIT",
        citation="Jiang, Xu and Zhao: Saliency in crowd. ECCV 2014.",
    )
