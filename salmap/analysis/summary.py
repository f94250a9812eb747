"""What a page or a report says about a prediction: its regions and how concentrated it is."""

from __future__ import annotations

from dataclasses import dataclass

from salmap.density import shrink_density
from salmap.pictures import screen_size
from salmap.prediction import Prediction, is_unfamiliar
from salmap.regions import attention_area, top_regions
from salmap.types import Region

#: how many regions are sought
MAX_REGIONS = 10


@dataclass(frozen=True)
class Analysis:
    """What was measured on one prediction.

    Attributes:
        model: name of the model that made it.
        size: (height, width) of the picture, in pixels.
        regions: at most `MAX_REGIONS`, largest share first; boxes and peaks in pixels of `size`.
        half_area: the smallest share of the picture, in [0, 1], that draws half of all attention.
        notes: see `Prediction`.
        unfamiliarity: see `Prediction`.
    """

    model: str
    size: tuple[int, int]
    regions: tuple[Region, ...]
    half_area: float
    notes: tuple[str, ...] = ()
    unfamiliarity: float | None = None

    @property
    def is_unfamiliar(self) -> bool | None:
        """See `Prediction`."""
        return is_unfamiliar(self.unfamiliarity)


def analyze(prediction: Prediction) -> Analysis:
    """Measure a prediction. Regions are found, and their shares summed, at full size."""
    density = prediction.density
    return Analysis(
        model=prediction.model,
        size=prediction.size,
        regions=tuple(top_regions(density, MAX_REGIONS)),
        half_area=attention_area(shrink_density(density, screen_size(prediction.size)), 0.5),
        notes=prediction.notes,
        unfamiliarity=prediction.unfamiliarity,
    )
