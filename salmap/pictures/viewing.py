"""How pictures are put before a model, where there is a choice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Viewing:
    """How pictures are put before a model, where there is a choice.

    Attributes:
        screen_px: how much of the long side a screen shows, in pixels, where a picture is analyzed
            screen by screen; None for screens of about 4 to 3. See `salmap.screens`.
        background: the color behind a transparent picture; see `salmap.load_image`.
    """

    screen_px: int | None = None
    background: str = "white"


#: as people see a picture who say nothing else
USUAL = Viewing()
