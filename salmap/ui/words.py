"""Numbers in plain words. Nothing is claimed about what a picture shows, only where people look."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from salmap.analysis.summary import Analysis
from salmap.analysis.trust import UsualScore
from salmap.analysis.wording import percent, place
from salmap.dataset_titles import TITLES

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:])")
#: an absolute path of Linux, macOS or Windows, up to its last part
_FOLDERS = re.compile(r"(?<![\w/.:-])(?:[A-Za-z]:)?[/\\](?:[^\s/\\:'\"]+[/\\])+(?=[^\s/\\:'\"])")
#: least ratio of a model's score to that of other people's gaze, and what it means
_ACCURACY = (
    (0.95, "About as good as asking other people where they look."),
    (0.8, "Nearly as good as asking other people where they look."),
    (0.5, "Clearly better than a guess, but not as good as asking other people."),
    (0.0, "Only a little better than a guess."),
)


def plain(text: str) -> str:
    """A text as it is, with nothing in it taken for Markdown: for names and messages."""
    return _MARKDOWN.sub(r"\\\1", text)


def message(problem: object) -> str:
    """An error for a visitor: no Markdown in it is read, no server folder shown."""
    return plain(without_folders(str(problem)))


def without_folders(text: str) -> str:
    """A text whose absolute paths are cut down to the names of their files."""
    return _FOLDERS.sub("", text)


def out_of_memory(name: str) -> str:
    """What to say when a picture takes more memory than there is."""
    return f"{plain(name)} is too large for this server right now. Use a smaller copy."


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 picture", "3 pictures"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def summary(analysis: Analysis, k: int) -> str:
    """What a prediction says, in two sentences of Markdown."""
    half = f"People spend half their attention on **{percent(analysis.half_area)}** of the picture."
    regions = analysis.regions[:k]
    if not regions:
        return f"{half} No area stands out."
    where = place(regions[0].peak, analysis.size)
    first = f"The most viewed area ({where}) gets **{percent(regions[0].share)}** of attention"
    if len(regions) == 1:
        return f"{half} {first}."
    total = sum(region.share for region in regions)
    return f"{half} {first}; the {len(regions)} most viewed together get {percent(total)}."


def no_regions() -> str:
    """What stands where the table would be."""
    return "No area stands out: attention is spread over the whole picture, or lies in one blur."


def habit(share: float) -> str:
    """What `salmap.analysis.trust.center_bias_share` means."""
    if share >= 0.995:
        return "This model does not see the picture: it knows only that people look at the middle."
    if share < 0.25:
        return (
            "Little of this result would hold for any picture: nearly all of it comes from yours."
        )
    if share < 0.6:
        return (
            "This much would hold for any picture, because people look at the middle first. "
            "The rest comes from yours."
        )
    return (
        "Most of this result would hold for any picture, because people look at the middle first. "
        "Yours adds little."
    )


def agreement(shares: Mapping[str, float]) -> str:
    """What the agreement with other models (SIM) means; docs/strangers.md has what is usual.

    Args:
        shares: model -> share of attention in common.
    """
    if not shares:
        return "There is no other well-tested model here to ask."
    mean = sum(shares.values()) / len(shares)
    if mean >= 0.8:
        return (
            "They point to the same places. They learned from the same photos, though, and can be "
            "wrong together."
        )
    if mean >= 0.65:
        return "They agree less than they usually do on photos: trust the strongest areas most."
    return "They see it differently: check with real people before you rely on it."


def accuracy(scores: Sequence[UsualScore]) -> str:
    """How good a model is on test photos, in a sentence without numbers."""
    if not scores:
        return "No test scores come with this model. Try it on pictures that you know first."
    reached = relative_score(scores)
    if reached is None:
        return "Tested on photos, but not against what other people's gaze tells."
    return next(text for least, text in _ACCURACY if reached >= least or least == 0)


def relative_score(scores: Sequence[UsualScore]) -> float | None:
    """A model's information gain as a share of that of other people's gaze; None if unknown."""
    known = [(s.bits, s.gold_standard_bits) for s in scores if s.gold_standard_bits]
    if not known:
        return None
    return sum(bits for bits, _ in known) / sum(gold for _, gold in known)


def scores_by_dataset(scores: Sequence[UsualScore]) -> str:
    """Usual scores in Markdown, a line for each data set."""
    lines = []
    for one in scores:
        gold = one.gold_standard_bits
        people = "" if gold is None else f"; other people's gaze {gold:.2f}"
        between = f" ({one.interval[0]:.2f} to {one.interval[1]:.2f})" if one.interval else ""
        lines.append(f"- {plain(dataset(one.dataset))}: **{one.bits:.2f}**{between}{people}")
    return "\n".join(lines)


def dataset(name: str) -> str:
    """A data set's proper name."""
    return "your own pictures" if name == "folder" else TITLES.get(name, name)
