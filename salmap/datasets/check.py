"""Checking a whole data set: what it contains and what is wrong with it."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from salmap.datasets.base import FixationDataset, Problem, listed
from salmap.errors import DatasetError, SalmapError
from salmap.files import replace_file
from salmap.render import encode_jpeg
from salmap.render.fixations import with_fixations

#: how many sizes or categories a report spells out
_SHOWN = 24
_SHOWN_SIZES = 5
_SHOWN_SAMPLES = 4
#: a larger share of pictures without fixations means that fixations are missing
MAX_EMPTY_SHARE = 0.05

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """What a data set contains.

    Attributes:
        name: of the data set.
        pictures: how many have fixations.
        splits: pictures in each split.
        sizes: pictures of each (height, width).
        categories: pictures in each category.
        fixations: on each readable picture, those outside not counted.
        viewers: how many there are; None where the files do not say.
        outside: fixations that fell outside their picture and are left out.
        sigma_px: smallest and largest one degree of visual angle, in pixels.
        license, citation: as the authors state them.
        notes: worth knowing, but not wrong.
        problems: what is wrong.
    """

    name: str
    pictures: int
    splits: Counter[str]
    sizes: Counter[tuple[int, int]]
    categories: Counter[str]
    fixations: tuple[int, ...]
    viewers: int | None
    outside: int
    sigma_px: tuple[float, float] | None
    license: str | None
    citation: str | None
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def check_dataset(dataset: FixationDataset, progress: bool = False) -> Report:
    """Read all fixations and the headers of all pictures.

    Args:
        dataset: any data set.
        progress: show a progress bar on stderr after two seconds.
    """
    indices = range(len(dataset))
    bar = tqdm(indices, desc=f"Checking {dataset.name}", delay=2, disable=not progress)
    examined = [dataset.examine(index) for index in bar]
    found = [e.fixations for e in examined if e.fixations is not None]
    viewers = frozenset[int]().union(*(fixations.viewers for fixations in found))
    sigmas = [dataset.sigma_px(i) for i in indices if examined[i].size]
    return Report(
        name=dataset.name,
        pictures=len(dataset),
        splits=Counter(dataset.split_of(i) for i in indices),
        sizes=Counter(e.size for e in examined if e.size),
        categories=Counter(r.category for r in dataset.records if r.category),
        fixations=tuple(len(fixations) for fixations in found),
        viewers=len(viewers) or None,
        outside=sum(e.outside for e in examined),
        sigma_px=(min(sigmas), max(sigmas)) if sigmas else None,
        license=dataset.license,
        citation=dataset.citation,
        notes=(*dataset.notes, *filter(None, [dataset.doubt])),
        problems=(*dataset.listing_problems, *(e.problem for e in examined if e.problem)),
    )


def require_sound(dataset: FixationDataset, progress: bool = False) -> FixationDataset:
    """Refuse a data set with problems before hours are spent on it.

    A few pictures without fixations are named in a warning and left out.

    Returns:
        The data set without them.

    Raises:
        DatasetError: naming each kind of problem, the first offending files and their count.
    """
    problems = check_dataset(dataset, progress).problems
    if not problems:
        return dataset
    empty = [p.file for p in problems if p.without_fixations]
    lines = "\n".join(_problem_lines(problems))
    if len(empty) < len(problems) or len(empty) > MAX_EMPTY_SHARE * len(dataset):
        raise DatasetError(f"The data set {dataset.name} has {len(problems)} problems.\n{lines}")
    warning = "%s: %d pictures without fixations are left out.\n%s"
    logger.warning(warning, dataset.name, len(empty), lines)
    left_out = set(empty)
    return dataset.select(i for i, r in enumerate(dataset.records) if r.name not in left_out)


def render(report: Report) -> str:
    """The report for people, several lines."""
    return "\n".join(_lines(report))


def report_record(report: Report) -> dict[str, Any]:
    """The report as JSON values, problems by kind."""
    return {
        "name": report.name,
        "pictures": report.pictures,
        "splits": report.splits,
        "sizes": [[w, h, count] for (h, w), count in report.sizes.most_common(_SHOWN_SIZES)],
        "categories": report.categories,
        "fixations": list(report.fixations),
        "viewers": report.viewers,
        "outside": report.outside,
        "license": report.license,
        "citation": report.citation,
        "notes": list(report.notes),
        "problems": [
            {"what": what, "fix": fix, "files": names[:_SHOWN], "count": len(names)}
            for (what, fix), names in _by_kind(report.problems).items()
        ],
    }


def write_samples(dataset: FixationDataset, folder: Path) -> list[dict[str, Any]]:
    """Draw a few pictures, spread over the data set; those with problems are left out."""
    shown: list[dict[str, Any]] = []
    for index in np.linspace(0, len(dataset) - 1, min(_SHOWN_SAMPLES, len(dataset))).astype(int):
        try:
            sample = dataset[index]
        except SalmapError as error:
            logger.info("no sample of %s: %s", dataset.records[index].name, error)
            continue
        path = folder / f"{dataset.name}-{index}.jpg"
        replace_file(path, encode_jpeg(with_fixations(sample.stimulus, sample.fixations)))
        shown.append({"name": sample.name, "file": path.name, "fixations": len(sample.fixations)})
    return shown


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.name}: {report.pictures} pictures"
    yield f"  splits      {_counts(report.splits)}"
    yield f"  sizes       {_size_counts(report.sizes)}"
    if report.categories:
        yield f"  categories  {len(report.categories)}: {_counts(report.categories)}"
    if report.fixations:
        yield f"  fixations   {_fixation_counts(report.fixations)}"
    yield f"  viewers     {'unknown' if report.viewers is None else report.viewers}"
    yield f"  outside     {report.outside} fixations fell outside their picture and are left out"
    if report.sigma_px:
        low, high = report.sigma_px
        yield f"  one degree  {low:.3g} px" + (f" to {high:.3g} px" if high > low else "")
    yield f"  license     {report.license or 'not stated: ask the authors'}"
    if report.citation:
        yield f"  cite        {report.citation}"
    for note in report.notes:
        yield f"  note        {note}"
    yield f"  problems    {len(report.problems) or 'none'}"
    yield from _problem_lines(report.problems)


def _counts(counts: Counter[str]) -> str:
    names = [f"{name} {count}" for name, count in sorted(counts.items())]
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _size_counts(sizes: Counter[tuple[int, int]]) -> str:
    shown = [f"{w} x {h} ({count})" for (h, w), count in sizes.most_common(_SHOWN_SIZES)]
    rest = len(sizes) - len(shown)
    return ", ".join(shown) + (f" and {rest} other sizes" if rest > 0 else "")


def _fixation_counts(fixations: Sequence[int]) -> str:
    mean = sum(fixations) / len(fixations)
    return (
        f"{sum(fixations)}, on a picture {min(fixations)} to {max(fixations)}, {mean:.1f} on "
        "average"
    )


def _by_kind(problems: Sequence[Problem]) -> dict[tuple[str, str], list[str]]:
    """The files with each kind of problem, (what, fix)."""
    files: dict[tuple[str, str], list[str]] = defaultdict(list)
    for problem in problems:
        detail = f" ({problem.detail})" if problem.detail else ""
        files[problem.what, problem.fix].append(f"{problem.file}{detail}")
    return files


def _problem_lines(problems: Sequence[Problem]) -> Iterator[str]:
    """A line for each kind of problem, with the first files and the count."""
    for (what, fix), names in _by_kind(problems).items():
        yield f"  - {len(names)} x {what} {listed(names)}. {fix}".rstrip()
