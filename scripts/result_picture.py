"""Make the pictures of README and docs: `python -m scripts.result_picture`, from the root.

A public-domain photo of scikit-image's, its overlay with the most salient regions, and its focus
view, side by side in docs/pictures/result.jpg; and the photo with scanpaths in scanpaths.jpg.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

import salmap

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
GAP_PX = 16
WIDTH_PX = 1280


def main() -> None:
    """Predict, draw, and write the files."""
    photo = astronaut()
    prediction = salmap.load("lite").predict(photo)
    overlay = salmap.render.overlay(photo, prediction.density)
    panels = [
        photo,
        salmap.render.draw_regions(overlay, prediction.regions(k=5)),
        salmap.render.focus(photo, prediction.density),
    ]
    gap = np.full((photo.shape[0], GAP_PX, 3), 255, np.uint8)
    row = np.hstack([part for panel in panels for part in (panel, gap)][:-1])
    height = round(row.shape[0] * WIDTH_PX / row.shape[1])
    small = cv2.resize(row, (WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    paths, typical = prediction.scanpaths(), prediction.typical_scanpath()
    scanpaths = salmap.render.draw_scanpaths(photo, paths, typical)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "result.jpg").write_bytes(salmap.render.encode_jpeg(small))
    (FOLDER / "scanpaths.jpg").write_bytes(salmap.render.encode_jpeg(scanpaths))


if __name__ == "__main__":
    main()
