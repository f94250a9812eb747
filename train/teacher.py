"""Knowledge distillation: a student learns the densities of trained models on pictures it sees.

After Hinton, Vinyals and Dean 2015; that teacher and student see the same crop, however cut or
blended, follows Beyer et al. 2022 ("A good teacher is patient and consistent").
"""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from salmap.errors import TrainingError
from salmap.models.file import load_model
from salmap.models.folding import folded
from salmap.models.network import SaliencyNetwork
from salmap.models.settling import layout, settle
from salmap.pictures import fit_size
from salmap.weights.resolve import resolve

from .data.answers import Answers


class Teacher:
    """Trained models; what they teach is the mean of their densities.

    A batch is explained by one of them, drawn by chance, and some of its pictures it sees mirrored,
    and what it says is mirrored back: a student that is told now the one, now the other learns the
    mean of all, the better answer, for the time that one teacher takes.

    They see what the student sees, but resized to the size that each was made for: at a smaller
    student's size they know less (docs/tried.md). Pictures that nobody's fixations are known of may
    be of a kind that teachers do not know, either. There they can be told to hedge, and to see each
    at one of several sizes.

    Args:
        models: at least one.
        names: what they are called.
        digest: of their weights, for runs that are resumed.
        sizes: long sides at which unlabeled pictures are seen; none: each model's own.
        gain: factor on the models' evidence on unlabeled pictures.

    Attributes:
        answers: where what they say is kept, in a run that shows the same crops again.
    """

    answers: Answers | None = None

    def __init__(
        self,
        models: Sequence[SaliencyNetwork],
        names: Sequence[str] = (),
        digest: str = "",
        sizes: Sequence[int] = (),
        gain: float = 1.0,
    ) -> None:
        self.models = [folded(model) for model in models]
        self.hedging = [_with_gain(model, gain) for model in self.models]
        self.names, self.digest, self.sizes = tuple(names), digest, tuple(sizes)

    @classmethod
    def load(
        cls, names: Sequence[str | Path], sizes: Sequence[int] = (), gain: float = 1.0
    ) -> Teacher:
        """The models that `salmap.load` finds under these names, files or places on the Hub.

        Raises:
            ModelError, WeightsError: if one can't be loaded.
            TrainingError: if one has no weights to teach with.
        """
        paths = [found.path for name in names if (found := resolve(name))]
        if len(paths) < len(names):
            raise TrainingError(
                "Only trained networks can teach: give --teacher the name or file of one."
            )
        loaded = [load_model(path) for path in paths]
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        models, infos = zip(*loaded, strict=True)
        return cls(models, [info.name for info in infos], " ".join(digests), sizes, gain)

    @property
    def all_models(self) -> list[SaliencyNetwork]:
        """Those that are sure, and those that hedge."""
        return [*self.models, *self.hedging]

    def to(self, device: torch.device) -> Teacher:
        """The same on another device."""
        for model in self.all_models:
            settle(model, device)
        return self

    @torch.no_grad()
    def densities(
        self,
        images: Tensor,
        grid: tuple[int, int],
        mirrored: Tensor,
        draw: float = 0.0,
        unlabeled: bool = False,
        name: str = "",
    ) -> Tensor:
        """What the student should predict for these pictures.

        Args:
            images: float32 (B, 3, h, w) in [0, 1], as the student sees them or larger.
            grid: (rows, columns) of the student's densities.
            mirrored: bool (B,), which of them to look at mirrored left to right.
            draw: in [0, 1), decides which model explains them, and at which size.
            unlabeled: whether nobody's fixations on them are known.
            name: of the batch among the answers that are kept.

        Returns:
            float32 (B, rows, columns), each sums to 1.
        """

        def ask() -> Tensor:
            model, size = self._drawn(draw, unlabeled)
            seen = resized(_mirrored(images, mirrored), size, model.output_stride)
            logits = model(seen).float()
            return logits.flatten(1).softmax(1).view_as(logits)

        own = self.answers.get(name, ask).to(images.device) if self.answers else ask()
        said = F.interpolate(own[:, None], grid, mode="bilinear")[:, 0]
        return _mirrored(said / said.sum((1, 2), keepdim=True), mirrored)

    def _drawn(self, draw: float, unlabeled: bool) -> tuple[SaliencyNetwork, int]:
        """The model for a batch and the long side at which it sees it."""
        models = self.hedging if unlabeled else self.models
        sizes = self.sizes if unlabeled else ()
        choices = [(model, size) for model in models for size in sizes or (model.size,)]
        return choices[int(draw * len(choices))]


def _with_gain(model: SaliencyNetwork, gain: float) -> SaliencyNetwork:
    """A copy that shares all tensors but one: its evidence counts for more, or less."""
    if gain == 1 or not isinstance(model, SaliencyNetwork):
        return model
    shared = {id(tensor): tensor for tensor in chain(model.parameters(), model.buffers())}
    del shared[id(model.finalizer.log_gain)]
    changed = copy.deepcopy(model, shared)
    with torch.no_grad():
        changed.finalizer.log_gain.add_(math.log(gain))
    return changed


def _mirrored(pictures: Tensor, which: Tensor) -> Tensor:
    """(B, ..., h, w), those of which (B,) is true mirrored left to right."""
    which = which.view(-1, *[1] * (pictures.dim() - 1))
    return torch.where(which, pictures.flip(-1), pictures)


def resized(images: Tensor, long_side: int, multiple: int) -> Tensor:
    """Pictures (B, 3, h, w) in [0, 1] at the size that `fit_size` gives."""
    height, width = images.shape[2:]
    size = fit_size((height, width), long_side, multiple)
    if size == (height, width):
        return images
    changed = F.interpolate(images, size, mode="bicubic", antialias=True).clamp(0, 1)
    return changed.contiguous(memory_format=layout(changed.device))
