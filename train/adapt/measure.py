"""What a network finds in pictures, and what a fit to viewers gains on pictures left out of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from salmap.backends.pytorch import to_tensor
from salmap.datasets import FixationDataset
from salmap.errors import SalmapError
from salmap.evaluation.baseline import fit_baseline
from salmap.evaluation.intervals import Interval, mean_interval
from salmap.metrics import information_gain, nss
from salmap.models.network import SaliencyNetwork
from salmap.models.readout import Finalizer
from salmap.pictures import fit_size, resize
from salmap.types import ImageArray

from ..progress import ProgressLog, Stopped
from .fit import PictureEvidence, fit, predict

FOLDS = 5
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Gathered:
    """What there is to fit to.

    Attributes:
        pictures: the evidence of each, with its fixations.
        outside: how many fixations fell outside their pictures and are left out.
        failures: name -> what is wrong, of pictures that can't be read.
    """

    pictures: list[PictureEvidence]
    outside: int
    failures: dict[str, str]


def gather_evidence(
    network: SaliencyNetwork, dataset: FixationDataset, progress: ProgressLog
) -> Gathered:
    """Run the network once on each picture.

    Args:
        network: the one that is adapted.
        dataset: the pictures; those without fixations are left out.
        progress: gets a line after each picture.

    Raises:
        Stopped: if somebody asked for it.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    gathered = Gathered([], 0, {})
    outside = 0
    for index in _steps(range(len(dataset)), "features", progress):
        try:
            sample = dataset[index]
        except SalmapError as error:
            gathered.failures[dataset.records[index].name] = str(error)
            continue
        outside += sample.outside
        if len(sample.fixations):
            height, width, _ = sample.stimulus.shape
            evidence = evidence_of(network, sample.stimulus, device)
            gathered.pictures.append(
                PictureEvidence(sample.name, (height, width), sample.fixations, evidence)
            )
    network.cpu()
    return replace(gathered, outside=outside)


def evidence_of(network: SaliencyNetwork, image: ImageArray, device: torch.device) -> torch.Tensor:
    """Float32 (h, w): what `Predictor.predict` gives to the finalizer."""
    size = fit_size((image.shape[0], image.shape[1]), network.size, network.output_stride)
    with torch.no_grad():
        features = network.encode(to_tensor(resize(image, size)).to(device))
        return network.evidence(features, size)[0].cpu().contiguous()


def _steps(items: Sequence[T], stage: str, progress: ProgressLog) -> Iterator[T]:
    """The items one by one, with a bar and a line in the log after each."""
    began = time.monotonic()
    for done, item in enumerate(tqdm(items, desc=stage, delay=1, disable=None), start=1):
        if progress.enabled and progress.stop_requested:
            raise Stopped
        yield item
        left = (time.monotonic() - began) / done * (len(items) - done)
        progress.write("step", stage=stage, step=done, steps=len(items), time_left_s=round(left, 1))


def cross_validate(
    finalizer: Finalizer, pictures: Sequence[PictureEvidence], progress: ProgressLog, seed: int
) -> dict[str, tuple[Interval, Interval, Interval]]:
    """Scores of each picture before and after a fit to the pictures of the other folds.

    Args:
        finalizer: the present one.
        pictures: all of them.
        progress: gets a line after each fold.
        seed: of the folds.

    Returns:
        "ig" and "nss" -> (before, after, gain): means with 95 % intervals over pictures.

    Raises:
        Stopped: if somebody asked for it.
    """
    folds = np.random.default_rng((seed, 1)).permutation(len(pictures)) % FOLDS
    rows: list[tuple[dict[str, float], dict[str, float]]] = []
    for fold in _steps(range(FOLDS), "cross-validation", progress):
        kept = [p for p, of in zip(pictures, folds, strict=True) if of != fold]
        baseline = fit_baseline([p.stimulus for p in kept], "the other folds")
        fitted = fit(finalizer, kept, baseline)
        for picture in (p for p, of in zip(pictures, folds, strict=True) if of == fold):
            prior = baseline.log_density(picture.size)
            rows.append((_score(finalizer, picture, prior), _score(fitted, picture, prior)))
    return {
        metric: _compared(
            np.array([before[metric] for before, _ in rows]),
            np.array([after[metric] for _, after in rows]),
        )
        for metric in ("ig", "nss")
    }


def _score(
    finalizer: Finalizer, picture: PictureEvidence, prior: NDArray[np.float32]
) -> dict[str, float]:
    """Scores at the picture's own size."""
    log_density = predict(finalizer, picture)
    return {
        "ig": information_gain(log_density, prior, picture.fixations),
        "nss": nss(np.exp(log_density), picture.fixations),
    }


def _compared(
    before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[Interval, Interval, Interval]:
    return mean_interval(before), mean_interval(after), mean_interval(after - before)
