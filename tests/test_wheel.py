"""What an installed Salmap holds: everything it needs, little enough to download, nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
LARGE = ("large.safetensors", "resnet50.safetensors")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the checkout."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for path in ROOT.glob("requirements*.txt"):
        shutil.copy(path, source)
    for name in ("salmap", "train", "assets"):
        left_out = shutil.ignore_patterns("__pycache__", *LARGE)
        shutil.copytree(ROOT / name, source / name, ignore=left_out)
    for name in LARGE:
        (source / "assets" / name).touch()
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(out)], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def sources() -> set[str]:
    """Where every source and data file of the packages belongs in a wheel."""
    files = {
        path.relative_to(ROOT).as_posix()
        for folder in ("salmap", "train")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.name != "Makefile"
    }
    return {f"salmap/{file}" if file.startswith("train/") else file for file in files}


def test_it_holds_the_packages_and_the_small_weights(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assets = {name for name in names if name.startswith("salmap/assets/")}
    assert names - assets == sources()
    assert {name for name in assets if name.endswith(".safetensors")} == {
        "salmap/assets/center-bias.safetensors",
        *(
            f"salmap/assets/{name}{kind}.safetensors"
            for name in ("lite", "tiny")
            for kind in ("", ".familiarity", ".timing")
        ),
    }
    assert wheel.stat().st_size < 20_000_000


def run(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`salmap` from the wheel, outside the checkout."""
    environment = os.environ | {"PYTHONPATH": str(installed), "SALMAP_MODELS_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "salmap", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def test_it_works_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    Image.fromarray(skimage.data.astronaut()[:60, :90]).save(tmp_path / "a.png")
    done = run(installed, tmp_path, "predict", "a.png", "--out", "out", "--save", "density")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "a_density.npy").is_file()
    done = run(installed, tmp_path, "train", "fit", "--help")
    assert done.returncode == 0, done.stderr
    assert "--recipe" in done.stdout


def test_it_says_where_the_other_weights_are(installed: Path, tmp_path: Path) -> None:
    text = run(installed, tmp_path, "models").stdout
    for name in ("large", "resnet50"):
        assert f"problem: There is no {name}.safetensors in {installed}" in text
    Image.fromarray(skimage.data.astronaut()[:60, :90]).save(tmp_path / "a.png")
    done = run(installed, tmp_path, "predict", "a.png", "--out", "out", "--model", "large")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "SALMAP_WEIGHTS_REPO" in done.stderr
