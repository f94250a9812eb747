"""What the tests of finding weights share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from salmap.errors import WeightsError
from salmap.models import CenterBias
from salmap.weights import resolve as resolving
from salmap.weights.file import write_tensors
from salmap.weights.info import ModelInfo
from salmap.weights.registry import REGISTRY, ModelEntry, Source


def write_model(path: Path, name: str = "tiny") -> Path:
    model = CenterBias()
    write_tensors(path, model.tensors(), ModelInfo(name, model.architecture, model.config(), "MIT"))
    return path


def resolve(reference: str, **options: Any) -> Path | None:
    """The path alone of what is found."""
    found = resolving.resolve(reference, **options)
    return found and found.path


def fallback_reason(name: str) -> str:
    found = resolving.resolve(name)
    assert found is not None
    return found.fallback_reason


def refused(reference: str, *parts: str) -> None:
    with pytest.raises(WeightsError) as caught:
        resolve(reference)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def register(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> ModelEntry:
    entry = replace(ModelEntry("test-net", "A test.", Source.BUNDLED), **fields)
    monkeypatch.setitem(REGISTRY, entry.name, entry)
    return entry
