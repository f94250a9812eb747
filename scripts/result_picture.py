"""Make the README's first picture: `python -m scripts.result_picture`, from the root.

A public-domain photo of scikit-image's, its overlay with the most salient regions, and its focus
view, side by side in docs/pictures/result.jpg.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

import salmap

TARGET = Path(__file__).parent.parent / "docs" / "pictures" / "result.jpg"
GAP_PX = 16
WIDTH_PX = 1280


def main() -> None:
    """Predict, draw, and write the file."""
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
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(salmap.render.encode_jpeg(small))


if __name__ == "__main__":
    main()
