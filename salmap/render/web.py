"""What pages that stand alone share: pictures inside them, and one plain style."""

from __future__ import annotations

import base64
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from salmap.render.encode import encode_jpeg
from salmap.types import ImageArray


def data_uri(image: ImageArray, quality: int = 85) -> str:
    """A picture uint8 (H, W, 3) as something a browser shows: a JPEG in a data URI.

    It is there with the page. A file that a run of a page made may be gone when the browser asks.
    """
    return f"data:image/jpeg;base64,{base64.b64encode(encode_jpeg(image, quality)).decode()}"


def page_style() -> str:
    """CSS for a page that stands alone: letters, tables and pictures, in light and dark."""
    return files(__package__).joinpath("page.css").read_text("utf-8")


def gradient(table: NDArray[np.uint8]) -> str:
    """A color table (256, 3) as a CSS gradient."""
    stops = ", ".join(f"rgb({r} {g} {b})" for r, g, b in table[:: len(table) // 16].tolist())
    return f"linear-gradient(90deg, {stops})"
