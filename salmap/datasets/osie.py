"""OSIE (Xu et al. 2014): 700 pictures of 800x600, 15 viewers, 3 s of free viewing.

Layout: `data/stimuli/*.jpg`, `data/eye/fixations.mat`. The files are one-based: the authors' own
code (`computeFixationMaps.m`) uses the rounded coordinates as MATLAB indices.
"""

from __future__ import annotations

from pathlib import Path

from salmap.datasets.base import FixationDataset
from salmap.datasets.nus import open_nus
from salmap.datasets.splits import SplitNames

#: `params.eye.radius` of the authors' code: 800 pixels spanned 33.7 degrees
SIGMA_PX = 24.0


def open_osie(path: Path, splits: SplitNames | None = None) -> FixationDataset:
    """OSIE under `path`, the folder that holds `data`.

    Raises:
        DatasetError: if files are missing or damaged.
    """
    return open_nus(
        "osie",
        path,
        splits,
        sigma_px=SIGMA_PX,
        license="MIT",
        citation="Xu, Jiang, Wang, Kankanhalli and Zhao: Predicting human gaze beyond pixels. "
        "Journal of Vision 14(1), 2014.",
    )
