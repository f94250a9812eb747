"""Fixations from a picture with a point for each."""

from __future__ import annotations

import io

from salmap.errors import FixationsError
from salmap.fixations.points import points_of_mask
from salmap.pictures import load_image
from salmap.types import Fixations

#: a map with more than this share of its pixels lit is blurred and shows no points
MAX_LIT_SHARE = 0.05

_JPEG_START = b"\xff\xd8"


def parse_fixation_map(data: bytes, name: str, size: tuple[int, int]) -> Fixations:
    """Fixations of unknown viewers from a picture: one on each pixel that is not black.

    In a JPEG file, whose pixels smear, one on each pixel brighter than half of the brightest.

    Args:
        data: the bytes of the file.
        name: of the file, for messages.
        size: (height, width) of the picture that was viewed.

    Raises:
        ImageError: if it is not a picture.
        FixationsError: if its size differs, it is black, or it is blurred.
    """
    stream = io.BytesIO(data)
    stream.name = name  # so that a message names the file
    gray = load_image(stream).max(axis=2)
    if gray.shape != size:
        raise FixationsError(
            f"{name} has {gray.shape[1]} x {gray.shape[0]} pixels, but the picture has {size[1]} x "
            f"{size[0]}. Use a fixation map of the same size."
        )
    points = gray > (gray.max() // 2 if data.startswith(_JPEG_START) else 0)
    if not points.any():
        raise FixationsError(f"{name} is black. Use a map with a white point for each fixation.")
    if points.mean() > MAX_LIT_SHARE:
        raise FixationsError(
            f"{name} shows no points: {points.mean():.0%} of its pixels are lit. A blurred map "
            "does not show single fixations; use white points on black, or a fixations.csv."
        )
    return points_of_mask(points)
