"""From a model's name to a checked weight file, and what is known about a model. No torch here."""

from salmap.weights.resolve import (
    SUFFIX,
    ResolvedWeights,
    all_models,
    assets_folder,
    list_models,
    local_file,
    models_folder,
    origin,
    why_missing,
)

__all__ = [
    "SUFFIX",
    "ResolvedWeights",
    "all_models",
    "assets_folder",
    "list_models",
    "local_file",
    "models_folder",
    "origin",
    "why_missing",
]
