"""The browser's camera with a heatmap over it, which follows as fast as answers come."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from salmap.analysis.wording import percent
from salmap.types import Region
from salmap.ui.components.browser import component
from salmap.ui.live import Heat


def camera(
    key: str,
    side: int,
    colors: NDArray[np.uint8],
    answer: dict[str, Any] | None,
    on_frame: Callable[[], None],
    on_keep: Callable[[], None],
) -> None:
    """Show it.

    Args:
        key: in the session's state, whose `frame` is `{"id", "jpeg"}` when `on_frame` is called,
            and whose `keep` is `{"jpeg"}` when `on_keep` is; JPEGs are in base64.
        side: long side, in pixels, of the pictures that are wanted.
        colors: uint8 (256, 4), see `salmap.render.layer_colors`.
        answer: to the last frame, one of those below; None before the first.
        on_frame: called for each picture that wants an answer.
        on_keep: called for a picture at full size that the visitor wants to keep.
    """
    component("camera")(
        key=key,
        data={"side": side, "colors": _text(colors), "answer": answer},
        on_frame_change=on_frame,
        on_keep_change=on_keep,
    )


def heat_answer(number: int, heat: Heat) -> dict[str, Any]:
    """The answer to the frame of this number."""
    height, width = heat.levels.shape
    return {
        "id": number,
        "width": width,
        "height": height,
        "levels": _text(heat.levels),
        "areas": [_area(region, width, height) for region in heat.regions],
        "blank": heat.is_blank,
    }


def late_answer(number: int) -> dict[str, Any]:
    """The answer to a frame that has waited for too long: send a newer one."""
    return {"id": number, "late": True}


def problem_answer(number: int, problem: str) -> dict[str, Any]:
    """The answer that ends it all."""
    return {"id": number, "problem": problem}


def _area(region: Region, width: int, height: int) -> dict[str, Any]:
    """In per cent of the picture's sides."""
    left, top, right, bottom = region.box
    sides = 100 * left / width, 100 * top / height, 100 * right / width, 100 * bottom / height
    return {"box": sides, "share": percent(region.share)}


def _text(values: NDArray[np.uint8]) -> str:
    return base64.b64encode(values.tobytes()).decode()
