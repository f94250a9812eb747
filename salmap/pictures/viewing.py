"""How pictures are put before a model, where there is a choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from salmap.content import Content

if TYPE_CHECKING:
    from salmap.prediction import Prediction


@dataclass(frozen=True)
class Viewing:
    """How pictures are put before a model, where there is a choice.

    Attributes:
        screen_px: how much of the long side a screen shows, in pixels, where a picture is analyzed
            screen by screen; None for screens of about 4 to 3. See `salmap.screens`.
        background: the color behind a transparent picture; see `salmap.load_image`.
        until_s: for so many seconds, at most 3; None for what is always predicted, three seconds.
        content: whether it is a photograph or a page; see `salmap.content`.
    """

    screen_px: int | None = None
    background: str = "white"
    until_s: float | None = None
    content: Content = "auto"

    def timed(self, prediction: Prediction) -> Prediction:
        """A prediction, or what it says of the first seconds, if only they are asked for.

        Raises:
            TimingError: see `Prediction.until`.
        """
        return prediction if self.until_s is None else prediction.until(self.until_s)


#: as people see a picture who say nothing else
USUAL = Viewing()
