"""Setting up what training needs, with a package made here instead of PyTorch; no network."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from salmap.errors import JobError
from salmap.jobs import gpus, setup
from salmap.jobs.runs import Job, State
from tests.jobs.test_runs import wait_for

PRINTED = """Collecting torch (from -r requirements-train.txt (line 2))
  Downloading torch-2.14.1-cp311-cp311-manylinux_2_28_x86_64.whl.metadata (30 kB)
Collecting timm (from -r requirements-train.txt (line 4))
  Using cached timm-1.0.20-py3-none-any.whl.metadata (61 kB)
Using cached timm-1.0.20-py3-none-any.whl (2.5 MB)
Downloading torch-2.14.1-cp311-cp311-manylinux_2_28_x86_64.whl (800.0 MB)
"""


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path) -> Path:
    """A checkout whose training needs one package that is not there, and pip that finds it."""
    (tmp_path / "requirements-train.txt").write_text("# why\nmade-here>=1,<2  # why\n")
    (tmp_path / "constraints.txt").write_text("made-here==1.0\n")
    target = tmp_path / "environment"
    monkeypatch.setattr(setup, "HOME", tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(target)])
    monkeypatch.setenv("SALMAP_TRAINING_DIR", str(tmp_path / "training"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_TARGET", str(target))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return tmp_path


def add_wheel(folder: Path, version: str = "1.0") -> None:
    about = f"made_here-{version}.dist-info"
    with zipfile.ZipFile(folder / f"made_here-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("made_here.py", "")
        wheel.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: made-here\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")


def ended(job: Job) -> State:
    wait_for(lambda: not setup.all_setups().state(job).is_running)
    return setup.all_setups().state(job)


def pip_says(home: Path, text: str) -> Job:
    folder = home / "training" / "setup" / "job"
    folder.mkdir(parents=True)
    (folder / "output.log").write_text(text)
    return Job(folder, "setup", "packages", 0.0, ())


def test_what_is_missing_is_installed_in_the_pinned_version_and_is_missing_no_more(home):
    add_wheel(home)
    add_wheel(home, "1.5")
    assert setup.lacking() == ["made-here"]
    ended(setup.start())
    assert setup.lacking() == []
    assert (home / "environment" / "made_here-1.0.dist-info").is_dir()


def test_what_can_not_be_found_is_said(home):
    job = setup.start()
    assert ended(job) is State.FAILED
    assert "made-here" in setup.why_failed(job)
    assert setup.last() == job
    assert setup.lacking() == ["made-here"]


def test_a_second_one_waits_and_a_cancelled_one_leaves_nothing(home, monkeypatch):
    monkeypatch.setattr(setup, "_command", lambda folder: ["sleep", "600"])
    job = setup.start()
    with pytest.raises(JobError, match="Another run"):
        setup.start()
    setup.cancel(job)
    assert ended(job) is State.STOPPED
    assert setup.last() is None
    assert not job.folder.exists()


def test_progress_is_read_from_what_pip_prints_and_from_the_file_that_grows(home):
    job = pip_says(home, PRINTED)
    found = setup.progress(job)
    assert (found.package, found.fetched_bytes, found.size_bytes) == ("torch", 0, 800_000_000)
    part = job.folder / "pip-unpack-x" / "torch-2.14.1-cp311-cp311-manylinux_2_28_x86_64.whl"
    part.parent.mkdir()
    with part.open("wb") as file:
        file.truncate(400_000_000)
    later = setup.progress(job)
    assert later.fetched_bytes == 400_000_000
    assert found.share < later.share < 0.9


def test_progress_knows_the_beginning_and_the_last_part(home):
    job = pip_says(home, "")
    assert setup.progress(job) == setup.Progress()
    (job.folder / "output.log").write_text(PRINTED + "Installing collected packages: torch\n")
    assert setup.progress(job).installing


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ("WARNING: Retrying (Retry(total=4\nERROR: Could not find a version\n", "online"),
        ("ERROR: Ignored the following\nERROR: No space left\nERROR: x\n", "No space left"),
        ("Collecting torch\n", "ended from outside"),
    ],
)
def test_why_pip_failed_is_said_in_a_sentence(home, printed, why):
    assert why in setup.why_failed(pip_says(home, printed))


def test_an_environment_that_can_not_be_written_is_said(monkeypatch):
    monkeypatch.setattr(setup.os, "access", lambda path, mode: False)
    assert "may not write" in setup.why_impossible()


@pytest.fixture
def driver(monkeypatch, tmp_path):
    """Puts an nvidia-smi on the path."""

    def put(script: str) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    gpus.gpus.cache_clear()
    yield put
    gpus.gpus.cache_clear()


def test_gpus_are_told_with_their_memory(driver):
    driver("echo 'NVIDIA H100 80GB HBM3, 81559'; echo 'NVIDIA L4, 23034'")
    assert gpus.gpus() == ("NVIDIA H100 80GB HBM3, 86 GB", "NVIDIA L4, 24 GB")


def test_a_driver_without_a_gpu_finds_none(driver):
    driver("echo 'No devices were found'; exit 6")
    assert gpus.gpus() == ()


@pytest.mark.parametrize(
    ("lines", "able"),
    [
        ("cuda: Optional[str] = '13.0'\nhip: Optional[str] = None", True),
        ("cuda: Optional[str] = None\nhip: Optional[str] = '6.4'", True),
        ("cuda: Optional[str] = None\nhip: Optional[str] = None", False),
    ],
)
def test_whether_pytorch_was_made_for_gpus_is_read_from_its_file(
    lines, able, monkeypatch, tmp_path
):
    (tmp_path / "version.py").write_text(f"__version__ = '2'\n{lines}\n")
    spec = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})
    monkeypatch.setattr(gpus, "find_spec", lambda name: spec)
    assert gpus.torch_uses_gpus() == able


def test_an_installed_package_tells_itself_what_training_needs(monkeypatch, tmp_path):
    said = ["numpy>=2", 'torch<3,>=2.9; extra == "train"', 'ray>=2; extra == "ray"']
    monkeypatch.setattr(setup, "HOME", tmp_path / "nowhere")
    monkeypatch.setattr(setup.metadata, "requires", lambda name: said)
    assert setup._wanted() == ["torch<3,>=2.9"]
