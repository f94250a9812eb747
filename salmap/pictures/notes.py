"""What people should know of a picture before they read a prediction of it."""

from __future__ import annotations

from salmap.screens import Screens
from salmap.types import ImageArray

#: levels of 255 within which all colors look the same
_INVISIBLE = 8
#: every how many rows and columns it is checked first; nearly every picture is seen to vary there
_STEP = 16

_NOTHING_TO_SEE = (
    "The picture has one color only, so there is nothing to see and the prediction says only that "
    "people look at the middle. If it is transparent, choose another background."
)
#: brightest level of a picture that nobody would call one: 12 bits in 16 are below
_DARKEST = 16
_NEARLY_BLACK = (
    "The picture is nearly black. If its numbers are darker than what they show, as 12 bits in 16 "
    "are, scale them up and try again."
)


def notes_on(image: ImageArray, screens: Screens | None) -> tuple[str, ...]:
    """Sentences on a picture, uint8 (H, W, 3), that is shown whole or screen by screen."""
    notes = () if screens is None else (screens.note,)
    if has_one_color(image):
        return (_NOTHING_TO_SEE, *notes)
    if image[::_STEP, ::_STEP].max() <= _DARKEST and image.max() <= _DARKEST:
        return (_NEARLY_BLACK, *notes)
    return notes


def has_one_color(image: ImageArray) -> bool:
    """Whether a picture, uint8 (H, W, 3), shows the same color everywhere, to the eye."""
    return _is_even(image[::_STEP, ::_STEP]) and _is_even(image)


def _is_even(image: ImageArray) -> bool:
    return bool((image.max((0, 1)) - image.min((0, 1))).max() <= _INVISIBLE)
