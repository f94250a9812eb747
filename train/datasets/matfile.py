"""Reading MATLAB files into plain numpy, with errors that name the file."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from salmap.errors import DatasetError


def read_mat(path: Path, variable: str, squeeze: bool = True) -> Any:
    """One variable of a .mat file; the fields of structs become attributes.

    Args:
        path: the file.
        variable: the name of the variable.
        squeeze: drop dimensions of length 1, also inside cells and fields.

    Raises:
        DatasetError: if the file is missing, damaged, in the HDF5-based version 7.3, or lacks
            the variable.
    """
    if not path.is_file():
        raise DatasetError(f"The file {path} is missing. Download or unpack it again.")
    try:
        content = loadmat(path, squeeze_me=squeeze, struct_as_record=False)
    except NotImplementedError as error:
        raise DatasetError(
            f"{path} is a MATLAB 7.3 file. Save it again in MATLAB with save(..., '-v7')."
        ) from error
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        EOFError,
        OSError,
        zlib.error,
        MatReadError,
        MemoryError,
        OverflowError,
    ) as error:
        raise DatasetError(
            f"{path} is damaged and can't be read ({error}). Download it again."
        ) from error
    if variable not in content:
        have = ", ".join(k for k in content if not k.startswith("_")) or "nothing"
        raise DatasetError(f"{path} has no variable {variable!r}; it holds {have}.")
    return content[variable]


def items(cell: Any) -> list[Any]:
    """The elements of a squeezed cell or struct array, also where there is just one or none."""
    return list(np.atleast_1d(cell).ravel())


def numbers(value: Any) -> NDArray[np.float64]:
    """A squeezed numeric field as a flat float64 array, also where it is a single number."""
    return np.asarray(value, dtype=np.float64).ravel()
