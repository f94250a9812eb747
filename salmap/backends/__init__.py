"""What runs a model: one small protocol, so that nothing above knows how it is done."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from salmap.types import GridOutput


class Backend(Protocol):
    """A model, ready to run. Safe to share between threads.

    Attributes:
        size: long side, in pixels, at which the model wants its pictures.
        output_stride: input pixels per cell of the output grid, along each axis.
        parameter_count: how many numbers the model has learned; 0 for one that learns nothing.
        device: where it runs, such as "cpu" or "cuda:0".
    """

    @property
    def size(self) -> int: ...  # noqa: D102  (described above)

    @property
    def output_stride(self) -> int: ...  # noqa: D102

    @property
    def parameter_count(self) -> int: ...  # noqa: D102

    @property
    def device(self) -> str: ...  # noqa: D102

    def run(self, pixels: NDArray[np.float32]) -> GridOutput:
        """Run the model on one picture.

        Args:
            pixels: float32 (1, 3, h, w), RGB in [0, 1]; h and w are multiples of
                `output_stride`.

        Returns:
            A log density (h / output_stride, w / output_stride), and the picture's features.
        """
        ...


@runtime_checkable
class BatchBackend(Backend, Protocol):
    """A backend that can run pictures of one shape together.

    Attributes:
        together: how many, at most; 1 where there is nothing to win.
    """

    @property
    def together(self) -> int: ...  # noqa: D102  (described above)

    def run_batch(self, pictures: NDArray[np.uint8]) -> GridOutput:
        """Run the model on pictures of one shape.

        Args:
            pictures: uint8 (n, h, w, 3), RGB; h and w are multiples of `output_stride`.

        Returns:
            Log densities (n, h / output_stride, w / output_stride), and features (n, d).
        """
        ...
