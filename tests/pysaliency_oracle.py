"""pysaliency's own classes as the judge of our metrics.

pysaliency 0.2.22 asks setuptools' retired `pkg_resources` for files of its Matlab models when it is
imported, and for nothing that is used here: an empty stand-in is enough for the import.
Its `AUC()` also calls `numpy.trapz`, which numpy 2.4 has dropped; `AUCs()` gives the same area for
each fixation without it (the mean over a picture's fixations is that picture's AUC).

pysaliency's origin is the corner of the top-left pixel and it truncates; the origin of Salmap's
fixations is the center of that pixel. So half a pixel is added on the way.
"""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np

from salmap.types import Fixations


def load() -> ModuleType:
    """Import pysaliency, whose dependencies take a few seconds."""
    stand_in = ModuleType("pkg_resources")
    stand_in.resource_string = stand_in.resource_listdir = None
    sys.modules.setdefault("pkg_resources", stand_in)
    try:
        import pysaliency
    finally:
        if sys.modules.get("pkg_resources") is stand_in:
            del sys.modules["pkg_resources"]
    return pysaliency


pysaliency = load()


class Maps(pysaliency.SaliencyMapModel):
    """A model that answers with given maps, one for each stimulus (told apart by its content)."""

    def __init__(self, stimuli, maps):
        super().__init__(caching=False)
        self.by_id = dict(zip(stimuli.stimulus_ids, maps, strict=True))

    def _saliency_map(self, stimulus):
        return self.by_id[pysaliency.datasets.get_image_hash(stimulus)]


class LogDensities(pysaliency.Model):
    """The same for log densities."""

    def __init__(self, stimuli, maps):
        super().__init__(caching=False)
        self.by_id = dict(zip(stimuli.stimulus_ids, maps, strict=True))

    def _log_density(self, stimulus):
        return self.by_id[pysaliency.datasets.get_image_hash(stimulus)]


class FixationDensities(pysaliency.FixationMap):
    """pysaliency's blurred fixation maps, with a sigma for each stimulus."""

    def __init__(self, stimuli, fixations, sigmas):
        super().__init__(stimuli, fixations)
        self.by_id = dict(zip(stimuli.stimulus_ids, sigmas, strict=True))

    def _saliency_map(self, stimulus):
        self.kernel_size = self.by_id[pysaliency.datasets.get_image_hash(stimulus)]
        return super()._saliency_map(stimulus)


def stimuli_of(sizes):
    """Stimuli of these (height, width), each with a content of its own."""
    rng = np.random.default_rng(0)
    return pysaliency.Stimuli([rng.integers(0, 255, (*s, 3), dtype=np.uint8) for s in sizes])


def fixations_of(per_stimulus: list[Fixations]):
    """pysaliency's fixations from ours, one `Fixations` for each stimulus."""
    trains = [
        (f.x[f.viewer == v] + 0.5, f.y[f.viewer == v] + 0.5, n, v)
        for n, f in enumerate(per_stimulus)
        for v in np.unique(f.viewer)
    ]
    xs, ys, ns, viewers = zip(*trains, strict=True)
    times = [np.arange(len(x), dtype=float) for x in xs]
    return pysaliency.FixationTrains.from_fixation_trains(xs, ys, times, ns, viewers)


def kl_divergences(model, stimuli, empirical):
    """pysaliency's divergence with the benchmark's constants, for each stimulus."""
    epsilon = 2.2204e-16
    return model.KLDivs(
        stimuli,
        empirical,
        minimum_value=0,
        log_regularization=epsilon,
        quotient_regularization=epsilon,
    )


def per_picture(values, fixations):
    """Mean of per-fixation values for each stimulus."""
    return np.array([values[fixations.n == n].mean() for n in np.unique(fixations.n)])
