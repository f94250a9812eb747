"""What the JSON of every result begins with."""

from __future__ import annotations

from typing import Any

from salmap.files import name_as_text
from salmap.prediction import Prediction


def header(name: str, prediction: Prediction) -> dict[str, Any]:
    """The picture, the model and, where there is something to be said, what limits the numbers."""
    height, width = prediction.size
    record: dict[str, Any] = {
        "picture": name_as_text(name),
        "model": prediction.model,
        "width": width,
        "height": height,
    }
    if prediction.content != "photo":
        record["content"] = prediction.content
    if prediction.screens:
        folds = list(prediction.screens.folds)
        record["screens"] = {"length": prediction.screens.length_px, "folds": folds}
    if prediction.unfamiliarity is not None:
        record["unfamiliarity"] = round(prediction.unfamiliarity, 3)
        record["unfamiliar"] = prediction.is_unfamiliar
    if prediction.notes:
        record["notes"] = list(prediction.notes)
    return record
