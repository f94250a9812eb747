"""Fixations that pysaliency has saved as HDF5, read with h5py.

pysaliency itself brings PyTorch along and has had no release that works with numpy 2, so its files
are read here. It numbers the stimuli; their names are in another file, if it saved them.
"""

from __future__ import annotations

import io
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from salmap.errors import FixationsError
from salmap.fixations.frame import Frame, Unit
from salmap.fixations.gaze import Gaze
from salmap.types import UNKNOWN_VIEWER

#: more numbers than this in one array, or stimuli in a file, are taken for damage
MAX_VALUES, MAX_STIMULI = 20_000_000, 1_000_000
#: what h5py raises on files that are damaged or of another form
SIGNATURE = b"\x89HDF\r\n\x1a\n"


def read_hdf5(name: str, data: bytes) -> Gaze:
    """The fixations in a file; its images are the numbers of the stimuli.

    Raises:
        FixationsError: if it is not one of pysaliency's, or damaged.
    """
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            group = file.get("scanpaths", file)
            x, y, number, subject = _scanpaths(group) if _has_scanpaths(group) else _points(file)
            if not len(x) == len(y) == len(number) == len(subject):
                raise ValueError("its arrays differ in length")
    except Exception as error:  # on damaged files, h5py raises almost anything
        raise FixationsError(
            f"{name} can't be read as fixations of pysaliency ({error}). Save them with to_hdf5."
        ) from error
    if len(number) and not 0 <= number.min() <= number.max() < MAX_STIMULI:
        raise FixationsError(f"{name} numbers its stimuli from {number.min()} to {number.max()}.")
    images = tuple(str(n) for n in range(int(number.max(initial=-1)) + 1))
    names = np.unique(subject[subject >= 0])
    viewer = np.where(subject >= 0, np.searchsorted(names, subject), UNKNOWN_VIEWER)
    unknown = np.full(len(x), np.nan)
    gaze = Gaze(
        images,
        number,
        tuple(str(n) for n in names),
        viewer.astype(np.int64),
        x - 0.5,  # its origin is the corner of the first pixel
        y - 0.5,
        unknown,
        unknown,
        np.zeros(len(x), np.int64),
        Frame(Unit.PIXELS),
        source="fixations of pysaliency",
        is_numbered=True,
    )
    return gaze.rows(np.isfinite(x) & np.isfinite(y)).noted("Read as fixations of pysaliency.")


def stimulus_names(data: bytes) -> list[str]:
    """The names in a file of stimuli that pysaliency has saved, by their numbers.

    Raises:
        FixationsError: if it has none.
    """
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            return [str(name, "utf-8", "replace") for name in _array(file, "filenames")]
    except Exception as error:  # as above
        raise FixationsError(f"The file of stimuli has no names ({error}).") from error


def _has_scanpaths(group: Any) -> bool:
    return "train_xs" in group or "xs" in group


def _scanpaths(group: Any) -> tuple[NDArray[Any], ...]:
    """(x, y, stimulus, subject) of all fixations of scanpaths, padded with NaN or one by one."""
    old = "train_xs" in group
    xs, ys = (_array(group, f"train_{a}s" if old else f"{a}s", np.float64) for a in "xy")
    number = _array(group, "train_ns" if old else "n", np.int64)
    place = "train_subjects" if old else "scanpath_attributes/subject"
    subject = _subjects(group, place, len(number))
    if xs.ndim == 2:
        counts = np.full(len(xs), xs.shape[1])
    else:
        counts = _array(group, "length" if "length" in group else "lengths", np.int64)
        if counts.min(initial=0) < 0 or counts.sum() != len(xs):
            raise ValueError("the lengths of its scanpaths are not those of its points")
    return xs.ravel(), ys.ravel(), np.repeat(number, counts), np.repeat(subject, counts)


def _points(file: Any) -> tuple[NDArray[Any], ...]:
    """(x, y, stimulus, subject) of fixations that are in no scanpath."""
    x, y = (_array(file, axis, np.float64) for axis in "xy")
    return x, y, _array(file, "n", np.int64), _subjects(file, "subjects", len(x))


def _subjects(group: Any, place: str, count: int) -> NDArray[np.int64]:
    if place not in group:
        return np.full(count, UNKNOWN_VIEWER)
    values = _array(group, place)
    if values.dtype.kind in "OSU":
        return np.unique(values.astype(str), return_inverse=True)[1].astype(np.int64)
    return np.where(np.isfinite(values.astype(float)), values, UNKNOWN_VIEWER).astype(np.int64)


def _array(group: Any, place: str, dtype: Any = None) -> NDArray[Any]:
    """An array of the file itself, of a sane size: HDF5 can point into other files."""
    found = group[place]
    inside = all(
        isinstance(group.get("/".join(place.split("/")[: i + 1]), getlink=True), h5py.HardLink)
        for i in range(place.count("/") + 1)
    )
    if not isinstance(found, h5py.Dataset) or not inside or found.external or found.is_virtual:
        raise ValueError(f"{place} is no array in this file")
    if found.size > MAX_VALUES:
        raise ValueError(f"{place} has {found.size} values")
    values = np.asarray(found[()])
    return values if dtype is None else values.astype(dtype)
