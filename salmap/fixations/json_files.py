"""JSON: scanpaths as COCO-Search18 has them, trials of jsPsych with WebGazer, or plain records."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from salmap.errors import FixationsError
from salmap.fixations.columns import gaze_of_table, plain
from salmap.fixations.frame import FIT, Frame, Reading, Unit
from salmap.fixations.gaze import Gaze, gaze_of_rows
from salmap.fixations.text_table import TextTable
from salmap.fixations.trackers import PLAIN

WEBGAZER = "webgazer_data"
_TARGETS = "webgazer_targets"
#: COCO-Search18 showed each picture as large as this screen allows, and counts on the screen
_COCO_SCREEN = (1680.0, 1050.0)
_Row = tuple[str, str, float, float, float, float]


def read_json(name: str, text: str, reading: Reading) -> Gaze:
    """The gaze in a JSON file.

    Raises:
        FixationsError: if it has another form, or nothing of use.
    """
    try:
        content = json.loads(text)
        records = _records(content)
        if any(WEBGAZER in record for record in records):
            return gaze_of_trials(name, records)
        if records and all(_lists(record) for record in records):
            return _gaze_of_scanpaths(records)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FixationsError(
            f"{name} can't be read ({type(error).__name__}: {error}). It may be a list of "
            "scanpaths with name, subject, X, Y and T, trials of jsPsych, or records with x and y."
        ) from error
    return gaze_of_table(_as_table(name, records), reading)


def gaze_of_trials(name: str, trials: Iterable[Mapping[str, Any]]) -> Gaze:
    """Samples of WebGazer in trials of jsPsych, as shares of the picture where its place is known.

    Args:
        name: of the file.
        trials: one for each row; lists may be JSON text, as jsPsych's CSV has them.

    Raises:
        FixationsError: if there are no samples, they have another form, or only some trials say
            where the picture was.
    """
    rows: list[_Row] = []
    placed = set()
    try:
        for trial in trials:
            found, has_place = _samples(trial)
            rows += found
            placed |= {has_place} if found else set()
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        raise FixationsError(
            f"{name}: the samples in {WEBGAZER} can't be read ({type(error).__name__}: {error})."
        ) from error
    if not rows:
        raise FixationsError(f"{name} has no samples in {WEBGAZER}.")
    if len(placed) > 1:
        raise FixationsError(
            f"{name}: only some trials say in {_TARGETS} where the picture was. Keep those."
        )
    frame = Frame(Unit.SHARES) if True in placed else Frame(Unit.PIXELS)
    gaze = gaze_of_rows(rows, frame, "samples of WebGazer", is_samples=True)
    return gaze.noted("Read as trials of jsPsych with samples of WebGazer.")


def _samples(trial: Mapping[str, Any]) -> tuple[list[_Row], bool]:
    """The samples of a trial, and whether it says where the picture was."""
    targets = _parsed(trial.get(_TARGETS))
    boxes = list(targets.values()) if isinstance(targets, dict) else []
    box = next((box for box in boxes if box.get("width") and box.get("height")), None)
    image, viewer = _named(trial, PLAIN.image), _named(trial, PLAIN.subject)
    rows = [
        (image, viewer, *_in_box(sample, box), float(sample["t"]) / 1000, math.nan)
        for sample in _parsed(trial.get(WEBGAZER))
    ]
    return rows, box is not None


def _records(content: Any) -> list[dict[str, Any]]:
    """The list of records in a file, whatever it is packed in."""
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        content = max(lists, key=len, default=[content])
    flat = [r for item in content for r in (item if isinstance(item, list) else [item])]
    if not all(isinstance(record, dict) for record in flat):
        raise TypeError("it is not a list of records")
    return flat


def _lists(record: Mapping[str, Any]) -> bool:
    values = {key.lower(): value for key, value in record.items()}
    return isinstance(values.get("x"), list) and isinstance(values.get("y"), list)


def _gaze_of_scanpaths(records: Sequence[Mapping[str, Any]]) -> Gaze:
    """One record for each viewer on a picture, with lists of x, y and durations in ms."""
    rows: list[_Row] = []
    for record in records:
        values = {key.lower(): value for key, value in record.items()}
        image, viewer = _named(record, ("name", *PLAIN.image)), _named(record, PLAIN.subject)
        xs, ys = values["x"], values["y"]
        lasted = values.get("t") or values.get("durations") or [math.nan] * len(xs)
        if not len(xs) == len(ys) == len(lasted):
            raise ValueError(f"{image}: X, Y and T differ in length")
        begun = np.concatenate([[0.0], np.cumsum(np.array(lasted, float))[:-1]]) / 1000
        rows += [
            (image, viewer, float(x), float(y), start, float(duration) / 1000)
            for x, y, start, duration in zip(xs, ys, begun, lasted, strict=True)
        ]
    is_coco = all({"task", "condition"} <= set(record) for record in records)
    title = "COCO-Search18 scanpaths" if is_coco else "scanpaths"
    frame = Frame(Unit.PIXELS, screen=_COCO_SCREEN, scale=FIT) if is_coco else Frame()
    return gaze_of_rows(rows, frame, title).noted(f"Read as {title}.")


def _as_table(name: str, records: Sequence[Mapping[str, Any]]) -> TextTable:
    """Plain records as a table of text."""
    headings = list(dict.fromkeys(key for record in records for key in record))
    columns = {
        heading: pd.Series([_text(record.get(heading)) for record in records], dtype=object)
        for heading in headings
    }
    return TextTable(name, columns, np.arange(1, len(records) + 1, dtype=np.int64))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _parsed(value: Any) -> Any:
    """A value that jsPsych's CSV holds as JSON text."""
    return json.loads(value) if isinstance(value, str) and value.strip() else value or {}


def _named(record: Mapping[str, Any], names: Iterable[str]) -> str:
    """The first of some fields that a record has, as text; "" if it has none."""
    known = {plain(key): value for key, value in record.items()}
    found = next((known[name] for name in names if known.get(name) not in (None, "")), "")
    found = found[0] if isinstance(found, list) and found else found
    return str(found).strip().replace("\\", "/")


def _in_box(sample: Mapping[str, Any], box: Mapping[str, Any] | None) -> tuple[float, float]:
    """A position in the window as shares of the picture's box there; or as it is."""
    x, y = (math.nan if sample[axis] is None else float(sample[axis]) for axis in "xy")
    if box is None:
        return x, y
    left, top = box.get("left", box.get("x", 0)), box.get("top", box.get("y", 0))
    return (x - left) / box["width"], (y - top) / box["height"]
