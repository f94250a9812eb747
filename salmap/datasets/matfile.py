"""Reading MATLAB files into plain numpy, with errors that name the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from salmap.errors import DatasetError


def read_mat(path: Path, variable: str, *, squeeze: bool = True, objects: bool = False) -> Any:
    """One variable of a .mat file; the fields of structs become attributes.

    Args:
        path: the file.
        variable: the name of the variable.
        squeeze: drop dimensions of length 1, also inside cells and fields.
        objects: the variable is an object such as a `containers.Map`, which only mat-io can
            read; it becomes a dictionary, and structs in it become record arrays.

    Raises:
        DatasetError: if the file is missing, damaged, of MATLAB's version 7.3, or lacks the
            variable.
    """
    if not path.is_file():
        raise DatasetError(f"The file {path} is missing. Download or unpack it again.")
    try:
        content = _load_objects(path) if objects else _load(path, squeeze)
    except NotImplementedError as error:
        raise DatasetError(
            f"{path} is a MATLAB 7.3 file. Save it again in MATLAB with save(..., '-v7')."
        ) from error
    except DatasetError:
        raise
    except Exception as error:  # on damaged files, the readers raise almost anything
        raise DatasetError(
            f"{path} is damaged and can't be read ({error}). Download it again."
        ) from error
    if variable not in content:
        have = ", ".join(k for k in content if not k.startswith("_")) or "nothing"
        raise DatasetError(f"{path} has no variable {variable!r}; it holds {have}.")
    return content[variable]


def read_map(path: Path, variable: str) -> NDArray[Any]:
    """A matrix (H, W) of numbers from a .mat file.

    Raises:
        DatasetError: as `read_mat`, or if it is not such a matrix.
    """
    values = np.asarray(read_mat(path, variable, squeeze=False))
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        raise DatasetError(f"{path}: {variable} is not a matrix of numbers. Download it again.")
    return values


def items(cell: Any) -> list[Any]:
    """The elements of a squeezed cell or struct array, also where there is just one or none."""
    return list(np.atleast_1d(cell).ravel())


def numbers(value: Any) -> NDArray[np.float64]:
    """A squeezed numeric field as a flat float64 array, also where it is a single number."""
    return np.asarray(value, dtype=np.float64).ravel()


def _load(path: Path, squeeze: bool) -> dict[str, Any]:
    content: dict[str, Any] = loadmat(path, squeeze_me=squeeze, struct_as_record=False)
    return content


def _load_objects(path: Path) -> dict[str, Any]:
    try:
        from matio import load_from_mat  # noqa: PLC0415  (only CAT2000 needs it)
    except ImportError as error:
        raise DatasetError(
            f"{path} needs the package mat-io: pip install -r requirements-train.txt"
        ) from error
    content: dict[str, Any] = load_from_mat(str(path))
    return content
