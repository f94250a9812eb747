"""What adapting a model to viewers gains: the table of docs/adapt.md.

    python -m benchmarks.adaptation --model lite --data osie=PATH --data scene=PATH --differ

Each data set's validation pictures go through the network once; then, as `salmap train adapt`
measures it, four fifths of them are fitted to and the rest are scored, five times over. With
`--differ`, the same again with fixations that no model was trained on: all moved to the right by
`SHIFT` of the width, and each by a draw from a Gaussian of `BLUR` of it. Only a model that was
never trained on a data set, not even on its training split, shows what adapting to strangers gains.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

import salmap
from salmap.datasets import open_dataset, parse_data_option
from salmap.evaluation.intervals import Interval
from salmap.models.network import SaliencyNetwork
from salmap.types import Fixations
from train.adapt.fit import PictureEvidence
from train.adapt.measure import cross_validate, gather_evidence
from train.progress import ProgressLog

SHIFT, BLUR = 0.15, 0.08
HEAD = """\
| model | viewers of | pictures | IG before | IG after | gain, 95 % interval | NSS before | after |
|---|---|---|---|---|---|---|---|"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="lite")
    parser.add_argument("--data", action="append", required=True, help="NAME=PATH")
    parser.add_argument("--split", default="val")
    parser.add_argument("--pictures", type=int, default=100, help="of a data set, at most")
    parser.add_argument(
        "--differ", action="store_true", help="also with fixations moved and blurred"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    predictor = salmap.load(options.model, backend="torch")
    network = getattr(predictor.backend, "model", None)
    if not isinstance(network, SaliencyNetwork):
        parser.error(f"{options.model} is not a network, so there is nothing to fit.")
    print(HEAD)
    for line in _rows(predictor.name, network, options):
        print(line, flush=True)


def _rows(name: str, network: SaliencyNetwork, options: argparse.Namespace) -> Iterator[str]:
    silent = ProgressLog(Path(), enabled=False)
    for option in options.data:
        dataset = open_dataset(*parse_data_option(option)).split(options.split)
        order = np.random.default_rng(0).permutation(len(dataset))[: options.pictures]
        chosen = dataset.select(sorted(map(int, order)))
        pictures = gather_evidence(network, chosen, silent).pictures
        kinds = {dataset.name: pictures}
        if options.differ:
            kinds[f"{dataset.name}, moved and blurred"] = differing(pictures)
        for viewers, fixated in kinds.items():
            scores = cross_validate(network.finalizer, fixated, silent, seed=0)
            yield row(name, viewers, len(fixated), scores)


def differing(pictures: Sequence[PictureEvidence], seed: int = 0) -> list[PictureEvidence]:
    """The same pictures, fixated around another center and less precisely."""
    rng = np.random.default_rng(seed)
    found = []
    for picture in pictures:
        old, width = picture.fixations, picture.size[1]
        dx, dy = rng.normal(0, BLUR * width, (2, len(old)))
        moved = Fixations(old.x + SHIFT * width + dx, old.y + dy, old.viewer, old.order)
        kept = moved.inside(picture.size)
        if len(kept):
            found.append(dataclasses.replace(picture, fixations=kept))
    return found


def row(
    model: str, viewers: str, pictures: int, scores: dict[str, tuple[Interval, Interval, Interval]]
) -> str:
    """A line of the table."""
    (before, after, gain), (nss_before, nss_after, _) = scores["ig"], scores["nss"]
    return (
        f"| {model} | {viewers} | {pictures} | {before.mean:.2f} | {after.mean:.2f} "
        f"| {gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}) "
        f"| {nss_before.mean:.2f} | {nss_after.mean:.2f} |"
    )


if __name__ == "__main__":
    main()
