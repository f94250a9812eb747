"""Pictures that come as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from salmap.errors import ImageError
from salmap.pictures.colors import to_rgb
from salmap.pictures.sources import check_size
from salmap.types import ImageArray

#: how far beyond [0, 1] rounding and resampling may carry a floating-point picture
_HAIR = 0.01


def as_array(source: object) -> NDArray[Any] | None:
    """What an array or a tensor of another package holds; None for anything else.

    Raises:
        ImageError: if it is on a GPU, or otherwise can't be had as an array.
    """
    if isinstance(source, np.ndarray):
        return source
    if isinstance(source, Image.Image) or not hasattr(source, "__array__"):
        return None
    try:
        return np.asarray(source)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ImageError(
            f"A {type(source).__name__} that lies elsewhere or is still computed with is not a "
            "picture. Pass an array (H, W, 3), such as tensor.detach().cpu().numpy()."
        ) from error


def from_array(array: NDArray[Any], background: str = "white") -> ImageArray:
    """An array as uint8 (H, W, 3).

    Raises:
        ImageError: if it is not a picture; says how to make it one.
    """
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ImageError(
            f"An array of shape {array.shape} is not a picture. Pass (H, W) gray, (H, W, 3) RGB "
            f"or (H, W, 4) RGBA, with the channels last{_way_there(array)}."
        )
    check_size((array.shape[1], array.shape[0]), "The array")
    if array.dtype.kind == "f":
        array = _from_shares(array)
    if array.dtype != np.uint8:
        raise ImageError(
            f"An array of {array.dtype} is not a picture. Pass uint8 in 0 to 255 or floating "
            "point in [0, 1]."
        )
    if array.ndim == 2 or array.shape[2] == 4:
        picture = Image.fromarray(np.ascontiguousarray(array))
        array = np.asarray(to_rgb(picture, background=background))
    return np.ascontiguousarray(array)


def _way_there(array: NDArray[Any]) -> str:
    """How an array that is shaped like those of torch becomes a picture."""
    if array.ndim == 4:
        return ", one picture at a time"
    channels_first = array.ndim == 3 and array.shape[0] in (1, 3, 4)
    return ": array.transpose(1, 2, 0), or tensor.permute(1, 2, 0)" if channels_first else ""


def _from_shares(array: NDArray[Any]) -> NDArray[np.uint8]:
    low, high = float(array.min()), float(array.max())  # NaN if any value is: no comparison holds
    if not (low >= -_HAIR and high <= 1 + _HAIR):
        raise ImageError(
            f"A floating-point picture must hold finite values in [0, 1], not {low:.4g} to "
            f"{high:.4g}. Divide by 255 if it goes up to 255; undo a normalization; clip what "
            "resampling carried beyond."
        )
    if low < 0 or high > 1:
        array = np.clip(array, 0, 1)
    return (array * np.float32(255) + np.float32(0.5)).astype(np.uint8)
