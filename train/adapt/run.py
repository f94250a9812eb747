"""Adapt a trained model to viewers, measure the gain, and write the model only if there is one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from salmap.datasets import FixationDataset
from salmap.errors import TrainingError
from salmap.evaluation.baseline import fit_baseline
from salmap.jobs.contract import MIN_ADAPT_PICTURES
from salmap.models.file import load_model, save_model
from salmap.models.network import SaliencyNetwork
from salmap.version import __version__
from salmap.weights.info import ModelInfo, read_info
from salmap.weights.resolve import SUFFIX, resolve, short_name

from ..progress import ProgressLog, Stopped
from .fit import PictureEvidence, fit
from .measure import cross_validate, gather_evidence
from .result import Adaptation, compare_settings

MAX_PICTURES = 500


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
    """Fit a trained model's finalizer to the viewers of a data set.

    The gain is measured by cross-validation over pictures (`train.adapt.measure`); the file holds
    what was fitted to all of them. It is written only if the 95 % interval of the gain lies above
    0 and, as far as is known, the model was not trained on these pictures.

    Args:
        model: what `salmap.load` takes; a network.
        dataset: pictures with fixations, `MIN_ADAPT_PICTURES` or more; all of them are used, so
            give a split to keep the rest.
        out: the `.safetensors` file to write; one that exists is replaced.
        force: write the model whether there is a gain or not.
        log: folder for a `ProgressLog`, or None; a file named STOP in it stops the work. Its
            events: "start" (task "adapt", model, data: pictures by data set), "step" (stage
            "features" or "cross-validation", step, steps, time_left_s in the stage), "stopped",
            "failed" (message, kind), "end" (model: the file or null, summary, gained, and the other
            fields of `Adaptation`).
        max_pictures: if there are more, this many are drawn.
        seed: of that draw and of the folds.

    Returns:
        The result; None if it was asked to stop: nothing is written.

    Raises:
        ModelError, WeightsError: if the model can't be loaded.
        TrainingError: if the model is not a network, `out` can't be written, or there are too few
            pictures.
    """
    progress = ProgressLog(log or out.parent, enabled=log is not None)
    try:
        _check_out(model, out)
        return _adapt(model, dataset, out, force, progress, max_pictures, seed)
    except Stopped:
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
    found = resolve(model)
    if found is None or read_info(found.path).architecture != SaliencyNetwork.architecture:
        raise TrainingError(
            f"'{model}' has nothing that can be adapted to viewers. Choose a trained network, such "
            "as lite, or the file of one."
        )
    network, info = load_model(found.path)
    order = np.random.default_rng(seed).permutation(len(dataset))
    drawn = dataset.select(sorted(int(i) for i in order[:max_pictures]))
    progress.write("start", task="adapt", model=short_name(model), data={dataset.name: len(drawn)})
    gathered = gather_evidence(network, drawn, progress)
    pictures, failures = gathered.pictures, gathered.failures
    _require_enough(pictures, failures, drawn)
    scores = cross_validate(network.finalizer, pictures, progress, seed)
    baseline = fit_baseline([p.stimulus for p in pictures], dataset.name)
    half = _fits_half(network)
    before = network.finalizer
    network.finalizer = fit(before, pictures, baseline)
    adaptation = Adaptation(
        len(pictures), sum(len(p.fixations) for p in pictures), scores,
        compare_settings(before, network.finalizer), None, failures, _trained_on(info, drawn),
        gathered.outside, dataset.doubt,
    )  # fmt: skip
    if adaptation.gained or force:
        save_model(network, out, _info(info, out.stem, dataset, adaptation), half)
        adaptation = dataclasses.replace(adaptation, path=out)
    progress.write("end", **adaptation.event())
    return adaptation


def _trained_on(info: ModelInfo, dataset: FixationDataset) -> int:
    """How many pictures are from the training split of a data set that the model was trained on.

    Data sets named "folder" may hold any pictures, so nothing is known about those.
    """
    known = dataset.name != "folder" and any(d.startswith(f"{dataset.name} (") for d in info.data)
    return sum(known and dataset.split_of(i) == "train" for i in range(len(dataset)))


def _check_out(model: str | Path, out: Path) -> None:
    """Say before the work, not after it, that the file can't be written."""
    if out.suffix != SUFFIX:
        raise TrainingError(f"--out takes a file that ends in {SUFFIX}, not {out.name}.")
    if not out.parent.is_dir():
        raise TrainingError(f"There is no folder {out.parent} for {out.name}. Create it first.")
    source = resolve(model)
    if source and source.path.exists() and out.exists() and source.path.samefile(out):
        raise TrainingError(f"{out} is the model to be adapted. Give another file with --out.")


def _require_enough(
    pictures: Sequence[PictureEvidence], failures: dict[str, str], dataset: FixationDataset
) -> None:
    if len(pictures) >= MIN_ADAPT_PICTURES:
        return
    unread = f", and {len(failures)} can't be read: {next(iter(failures.values()), '')}"
    raise TrainingError(
        f"Adapting to viewers needs at least {MIN_ADAPT_PICTURES} pictures with fixations: of the "
        f"{len(dataset)} in {dataset.name}, {len(pictures) or 'none'} "
        f"{'has' if len(pictures) == 1 else 'have'} any{unread if failures else ''}."
    )


def _fits_half(network: SaliencyNetwork) -> bool:
    """Whether float16 holds everything that is not fitted without loss."""
    return all(
        torch.equal(tensor, tensor.half().float())
        for part in (network.encoders, network.decoder)
        for tensor in part.state_dict().values()
        if tensor.is_floating_point()
    )


def _info(
    info: ModelInfo, name: str, dataset: FixationDataset, adaptation: Adaptation
) -> ModelInfo:
    license = dataset.license or "license unknown"
    notes = f"{info.notes}\n\nAdapted from {info.name}. {adaptation.summary}"
    return dataclasses.replace(
        info,
        name=name,
        data=(
            *info.data,
            f"{dataset.name} ({license}): {adaptation.pictures} pictures, finalizer only",
        ),
        scores={
            dataset.name: {
                metric: [round(value, 4) for value in dataclasses.astuple(after)]
                for metric, (_, after, _) in adaptation.scores.items()
            }
        },
        source=f"adapted from {info.name}" + (f" ({info.source})" if info.source else ""),
        notes=notes.strip(),
        created_with=__version__,
    )
