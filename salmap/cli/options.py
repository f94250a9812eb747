"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

ModelOption = Annotated[
    str, typer.Option(help="A name from 'salmap models', a .safetensors file, or hf://owner/repo.")
]
DeviceOption = Annotated[
    str, typer.Option(help="cpu, cuda, mps, or auto: an NVIDIA GPU if there is one.")
]
BackendOption = Annotated[
    str,
    typer.Option(help="What runs a network: onnx, torch, or auto: onnx on CPUs, torch on GPUs."),
]
PrivateOption = Annotated[bool, typer.Option("--private", help="Only you can see it.")]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Do it; without --yes you only see what would be done.")
]
