"""Errors for people: each message says what was wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

#: how many offending files or rows a message names
NAMED = 3


class SalmapError(Exception):
    """Base of everything Salmap raises on purpose; `str(error)` can be shown to a user as it is."""


class ImageError(SalmapError):
    """A picture that can't be used: not a picture, truncated, or too large."""


class ModelError(SalmapError):
    """A model that does not exist or whose settings make no sense."""


class WeightsError(SalmapError):
    """A weight file that is missing, damaged, unsafe or made for another model."""


class DensityError(SalmapError):
    """An array that is not a density: wrong shape, negative, not finite, or empty."""


class RenderError(SalmapError):
    """A way of drawing that does not exist or an option of it that makes no sense."""


class FixationsError(SalmapError):
    """Fixations that are missing, malformed or outside their stimulus."""


class DoubtfulError(FixationsError):
    """Fixations of which it is not certain how they are counted.

    The message is the cause, and then how to settle it on the command line.

    Attributes:
        cause: what is unusual, and why it may be so, a sentence.
        guess: what would settle it if the likely cause is right, as `salmap.fixations.frame` reads
            settings; may be empty.
    """

    def __init__(self, cause: str, remedy: str, guess: Sequence[str] = ()) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause, self.guess = cause, tuple(guess)


class AreaError(SalmapError):
    """An area of interest, or a file of them, that can't be used."""


class TimingError(SalmapError):
    """A moment of viewing, or a prediction, of which nothing is known about time."""


class DatasetError(SalmapError):
    """A data set whose files are missing or disagree with each other."""


class FaultyFileError(DatasetError):
    """A file that can't be used; files with the same fault are reported as one kind.

    Attributes:
        what: the kind of fault, a sentence that names no file.
        fix: how to mend it, a sentence.
        detail: what differs from file to file, such as a size; may be empty.
    """

    what: str = ""
    fix: str = ""
    detail: str = ""

    @classmethod
    def of(cls, file: object, what: str, fix: str, detail: str = "") -> Self:
        """The fault of one file, a path or a name."""
        more = f" ({detail})" if detail else ""
        fault = cls(f"{file}: {what.removesuffix('.')}{more}. {fix}")
        fault.what, fault.fix, fault.detail = what, fix, detail
        return fault


class TrainingError(SalmapError):
    """A training run that can't start or go on: a recipe, an option or a checkpoint is wrong."""


class JobError(SalmapError):
    """A job that can't be started, resumed or deleted now."""


def listed(names: Sequence[str], separator: str = ", ") -> str:
    """The first few names for a message, with the count of the others."""
    first = separator.join(names[:NAMED])
    more = len(names) - NAMED
    return f"{first}{separator}and {more} more" if more > 0 else first
