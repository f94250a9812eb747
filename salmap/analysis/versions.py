"""Versions of a design compared: which one draws more attention to an area, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from salmap.analysis.area_files import AreasByPicture, own_areas
from salmap.analysis.certainty import difference_interval
from salmap.areas import Area, AreaShare
from salmap.errors import AreaError, listed
from salmap.prediction import Prediction

#: how many versions are compared at once
FEWEST, MOST = 2, 6
#: by how much the shapes of two pictures may differ for areas to be matched by position
_SAME_SHAPE = 0.01


@dataclass(frozen=True)
class Difference:
    """How much more attention an area draws in one version than in another.

    Attributes:
        area: its name.
        first, second: names of the versions.
        value: share in the second minus share in the first, in [-1, 1].
        low, high: where the difference between two groups of real viewers would fall; see
            `salmap.analysis.certainty.difference_interval`.
    """

    area: str
    first: str
    second: str
    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves no doubt which of the two draws more."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Winner:
    """The version in which an area draws most attention.

    Attributes:
        version: its name.
        is_clear: whether it differs clearly from every other version.
    """

    version: str
    is_clear: bool


@dataclass(frozen=True)
class Comparison:
    """Versions of a design beside each other.

    Attributes:
        versions: their names, in the order given.
        shares: area -> version -> what was measured; a version without the area has no entry.
    """

    versions: tuple[str, ...]
    shares: Mapping[str, Mapping[str, AreaShare]]

    def difference(self, area: str, first: str, second: str) -> Difference | None:
        """Between two versions; None if one of them has no such area."""
        found = self.shares[area]
        if first not in found or second not in found:
            return None
        a, b = found[first], found[second]
        unfamiliar = a.unfamiliar or b.unfamiliar
        low, high = difference_interval(a.share, b.share, unfamiliar=unfamiliar)
        return Difference(area, first, second, b.share - a.share, low, high)

    def differences(self, area: str) -> list[Difference]:
        """Of each version from the first one that has the area."""
        first, *others = self.shares[area]
        found = (self.difference(area, first, other) for other in others)
        return [difference for difference in found if difference]

    def winner(self, area: str) -> Winner:
        """The version in which an area draws most.

        Raises:
            AreaError: if there is no such area.
        """
        if area not in self.shares:
            raise AreaError(f"There is no area '{area}'; there are {listed(list(self.shares))}.")
        found = self.shares[area]
        best = max(found, key=lambda version: found[version].share)
        rivals = [self.difference(area, other, best) for other in found if other != best]
        return Winner(best, bool(rivals) and all(rival and rival.is_clear for rival in rivals))


def compare_versions(
    predictions: Mapping[str, Prediction], areas: Mapping[str, Sequence[Area]]
) -> Comparison:
    """Measure the same areas in each version of a design.

    Args:
        predictions: version -> what one and the same model predicts for it.
        areas: version -> its areas, as `areas_of_versions` gives them.

    Raises:
        AreaError: if there are too few versions or too many, or an area covers no pixel.
    """
    if not FEWEST <= len(predictions) <= MOST:
        raise AreaError(f"{FEWEST} to {MOST} versions can be compared, not {len(predictions)}.")
    shares: dict[str, dict[str, AreaShare]] = {}
    for version, prediction in predictions.items():
        try:
            found = prediction.areas(areas[version])
        except AreaError as error:
            raise AreaError(f"{version}: {error}") from error
        for share in found:
            shares.setdefault(share.name, {})[version] = share
    return Comparison(tuple(predictions), shares)


def areas_of_versions(
    sizes: Mapping[str, tuple[int, int]], areas: AreasByPicture
) -> dict[str, Sequence[Area]]:
    """The areas of each version of a design.

    A version with areas of its own has those; they are matched with those of other versions by
    name. A version without any has those of the first that has some, at the same position.

    Args:
        sizes: version -> (height, width) of its picture.
        areas: as `read_areas` returns them.

    Raises:
        AreaError: if a version has no areas and another shape than the one whose areas it would
            get.
    """
    own = {name: own_areas(name, areas) for name in sizes}
    origin = next((name for name, found in own.items() if found), next(iter(sizes)))
    common = own[origin] or areas.get("")
    if not common:
        raise AreaError(
            f"There are no areas for {listed(list(sizes))}; there are some for "
            f"{listed(list(areas))}."
        )
    return {
        name: own[name] or _moved(common, origin, name, sizes[origin], sizes[name])
        for name in sizes
    }


def _moved(
    areas: Sequence[Area], origin: str, version: str, old: tuple[int, int], new: tuple[int, int]
) -> Sequence[Area]:
    """The same areas on a picture of the same shape."""
    if abs((new[1] / new[0]) / (old[1] / old[0]) - 1) > _SAME_SHAPE:
        raise AreaError(
            f"{version} ({new[1]} x {new[0]}) has another shape than {origin} ({old[1]} x "
            f"{old[0]}), so areas can't be matched by position. Give {version} areas of its own, "
            "with the same names."
        )
    return [area.scaled(old, new) for area in areas] if new != old else areas
