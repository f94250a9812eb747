"""By what a network knows pictures that are unlike its training pictures; kept beside its weights.

For each kind of unlike pictures, the direction in which they lie is that of Fisher's linear
discriminant (Fisher 1936, Annals of Eugenics 7:179) between them and the training pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from salmap import load
from salmap.datasets import FixationDataset
from salmap.datasets.unlabeled import open_unlabeled
from salmap.errors import TrainingError
from salmap.pictures import load_image
from salmap.predictor import Predictor
from salmap.types import ImageArray
from salmap.weights.familiarity import Familiarity

#: pictures that are looked at, of each data set and split and of each kind of unlike ones
MOST = 100
#: fewer do not show what is usual
FEWEST = 30
#: principal components in which the discriminant is sought
COMPONENTS = 32
#: share of held-out pictures that are below the limit at least, and of unlike ones above it
SURE = 0.97
#: where the limit lies between these two: pictures that are hardly unlike still count as familiar
UNLIKE_MARGIN, NOISE_MARGIN = 0.25, 0.5
NOISE_SIZE = (480, 640)

Features = NDArray[np.float32]


def measure(weights: Path, datasets: Sequence[FixationDataset], unlike: Sequence[Path]) -> Path:
    """Write `<name>.familiarity.safetensors` beside a network's weight file; its path.

    Args:
        weights: the network's `.safetensors` file.
        datasets: whole data sets, those that it was trained on. Their training splits say what is
            usual, and their validation splits how far it reaches.
        unlike: folders of pictures of other kinds, such as screenshots, each a kind of its own;
            noise is another one, made here.

    Raises:
        TrainingError: if the model is not a network, or if there are too few pictures.
        DatasetError: if there are no pictures in a folder.
        WeightsError: if the model can't be read.
    """
    predictor = load(weights, device="auto")
    training, held_out = (
        _features(predictor, _pictures(dataset.split(split) for dataset in datasets))
        for split in ("train", "val")
    )
    kinds = [(_pictures([open_unlabeled(folder, ())]), UNLIKE_MARGIN) for folder in unlike]
    directions = [
        direction(training, held_out, _features(predictor, pictures), margin)
        for pictures, margin in [*kinds, (noise(), NOISE_MARGIN)]
    ]
    return Familiarity(training.mean(0), np.array(directions, np.float32)).write(weights)


def direction(training: Features, held_out: Features, unlike: Features, margin: float) -> Features:
    """Where unlike pictures lie, seen from the training pictures' mean.

    Args:
        training, held_out, unlike: float32 (n, d), features of pictures of three kinds.
        margin: in [0, 1], where the limit lies between held-out and unlike pictures.

    Returns:
        float32 (d,), of such a length that its product with features is 1 at the limit.

    Raises:
        TrainingError: if there are too few pictures.
    """
    fewest = min(map(len, (training, held_out, unlike)))
    if fewest < FEWEST:
        raise TrainingError(
            f"What is familiar to a model shows in {FEWEST} pictures or more of each kind: there "
            f"are only {fewest} of one."
        )
    center = training.mean(0)
    usual, other = training - center, unlike - center
    alike = np.sqrt(len(usual) / len(other))  # so that both kinds count as much
    axes = np.linalg.svd(np.concatenate([usual, other * alike]), full_matrices=False)[2]
    axes = axes[:COMPONENTS]
    spread = (np.cov(axes @ usual.T) + np.cov(axes @ other.T)) / 2
    spread += np.eye(len(spread)) * np.trace(spread) / len(spread) / 100
    found = np.linalg.solve(spread, axes @ other.mean(0)) @ axes
    near = np.quantile((held_out - center) @ found, SURE)
    far = np.quantile(other @ found, 1 - SURE)
    return np.asarray(found / (near + margin * max(0.0, far - near)), np.float32)


def noise() -> Iterator[ImageArray]:
    """Pictures of nothing, from fine grain to clouds: their amplitude falls with frequency."""
    random = np.random.default_rng(0)
    height, width = NOISE_SIZE
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    frequency = np.maximum(np.hypot(rows, columns), 1 / max(NOISE_SIZE))[..., None]
    for exponent in np.linspace(0, 2, MOST // 2):
        spectrum = np.fft.rfft2(random.normal(size=(height, width, 3)), axes=(0, 1))
        waves = np.fft.irfft2(spectrum / frequency**exponent, NOISE_SIZE, axes=(0, 1))
        yield (128 + 50 * waves / waves.std()).clip(0, 255).astype(np.uint8)


def _pictures(datasets: Iterable[FixationDataset]) -> Iterator[ImageArray]:
    """At most `MOST` pictures of each data set, evenly spread."""
    for dataset in datasets:
        for index in np.linspace(0, len(dataset) - 1, min(MOST, len(dataset))).round():
            yield load_image(dataset.path(int(index)))


def _features(predictor: Predictor, pictures: Iterable[ImageArray]) -> Features:
    """float32 (n, d), what the network's encoders see in pictures."""
    rows = []
    for picture in tqdm(pictures, desc="features", unit="picture", delay=2):
        features = predictor.features(picture)
        if features is None:
            raise TrainingError(f"{predictor.name} is not a network: all pictures are alike to it.")
        rows.append(features)
    return np.array(rows, np.float32)
