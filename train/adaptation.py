"""Adapt a trained model to viewers, measure what that wins, and write it only if it wins."""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

import salmap
from salmap.errors import SalmapError, TrainingError
from salmap.image import fit_size, resize
from salmap.metrics import information_gain, nss
from salmap.model_file import save_model
from salmap.model_info import ModelInfo
from salmap.models.network import SaliencyNetwork
from salmap.models.readout import Finalizer
from salmap.predictor import Predictor, to_tensor
from salmap.types import ImageArray
from salmap.weights import SUFFIX, resolve
from train.adapt_fit import Seen, fit, predict
from train.baseline import fit_baseline
from train.datasets import FixationDataset
from train.intervals import Interval, mean_interval
from train.progress import ProgressLog

logger = logging.getLogger(__name__)

MIN_PICTURES = 10
MAX_PICTURES = 500
FOLDS = 5
#: a gain below this, in bits per fixation, is called little
LITTLE_BITS = 0.05
T = TypeVar("T")


class _StopRequested(Exception):  # noqa: N818  (not an error: somebody asked for it)
    """Raised between two pictures or folds."""


@dataclass(frozen=True)
class Setting:
    """A number of the finaliser before and after."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class Adaptation:
    """What adapting a model came to, measured on pictures that it was not fitted to.

    Attributes:
        pictures, fixations: how many it was fitted to.
        scores: "ig" (bits per fixation over these viewers' centre bias) and "nss", each as
            (before, after, gain): cross-validated means with 95 % intervals over pictures.
        settings: the finaliser's numbers, before and after.
        path: the written file; None if there was no gain to write it for.
        failures: for each picture that could not be used, its name and what is wrong.
    """

    pictures: int
    fixations: int
    scores: dict[str, tuple[Interval, Interval, Interval]]
    settings: tuple[Setting, ...]
    path: Path | None
    failures: dict[str, str]

    @property
    def gain(self) -> Interval:
        """Information gain after minus before, in bits per fixation."""
        return self.scores["ig"][2]

    @property
    def gained(self) -> bool:
        """Whether the interval of the gain lies above 0."""
        return self.gain.low > 0

    @property
    def summary(self) -> str:
        """What came of it, in plain words."""
        before, after, gain = self.scores["ig"]
        numbers = (
            f"On {self.pictures} pictures, each left out of the fit in its turn, information gain "
            f"over the centre bias of these viewers went from {before.mean:.2f} to "
            f"{after.mean:.2f} bits per fixation: {gain.mean:+.3f}, 95 % interval {gain.low:+.3f} "
            f"to {gain.high:+.3f}."
        )
        if self.gained:
            return f"Adapting helps{' a little' if gain.mean < LITTLE_BITS else ''}. {numbers}"
        if gain.high < 0:
            return f"Adapting makes this model worse for these viewers: keep it as it is. {numbers}"
        return (
            f"No gain can be shown: this model suits these viewers as it is, or the pictures are "
            f"too few to tell. {numbers}"
        )


def adapt(
    model: str | Path,
    dataset: FixationDataset,
    out: Path,
    *,
    force: bool = False,
    log: Path | None = None,
    max_pictures: int = MAX_PICTURES,
    seed: int = 0,
) -> Adaptation | None:
    """Fit a trained model's finaliser to the viewers of a data set.

    The gain is measured by cross-validation in `FOLDS` folds of pictures; the file holds what was
    fitted to all of them, and is written only if the 95 % interval of the gain lies above 0.

    Args:
        model: what `salmap.load` takes; a network.
        dataset: pictures with fixations, `MIN_PICTURES` or more; all that is given is used, so
            give a split of it to keep the rest.
        out: the `.safetensors` file to write; one that exists is replaced.
        force: write it whether there is a gain or not.
        log: folder for a `ProgressLog`, or None; a file named STOP in it stops the work. Its
            events: "start" (task "adapt", model, data: pictures by data set), "step" (stage
            "features" or "cross-validation", step, steps, time_left_s in the stage), "stopped",
            "failed" (message, kind), "end" (model: the file or null, summary, and the fields of
            `Adaptation`).
        max_pictures: if there are more, this many are drawn.
        seed: of that draw and of the folds.

    Returns:
        What it came to; None if it was asked to stop: nothing is written.

    Raises:
        ModelError, WeightsError: if the model can't be loaded.
        TrainingError: if it is no network, `out` is no place for it, or pictures are too few.
    """
    _check_out(model, out)
    progress = ProgressLog(log or out.parent, enabled=log is not None)
    try:
        return _adapt(model, dataset, out, force, progress, max_pictures, seed)
    except _StopRequested:
        progress.write("stopped")
        return None
    except Exception as error:
        progress.write("failed", message=str(error), kind=type(error).__name__)
        raise


def _adapt(
    model: str | Path,
    dataset: FixationDataset,
    out: Path,
    force: bool,
    progress: ProgressLog,
    max_pictures: int,
    seed: int,
) -> Adaptation:
    predictor = salmap.load(model)
    network, info = predictor.model, predictor.info
    if not isinstance(network, SaliencyNetwork) or info is None:
        raise TrainingError(
            f"'{model}' has nothing that can be fitted to viewers. Choose a trained network, such "
            "as lite, or the file of one."
        )
    order = np.random.default_rng(seed).permutation(len(dataset))
    drawn = dataset.select(sorted(int(i) for i in order[:max_pictures]))
    progress.write("start", task="adapt", model=predictor.name, data={dataset.name: len(drawn)})
    pictures, failures = _look(predictor, network, drawn, progress)
    _require_enough(pictures, failures, drawn)
    scores = _cross_validate(network.finalizer, pictures, progress, seed)
    baseline = fit_baseline([p.stimulus for p in pictures], dataset.name)
    half = _fits_half(network)
    before = network.finalizer
    network.finalizer = fit(before, pictures, baseline)
    adaptation = Adaptation(
        len(pictures), sum(len(p.fixations) for p in pictures), scores,
        _settings(before, network.finalizer), None, failures,
    )  # fmt: skip
    if adaptation.gained or force:
        save_model(network, out, _info(info, out.stem, dataset, adaptation), half)
        adaptation = dataclasses.replace(adaptation, path=out)
    progress.write("end", **_event(adaptation))
    return adaptation


def _check_out(model: str | Path, out: Path) -> None:
    """Say before the work, not after it, that there is nowhere to write to."""
    if out.suffix != SUFFIX:
        raise TrainingError(f"--out wants a file that ends in {SUFFIX}, not {out.name}.")
    if not out.parent.is_dir():
        raise TrainingError(f"There is no folder {out.parent} for {out.name}. Make it first.")
    source = resolve(model)
    if source is not None and source.exists() and out.exists() and source.samefile(out):
        raise TrainingError(f"{out} is the model to be adapted: give another file with --out.")


def _look(
    predictor: Predictor, network: SaliencyNetwork, dataset: FixationDataset, progress: ProgressLog
) -> tuple[list[Seen], dict[str, str]]:
    """Run the network once on each picture; those that can't be read are put down as failures."""
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    pictures, failures = [], {}
    for index in _steps(range(len(dataset)), "features", progress):
        try:
            sample = dataset[index]
        except SalmapError as error:
            failures[dataset.records[index].name] = str(error)
            continue
        if len(sample.fixations):
            height, width, _ = sample.stimulus.shape
            evidence = _evidence(network, sample.stimulus, predictor.device)
            pictures.append(Seen(sample.name, (height, width), sample.fixations, evidence))
    network.cpu()
    return pictures, failures


def _evidence(network: SaliencyNetwork, image: ImageArray, device: torch.device) -> torch.Tensor:
    """Float32 (h, w): what `Predictor.predict` gives to the finaliser."""
    size = fit_size((image.shape[0], image.shape[1]), network.size, network.output_stride)
    with torch.no_grad():
        features = network.encode(to_tensor(resize(image, size)).to(device))
        return network.evidence(features, size)[0].cpu().contiguous()


def _steps(items: Sequence[T], stage: str, progress: ProgressLog) -> Iterator[T]:
    """The items one by one, with a bar and a line in the log after each."""
    began = time.monotonic()
    for done, item in enumerate(tqdm(items, desc=stage, delay=1, disable=None), start=1):
        if progress.enabled and progress.stop_requested:
            raise _StopRequested
        yield item
        left = (time.monotonic() - began) / done * (len(items) - done)
        progress.write("step", stage=stage, step=done, steps=len(items), time_left_s=round(left, 1))


def _require_enough(
    pictures: Sequence[Seen], failures: dict[str, str], dataset: FixationDataset
) -> None:
    if len(pictures) >= MIN_PICTURES:
        return
    unread = f", and {len(failures)} can't be read: {next(iter(failures.values()), '')}"
    raise TrainingError(
        f"Fitting to viewers needs at least {MIN_PICTURES} pictures with fixations: of the "
        f"{len(dataset)} in {dataset.name}, {len(pictures) or 'none'} "
        f"{'has' if len(pictures) == 1 else 'have'} any{unread if failures else ''}."
    )


def _cross_validate(
    finalizer: Finalizer, pictures: Sequence[Seen], progress: ProgressLog, seed: int
) -> dict[str, tuple[Interval, Interval, Interval]]:
    """Scores of each picture before and after a fit to the pictures of the other folds."""
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


def _score(finalizer: Finalizer, picture: Seen, prior: NDArray[np.float32]) -> dict[str, float]:
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


def _fits_half(network: SaliencyNetwork) -> bool:
    """Whether float16 holds all that is not fitted without any loss."""
    return all(
        torch.equal(tensor, tensor.half().float())
        for part in (network.encoders, network.decoder)
        for tensor in part.state_dict().values()
        if tensor.is_floating_point()
    )


def _settings(before: Finalizer, after: Finalizer) -> tuple[Setting, ...]:
    """The numbers that mean something to people; the weight of the prior is in its map."""
    read: dict[str, Callable[[Finalizer], float]] = {
        "blur, share of the long side": lambda f: float(f.log_sigma.exp()),
        "gain": lambda f: float(f.log_gain.exp()),
        "uniform share": lambda f: float(f.uniform_logit.sigmoid()),
    }
    return tuple(Setting(name, value(before), value(after)) for name, value in read.items())


def _info(
    info: ModelInfo, name: str, dataset: FixationDataset, adaptation: Adaptation
) -> ModelInfo:
    licence = dataset.licence or "licence unknown"
    notes = f"{info.notes}\n\nAdapted from {info.name}. {adaptation.summary}"
    return dataclasses.replace(
        info,
        name=name,
        data=(
            *info.data,
            f"{dataset.name} ({licence}): {adaptation.pictures} pictures, finaliser only",
        ),
        scores={
            dataset.name: {
                metric: [round(value, 4) for value in dataclasses.astuple(after)]
                for metric, (_, after, _) in adaptation.scores.items()
            }
        },
        source=f"adapted from {info.name}" + (f" ({info.source})" if info.source else ""),
        notes=notes.strip(),
        created_with=salmap.__version__,
    )


def _event(adaptation: Adaptation) -> dict[str, object]:
    """As JSON values."""
    values: dict[str, object] = json.loads(json.dumps(dataclasses.asdict(adaptation), default=str))
    return values | {
        "model": None if adaptation.path is None else str(adaptation.path),
        "summary": adaptation.summary,
    }
