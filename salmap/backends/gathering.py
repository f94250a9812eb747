"""Pictures that several threads ask about, run together: what keeps a GPU busy."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from salmap.backends import BatchBackend
from salmap.types import GridOutput, ImageArray


@dataclass(eq=False)
class _Asked:
    """A picture, and later what the model said of it or why it could not."""

    picture: ImageArray
    answer: GridOutput | None = None
    error: Exception | None = None


@dataclass(eq=False)
class Gathering:
    """Runs pictures of one shape together that were asked about while the model was busy.

    Attributes:
        backend: runs them.
    """

    backend: BatchBackend
    _waiting: dict[tuple[int, ...], list[_Asked]] = field(
        default_factory=lambda: defaultdict(list), init=False
    )
    _adding: threading.Lock = field(default_factory=threading.Lock, init=False)
    _running: threading.Lock = field(default_factory=threading.Lock, init=False)

    def run(self, picture: ImageArray) -> GridOutput:
        """What the model says of a picture, uint8 (h, w, 3); see `Backend.run`.

        The thread whose turn it is runs those of all who wait with pictures of the same shape.
        """
        asked = _Asked(picture)
        with self._adding:
            self._waiting[picture.shape].append(asked)
        while asked.answer is None and asked.error is None:
            with self._running:
                if asked.answer is None and asked.error is None:
                    self._run(self._next(picture.shape))
        if asked.error is not None:
            raise asked.error
        assert asked.answer is not None
        return asked.answer

    def _next(self, shape: tuple[int, ...]) -> list[_Asked]:
        """Who is next: a power of two, since every number is planned anew by a GPU's libraries."""
        with self._adding:
            waiting = self._waiting[shape]
            count = min(len(waiting), self.backend.together)
            count = 1 << (count.bit_length() - 1)
            self._waiting[shape] = waiting[count:]
            return waiting[:count]

    def _run(self, asked: list[_Asked]) -> None:
        try:
            found = self.backend.run_batch(np.stack([one.picture for one in asked]))
        except Exception as error:  # each of them raises it
            for one in asked:
                one.error = error
            return
        for place, one in enumerate(asked):
            features = None if found.features is None else found.features[place]
            one.answer = GridOutput(found.log_density[place], features)
