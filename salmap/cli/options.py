"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from salmap.content import Content

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
GazeOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SETTING=VALUE",
        help="How to read the table of a 'folder', if its headings don't say: x, y, image, "
        "subject, start or duration=HEADING; unit=pixels, shares, percent, norm or height; "
        "origin=top-left, bottom-left or center; y-axis=down or up; screen=1920x1080; "
        "offset=X,Y; scale=FACTOR or fit; rate=60 for samples. May be repeated.",
    ),
]
ScreenOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How many pixels of a long picture a screen shows: its height on a web page. "
        "[screens of about 4 to 3]",
        show_default=False,
    ),
]
BackgroundOption = Annotated[
    str, typer.Option(help="Color behind transparent pictures, such as black or #ff8800.")
]
ContentOption = Annotated[
    Content,
    typer.Option(
        help="What pictures show: page for web pages and designs, photo, or auto: what is unlike "
        "photographs is analyzed as a page, larger and with more caution."
    ),
]
PrivateOption = Annotated[bool, typer.Option("--private", help="Only you can see it.")]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Do it; without --yes you only see what would be done.")
]
