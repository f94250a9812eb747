"""The folds of a picture that was analyzed screen by screen."""

from __future__ import annotations

from salmap.render.canvas import Canvas
from salmap.screens import Screens
from salmap.types import ImageArray

_DASHES = 25


def mark_folds(picture: ImageArray, screens: Screens) -> ImageArray:
    """A copy of a picture with dashed lines, and a number, where a screen ends.

    Args:
        picture: uint8 (H, W, 3), at any scale.
        screens: how it was cut, at its full size.
    """
    canvas = Canvas(picture, side=min(picture.shape[:2]))
    across, scale = min(picture.shape[:2]), max(picture.shape[:2]) / max(screens.size)
    for number, fold in enumerate(screens.folds, 2):
        at = fold * scale - 0.5
        name, past = f"Screen {number}", at + canvas.letter
        if screens.are_stacked:
            canvas.dashes((0, at), (across - 1, at), _DASHES)
            canvas.label((3 * canvas.letter, past), name)
        else:
            canvas.dashes((at, 0), (at, across - 1), _DASHES)
            canvas.label((past + 2 * canvas.letter, canvas.letter), name)
    return canvas.pixels()
