"""What is known about a model besides its tensors, and how to read it from a file's header.

It is one JSON string under the metadata key `salmap` of a safetensors file. Files come from
strangers, so everything in them is checked before it is used. No torch here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from salmap.errors import WeightsError
from salmap.version import __version__

METADATA_KEY = "salmap"
#: written into every file; a reader refuses files with a higher number
FORMAT = 1
MAX_HEADER_BYTES = 8 * 2**20
MAX_METADATA_BYTES = 2**20
PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class ModelInfo:
    """What is known about a model besides its tensors, all of it as JSON values.

    Attributes:
        name: what people call it.
        architecture: "network", or a key in `salmap.models.CLASSICAL`.
        config: what the model's `from_config` needs, preprocessing included.
        license: of the weights, an SPDX name where there is one.
        data: the data sets it was trained on, each with its license.
        scores: data set -> metric -> [mean] or [mean, low, high] (95 % interval), on pictures
            that were not trained on.
        source: where it comes from: a recipe, a repository, a paper.
        notes: what it can and cannot do.
        created_with: version of Salmap that wrote it.
    """

    name: str
    architecture: str
    config: dict[str, Any]
    license: str = "unknown"
    data: tuple[str, ...] = ()
    scores: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    source: str = ""
    notes: str = ""
    created_with: str = __version__


def read_info(path: Path | str) -> ModelInfo:
    """What is known about a model, from the file's header alone.

    Raises:
        WeightsError: if the file is missing, damaged, unsafe or made for another Salmap.
    """
    path = Path(path)
    with opened(path) as file:
        return info_from_json((file.metadata() or {}).get(METADATA_KEY), path.name)


@contextmanager
def opened(path: Path, framework: str = "numpy") -> Iterator[Any]:
    """A safetensors file, open for reading (`safetensors.safe_open`).

    Raises:
        WeightsError: if it is missing, damaged, or something else.
    """
    _check_start(path)
    try:
        with safe_open(path, framework=framework) as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"{path.name} is damaged ({error}): download or copy it again."
        ) from error


def _check_start(path: Path) -> None:
    """Refuse by its first bytes what can't be a safetensors file of a sane size."""
    try:
        if not path.is_file():
            raise WeightsError(f"There is no file {path}: check the path.")
        with path.open("rb") as file:
            start = file.read(8)
        size = path.stat().st_size
    except OSError as error:
        raise WeightsError(f"{path.name} can't be read: {error.strerror}.") from error
    if start.startswith(PICKLE_STARTS):
        raise WeightsError(
            f"{path.name}: this is a PyTorch pickle or a zip archive, which can run any program "
            "when opened. Salmap loads only safetensors: convert it with the tool that made it."
        )
    header_bytes = int.from_bytes(start, "little")
    if len(start) < 8 or header_bytes > size - 8:
        raise WeightsError(
            f"{path.name} is not a safetensors file, or its end is missing: "
            "download or copy it again."
        )
    if header_bytes > MAX_HEADER_BYTES:
        raise WeightsError(
            f"{path.name} has a header of {header_bytes / 2**20:.0f} MB; "
            f"Salmap reads at most {MAX_HEADER_BYTES // 2**20} MB. It is not a Salmap model."
        )


def info_to_json(info: ModelInfo, name: str) -> str:
    """The JSON text that goes into the file called `name`.

    Raises:
        WeightsError: if a value is not valid JSON or of the wrong kind.
    """
    try:
        text = json.dumps({"format": FORMAT, **asdict(info)}, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise WeightsError(
            f"{name}: what is known about the model is not valid JSON: {error}."
        ) from error
    info_from_json(text, name)
    return text


def info_from_json(text: str | None, name: str) -> ModelInfo:
    """The inverse of `info_to_json`; every field is checked.

    Raises:
        WeightsError: if the text is missing, too large or not valid JSON, or a field is of the
            wrong kind.
    """
    if text is None:
        raise WeightsError(
            f"{name} has no Salmap metadata: it is not a Salmap model. "
            "Salmap models are made by 'salmap train fit'."
        )
    if len(text) > MAX_METADATA_BYTES:
        raise WeightsError(f"{name}: its Salmap metadata is larger than 1 MB.")
    try:
        values = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{name}: its Salmap metadata is not valid JSON.") from error
    number = values.get("format") if isinstance(values, dict) else None
    if type(number) is not int or number < 1:
        raise WeightsError(f"{name}: its Salmap metadata does not say which format it has.")
    if number > FORMAT:
        raise WeightsError(
            f"{name} is of format {number}; this Salmap ({__version__}) reads up to {FORMAT}. "
            "Upgrade Salmap."
        )
    return _checked_info(values, name)


def _checked_info(values: dict[str, Any], name: str) -> ModelInfo:
    if "license" not in values and "licence" in values:  # as the first files spell it
        values = values | {"license": values["licence"]}
    for item in fields(ModelInfo):
        kind_is_right = _KINDS.get(item.name, _is_text)
        required = item.name in ("name", "architecture", "config")
        if item.name in values and not kind_is_right(values[item.name]):
            raise WeightsError(f"{name}: '{item.name}' in its Salmap metadata has the wrong type.")
        if required and item.name not in values:
            raise WeightsError(f"{name}: '{item.name}' in its Salmap metadata is missing.")
    known = {item.name: values[item.name] for item in fields(ModelInfo) if item.name in values}
    return ModelInfo(**{**known, "data": tuple(known.get("data", ()))})


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e12 and math.isfinite(value)


def _are_scores(value: Any) -> bool:
    """Whether it is data set -> metric -> list of numbers."""
    return isinstance(value, dict) and all(
        isinstance(metrics, dict)
        and all(isinstance(row, list) and all(map(_is_number, row)) for row in metrics.values())
        for metrics in value.values()
    )


_KINDS = {"config": _is_object, "data": _is_list_of_text, "scores": _are_scores}
