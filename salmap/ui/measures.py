"""What is measured of a picture beside its regions: areas, clarity, crops; done once for all."""

from __future__ import annotations

from collections.abc import Sequence

from salmap.analysis.clarity import Clarity, clarity
from salmap.analysis.crop import Crop, best_crop, crop_size, parse_ratio
from salmap.analysis.detect import Kind, detect
from salmap.areas import Area, AreaShare
from salmap.outputs.report.sheets import Sheet, make_sheet
from salmap.outputs.result import Result
from salmap.render import Style
from salmap.ui import cache
from salmap.ui.cache import ModelVersion, shared
from salmap.ui.state import Picture


@shared(max_entries=300)
def area_shares(
    picture: Picture, model: ModelVersion, areas: tuple[Area, ...]
) -> Sequence[AreaShare]:
    """The attention that areas draw.

    Raises:
        AreaError: if one covers no pixel.
    """
    with cache.full_prediction(picture, model) as prediction:
        return prediction.areas(areas)


@shared(max_entries=300)
def detected(picture: Picture, kind: Kind) -> tuple[Area, ...]:
    """The text or the faces in a picture.

    Raises:
        AreaError: if the package that finds them is missing.
    """
    with cache.turn():
        return tuple(detect(cache.decoded(picture), {kind}))


@shared(max_entries=300)
def clarity_of(picture: Picture, model: ModelVersion) -> Clarity:
    """How attention is spread over a picture."""
    with cache.full_prediction(picture, model) as prediction:
        return clarity(prediction.density)


@shared(max_entries=300)
def crop(
    picture: Picture,
    model: ModelVersion,
    ratio: str,
    areas: tuple[Area, ...],
    whole: tuple[Area, ...] = (),
) -> Crop:
    """The part of a shape that keeps most attention; see `best_crop`.

    Raises:
        AreaError: if no part of this shape holds the areas.
    """
    with cache.full_prediction(picture, model) as prediction:
        size = crop_size(prediction.size, parse_ratio(ratio))
        return best_crop(prediction.density, size, areas, whole)


@shared(max_size="64MB")
def sheet(
    picture: Picture, name: str, model: ModelVersion, style: Style, k: int, areas: tuple[Area, ...]
) -> Sheet:
    """A picture's page in a report."""
    with cache.full_prediction(picture, model) as prediction:
        return make_sheet(Result(name, cache.decoded(picture), prediction, style, k, areas))
