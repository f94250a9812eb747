"""Scores of several candidates on the pictures of one split of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from salmap.datasets import FixationDataset
from salmap.errors import DatasetError, FaultyFileError, FixationsError, SalmapError
from salmap.evaluation import gold_standard
from salmap.evaluation.baseline import Baseline, fit_baseline
from salmap.evaluation.calibration import cross_validate
from salmap.evaluation.candidates import (
    BaselineCandidate,
    Candidate,
    FolderCandidate,
    GoldStandardCandidate,
)
from salmap.evaluation.gold_standard import GoldStandard
from salmap.evaluation.intervals import Interval, PairedTest, mean_interval, paired_test
from salmap.evaluation.reliability import GROUPS, LEVELS, group_keys, region_key
from salmap.evaluation.saliency_maps import MapFolder
from salmap.evaluation.truths import Nonfixations, read_truths
from salmap.fixations.scoring import PictureScorer, Truth
from salmap.metrics import Scores

BASELINE = "center bias (baseline)"
GOLD_STANDARD = "gold standard"


@dataclass(frozen=True)
class Failure:
    """A picture that could not be scored.

    Attributes:
        row: whose prediction failed; None if the picture itself is the problem.
        picture: its name.
        message: what is wrong, for people.
        kind: the same without the picture's name, where others may have failed alike.
    """

    row: str | None
    picture: str
    message: str
    kind: str = ""

    @classmethod
    def of(cls, row: str | None, picture: str, error: SalmapError) -> Failure:
        """What an error says."""
        kind = f"{error.what} {error.fix}" if isinstance(error, FaultyFileError) else ""
        return cls(row, picture, str(error), kind)


@dataclass(frozen=True, eq=False)
class Task:
    """What is evaluated on, and against what.

    Attributes:
        dataset: the whole data set.
        split: which part of it is evaluated.
        truths: where people looked on each of its pictures.
        training: the same for the training split; empty if there is none.
        baseline: the center bias.
        drop_first: whether each viewer's first fixation was left out, everywhere.
        unreadable: pictures of the split that could not be read.
        notes: remarks for readers of the scores.
    """

    dataset: FixationDataset
    split: str
    truths: Sequence[Truth]
    training: Sequence[Truth]
    baseline: Baseline
    drop_first: bool
    unreadable: Sequence[Failure]
    notes: Sequence[str]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The scores.

    Attributes:
        task: what was evaluated on.
        rows: row -> picture -> metric -> score; baseline first, gold standard last.
        gold: parameters of the gold standard, if there is one.
        failures: what could not be scored.
        notes: remarks for readers.
    """

    task: Task
    rows: dict[str, dict[str, Scores]]
    gold: GoldStandard | None
    failures: Sequence[Failure]
    notes: Sequence[str]

    @property
    def categories(self) -> list[str]:
        """The categories of pictures, sorted; empty if the data set has none."""
        return sorted({t.category for t in self.task.truths if t.category})

    @property
    def candidates(self) -> list[str]:
        """The rows that are neither baseline nor gold standard."""
        return [row for row in self.rows if row not in (BASELINE, GOLD_STANDARD)]

    def values(self, row: str, metric: str, category: str | None = None) -> NDArray[np.float64]:
        """Scores picture by picture, of all truths in order, NaN for those that have none."""
        scores = self.rows[row]
        chosen = (t for t in self.task.truths if category in (None, t.category))
        return np.array([scores.get(t.name, {}).get(metric, np.nan) for t in chosen])

    def interval(self, row: str, metric: str, category: str | None = None) -> Interval:
        """Mean and 95 % bootstrap interval over the pictures that have a score."""
        values = self.values(row, metric, category)
        return mean_interval(values[~np.isnan(values)])

    @property
    def densities(self) -> list[str]:
        """The rows that predict densities, whose reliability was measured."""
        return [
            row for row in self.rows if np.isfinite(self.values(row, region_key(LEVELS[0]))).any()
        ]

    def regions(self, row: str) -> list[tuple[float, Interval]]:
        """Predicted and observed shares of regions; see `salmap.evaluation.reliability`."""
        return [(level, self.interval(row, region_key(level))) for level in LEVELS]

    def groups(self, row: str) -> list[tuple[float, Interval]]:
        """The same for groups of pixels of equal area, from the least to the most dense."""
        keys = [group_keys(group) for group in range(GROUPS)]
        return [(self.interval(row, a).mean, self.interval(row, b)) for a, b in keys]

    def paired_tests(self) -> list[PairedTest]:
        """Each two candidates compared: by `ig` if both have one, else by `nss`."""
        tests = []
        for a, b in combinations(self.candidates, 2):
            for metric in ("ig", "nss"):
                scores = self.values(a, metric), self.values(b, metric)
                if np.isfinite(scores).all(axis=0).any():
                    tests.append(paired_test((a, b), metric, scores))
                    break
        return tests


def prepare(
    dataset: FixationDataset,
    split: str = "val",
    drop_first: bool = False,
    baseline: Baseline | None = None,
) -> Task:
    """Read all fixations and fit the center bias to those of the training split.

    Args:
        dataset: the whole data set.
        split: which part is to be evaluated.
        drop_first: leave out each viewer's first fixation, in fitting and in scoring.
        baseline: to use instead of the fitted center bias.

    Raises:
        DatasetError: if the split is empty, or there is no training split and no baseline.
    """
    truths, failures = read_truths(dataset.split(split), drop_first)
    notes = [*dataset.notes, *filter(None, [dataset.doubt])]
    try:
        training, unread = read_truths(dataset.split("train"), drop_first)
        if unread:
            notes.append(f"{len(unread)} training pictures can't be read: {next(iter(unread))} ...")
    except DatasetError:
        training = []
    if baseline is None:
        baseline = _fit_to(dataset, training)
        if {t.name for t in training} & {t.name for t in truths}:
            notes.append("The center bias was fitted to some of the evaluated pictures.")
    unreadable = [Failure.of(None, name, error) for name, error in failures.items()]
    return Task(dataset, split, truths, training, baseline, drop_first, unreadable, notes)


def _fit_to(dataset: FixationDataset, training: Sequence[Truth]) -> Baseline:
    if not training:
        raise DatasetError(
            f"{dataset.name} has no training split to fit the center bias to, the baseline of "
            "information gain. Pass one with --baseline FILE.npy."
        )
    source = f"{len(training)} training pictures of {dataset.name}"
    return fit_baseline([(t.fixations, t.size) for t in training], source)


def calibrated(name: str, folder: MapFolder, task: Task) -> FolderCandidate:
    """Saved maps with a calibration for each picture, fitted on the others.

    Raises:
        DatasetError: if fewer than two pictures have a map and fixations.
    """
    usable = [t for t in task.truths if len(t.fixations) and _can_read(folder, t)]
    progress = tqdm(total=len(usable), desc=f"calibrate {name}", delay=1, disable=None)

    def read(truth: Truth) -> NDArray[np.floating]:
        progress.update()
        return folder.read(truth.name, truth.size).values

    with progress:
        calibrations = cross_validate(read, usable, task.baseline)
    names = [truth.name for truth in usable]
    return FolderCandidate(name, folder, dict(zip(names, calibrations, strict=True)))


def _can_read(folder: MapFolder, truth: Truth) -> bool:
    """Whether a picture has a map; one that has none is named as a failure when it is scored."""
    try:
        folder.read(truth.name, truth.size)
    except SalmapError:
        return False
    return True


def evaluate(task: Task, candidates: Sequence[Candidate], with_gold: bool = True) -> Evaluation:
    """Score all candidates on all pictures of a task, at full resolution.

    A picture that fails is listed as a failure, and the others are still scored.

    Args:
        task: from `prepare`.
        candidates: their names must differ.
        with_gold: whether to add the gold standard, where viewers are known.
    """
    failures, notes = list(task.unreadable), list(task.notes)
    gold = _tuned_gold(task, notes) if with_gold else None
    everyone: list[Candidate] = [BaselineCandidate(BASELINE), *candidates]
    if gold:
        everyone.append(GoldStandardCandidate(GOLD_STANDARD, gold, task.baseline))
    rows: dict[str, dict[str, Scores]] = {c.name: {} for c in everyone}
    pictures = task.dataset.split(task.split)
    nonfixations, prior = Nonfixations(task.truths), task.baseline.by_size()
    for place, truth in enumerate(tqdm(task.truths, desc="score", delay=1, disable=None)):
        scorer = PictureScorer(truth, prior(truth.size), nonfixations.of(place))
        try:
            stimulus = pictures[truth.index].stimulus
            if not len(truth.fixations):
                raise FixationsError("This picture has no fixations, so it can't be scored.")
        except SalmapError as error:
            failures.append(Failure.of(None, truth.name, error))
            continue
        for candidate in everyone:
            try:
                rows[candidate.name][truth.name] = candidate.score(stimulus, scorer)
            except SalmapError as error:
                failures.append(Failure.of(candidate.name, truth.name, error))
    folders = [c.folder for c in candidates if isinstance(c, FolderCandidate)]
    notes += [note for folder in folders for note in folder.notes]
    return Evaluation(task, rows, gold, failures, notes)


def _tuned_gold(task: Task, notes: list[str]) -> GoldStandard | None:
    """The gold standard tuned on the training split or, failing that, on the evaluated one."""
    for truths in (task.training, task.truths):
        if any(gold_standard.has_viewers(t) for t in truths):
            if truths is task.truths:
                notes.append("The gold standard was tuned on the evaluated pictures.")
            return gold_standard.tune(truths, task.baseline)
    notes.append("No gold standard: the data set does not say who made which fixation.")
    return None
