"""What the tests of commands share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import skimage.data
from PIL import Image
from typer.testing import CliRunner, Result

from salmap.cli import main as cli
from salmap.models import CenterBias
from salmap.outputs.names import STANDARD_OUTPUTS
from salmap.outputs.record import RECORD
from salmap.weights.file import write_tensors
from salmap.weights.info import ModelInfo

RUNNER = CliRunner()
ENDINGS = sorted(output.ending for output in STANDARD_OUTPUTS)


def picture(path: Path, height: int = 60, width: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(skimage.data.astronaut()[:height, :width]).save(path)
    return path


def predict(*arguments: str | Path, out: Path, model: str = "spectral-residual") -> Result:
    words = [str(argument) for argument in arguments]
    return RUNNER.invoke(cli.app, ["predict", *words, "--out", str(out), "--model", model])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != RECORD)


def write_model(path: Path, data: str = "OSIE (MIT)") -> Path:
    model = CenterBias()
    info = ModelInfo(
        name="inside",
        architecture=model.architecture,
        config={},
        license="MIT",
        data=(data,),
        scores={"osie": {"nss": [2.5, 2.25, 2.75], "cc": [0.5]}},
    )
    write_tensors(path, model.tensors(), info)
    return path


def start(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "salmap", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
