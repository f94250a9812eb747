"""`salmap export`: a network as one file for other programs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from salmap.errors import ModelError


def export(
    model: Annotated[
        str, typer.Argument(help="A name from 'salmap models', a file, or hf://owner/repo.")
    ],
    onnx: Annotated[Path, typer.Option(help="The file to write, such as lite.onnx.")],
) -> None:
    """Write a network as one ONNX file that needs no Salmap to run.

    Input `pixels`: float32 (1, 3, height, width), RGB in [0, 1], both sides multiples of 4, the
    long side about as many pixels as `size` in the file's metadata says. Output `log_density`:
    float32 (1, height / 4, width / 4), the natural log of a density that sums to 1. Output
    `features`: the means of the encoder's feature maps.

    What the file computes is compared with PyTorch before it is written.
    """
    if any(importlib.util.find_spec(name) is None for name in ("torch", "timm", "onnx")):
        raise ModelError(
            "Exporting compares the file with PyTorch, which is not installed. "
            "Install it: pip install 'salmap[train]'."
        )
    from salmap.backends.exporting import export_file  # noqa: PLC0415  (slow: torch)
    from salmap.weights.resolve import resolve  # noqa: PLC0415

    found = resolve(model)
    if found is None:
        raise ModelError(f"'{model}' is not a network: there is nothing to export.")
    difference = export_file(found.path, onnx)
    size = onnx.stat().st_size / 1e6
    typer.echo(f"{onnx}: {size:.1f} MB, within {difference:.0e} of PyTorch in log density")
