"""Adapt a trained model to viewers, measure what that wins, and write it only if it wins."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from salmap.datasets import FixationDataset
from salmap.errors import TrainingError
from salmap.evaluation.baseline import fit_baseline
from salmap.models.file import load_model, save_model
from salmap.models.network import SaliencyNetwork
from salmap.version import __version__
from salmap.weights.info import ModelInfo
from salmap.weights.resolve import SUFFIX, resolve, short_name

from ..progress import ProgressLog
from .fit import Seen, fit
from .measure import StopRequested, cross_validate, look
from .result import Adaptation, compare_settings

MIN_PICTURES = 10
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
        dataset: pictures with fixations, `MIN_PICTURES` or more; all that is given is used, so
            give a split of it to keep the rest.
        out: the `.safetensors` file to write; one that exists is replaced.
        force: write it whether there is a gain or not.
        log: folder for a `ProgressLog`, or None; a file named STOP in it stops the work. Its
            events: "start" (task "adapt", model, data: pictures by data set), "step" (stage
            "features" or "cross-validation", step, steps, time_left_s in the stage), "stopped",
            "failed" (message, kind), "end" (model: the file or null, summary, gained, and the other
            fields of `Adaptation`).
        max_pictures: if there are more, this many are drawn.
        seed: of that draw and of the folds.

    Returns:
        What it came to; None if it was asked to stop: nothing is written.

    Raises:
        ModelError, WeightsError: if the model can't be loaded.
        TrainingError: if it is no network, `out` is no place for it, or pictures are too few.
    """
    progress = ProgressLog(log or out.parent, enabled=log is not None)
    try:
        _check_out(model, out)
        return _adapt(model, dataset, out, force, progress, max_pictures, seed)
    except StopRequested:
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
    network, info = load_model(found.path) if found else (None, None)
    if not isinstance(network, SaliencyNetwork) or info is None:
        raise TrainingError(
            f"'{model}' has nothing that can be fitted to viewers. Choose a trained network, such "
            "as lite, or the file of one."
        )
    order = np.random.default_rng(seed).permutation(len(dataset))
    drawn = dataset.select(sorted(int(i) for i in order[:max_pictures]))
    progress.write("start", task="adapt", model=short_name(model), data={dataset.name: len(drawn)})
    pictures, failures = look(network, drawn, progress)
    _require_enough(pictures, failures, drawn)
    scores = cross_validate(network.finalizer, pictures, progress, seed)
    baseline = fit_baseline([p.stimulus for p in pictures], dataset.name)
    half = _fits_half(network)
    before = network.finalizer
    network.finalizer = fit(before, pictures, baseline)
    adaptation = Adaptation(
        len(pictures), sum(len(p.fixations) for p in pictures), scores,
        compare_settings(before, network.finalizer), None, failures, _trained_on(info, drawn),
    )  # fmt: skip
    if adaptation.gained or force:
        save_model(network, out, _info(info, out.stem, dataset, adaptation), half)
        adaptation = dataclasses.replace(adaptation, path=out)
    progress.write("end", **adaptation.event())
    return adaptation


def _trained_on(info: ModelInfo, dataset: FixationDataset) -> int:
    """How many pictures are of the training split of a data set that the model was trained on.

    Under the name "folder" may be any pictures, so of those nothing is known.
    """
    known = dataset.name != "folder" and any(d.startswith(f"{dataset.name} (") for d in info.data)
    return sum(known and dataset.split_of(i) == "train" for i in range(len(dataset)))


def _check_out(model: str | Path, out: Path) -> None:
    """Say before the work, not after it, that there is nowhere to write to."""
    if out.suffix != SUFFIX:
        raise TrainingError(f"--out wants a file that ends in {SUFFIX}, not {out.name}.")
    if not out.parent.is_dir():
        raise TrainingError(f"There is no folder {out.parent} for {out.name}. Make it first.")
    source = resolve(model)
    if source and source.path.exists() and out.exists() and source.path.samefile(out):
        raise TrainingError(f"{out} is the model to be adapted: give another file with --out.")


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


def _fits_half(network: SaliencyNetwork) -> bool:
    """Whether float16 holds all that is not fitted without any loss."""
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
