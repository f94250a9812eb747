"""Numbers in plain words. Nothing is claimed of what a picture shows, only where it draws looks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from salmap.analysis.summary import Analysis
from salmap.analysis.trust import UsualScore

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:])")
_LIKE_TRAINING = "On pictures like those it learned from"
_ROWS = ("upper", "", "lower")
_COLUMNS = ("left", "", "right")
_ALONE = {"upper": "top", "lower": "bottom"}


def plain(text: str) -> str:
    """A text as it is, with nothing in it taken for Markdown: for names and messages."""
    return _MARKDOWN.sub(r"\\\1", text)


def percent(share: float) -> str:
    """A share in [0, 1] as a whole percentage; "<1 %" for what is less but not nothing."""
    if 0 < share < 0.005:
        return "<1\u00a0%"
    return f"{share * 100:.0f}\u00a0%"


def place(point: tuple[float, float], size: tuple[int, int]) -> str:
    """Where a point (x, y) lies on a picture of (height, width): "upper left", "middle", ..."""
    row = _ROWS[min(2, int(3 * (point[1] + 0.5) / size[0]))]
    column = _COLUMNS[min(2, int(3 * (point[0] + 0.5) / size[1]))]
    if row and column:
        return f"{row} {column}"
    return _ALONE.get(row) or column or "middle"


def summary(analysis: Analysis, k: int) -> str:
    """What a prediction says, in two sentences of Markdown."""
    half = f"Half of all looks are expected on **{percent(analysis.half_area)}** of the picture."
    regions = analysis.regions[:k]
    if not regions:
        return f"{half} No region stands out."
    where = place(regions[0].peak, analysis.size)
    first = f"The strongest region ({where}) draws **{percent(regions[0].share)}**"
    if len(regions) == 1:
        return f"{half} {first}."
    total = sum(region.share for region in regions)
    return f"{half} {first}; all {len(regions)} together {percent(total)}."


def no_regions() -> str:
    """What stands where the table would be."""
    return "No region stands out: the model expects looks all over the picture, or all in a blur."


def habit(share: float) -> str:
    """What `salmap.analysis.trust.center_bias_share` means."""
    if share >= 0.995:
        return "This model does not look at the picture: people tend to look at the middle of any."
    if share < 0.25:
        return "Little of it is habit: nearly all comes from the picture itself."
    if share < 0.6:
        return "Part of it is the habit of looking at the middle; the rest is the picture's."
    return "Mostly the habit of looking at the middle: the picture itself adds little."


def agreement(shares: Mapping[str, float]) -> str:
    """What looks in common with other models (SIM) mean; docs/strangers.md has what is usual.

    Args:
        shares: model -> share of looks in common.
    """
    if not shares:
        return "There is no other trained model to ask."
    mean = sum(shares.values()) / len(shares)
    if mean >= 0.8:
        return "They point to the same places, as on most photos."
    if mean >= 0.65:
        return "They agree less than on most photos: trust the strongest regions most."
    return "They see it differently: look twice before you rely on it."


def mean_score(scores: Sequence[UsualScore]) -> str:
    """The mean over data sets, in bits."""
    if not scores:
        return "unknown"
    return f"{sum(score.bits for score in scores) / len(scores):.2f} bits"


def score(scores: Sequence[UsualScore]) -> str:
    """What usual scores mean."""
    if not scores:
        return "No scores come with this model."
    known = [(s.bits, s.gold_standard_bits) for s in scores if s.gold_standard_bits]
    if not known:
        return f"{_LIKE_TRAINING}, beyond what the center bias tells of a look."
    reached = sum(bits for bits, _ in known) / sum(gold for _, gold in known)
    gaze = f"{percent(reached)} of what other people's gaze tells beyond the center bias"
    return f"{_LIKE_TRAINING}, {gaze}. On others it may know less."


def scores_by_dataset(scores: Sequence[UsualScore]) -> str:
    """Usual scores in Markdown, a line for each data set, beside what other people's gaze tells."""
    return "  \n".join(
        f"{one.dataset} **{one.bits:.2f}**"
        + ("" if one.gold_standard_bits is None else f", people {one.gold_standard_bits:.2f}")
        for one in scores
    )
