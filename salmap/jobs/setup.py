"""Setting up what training needs: pip, as a job, in the environment that runs the app.

What pip prints is all that is known of its progress. It unpacks into the job's folder, so that
nothing is left behind elsewhere when it is ended.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from salmap.jobs import plans
from salmap.jobs.runs import HOME, Job, Jobs, State

_REQUIREMENTS, _PINS = "requirements-train.txt", "constraints.txt"
_DISTRIBUTION, _EXTRA = "salmap", "train"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_FETCHED = re.compile(
    r"(?:Downloading|Using cached) \S*?([^/\s]+\.(?:whl|tar\.gz|zip)) \(([\d.]+) ([kMG]?)B\)"
)
_SCALE = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}
#: the share of the whole that fetching is taken for
_FETCHING = 0.9
_SETUP = "setup"


@dataclass(frozen=True)
class Progress:
    """How far pip is.

    Attributes:
        share: of the whole, in [0, 1]; a rough guess.
        package: file that is being fetched; "" before the first and after the last.
        fetched_bytes, size_bytes: of that file.
        installing: whether all is fetched.
    """

    share: float = 0.0
    package: str = ""
    fetched_bytes: int = 0
    size_bytes: int = 0
    installing: bool = False


def lacking() -> list[str]:
    """Names of the packages that training needs and this environment lacks."""
    importlib.invalidate_caches()  # pip may have brought them since
    return [name for name in _names(_lines()) if not _is_installed(name)]


def why_impossible() -> str:
    """Why packages can't be set up from here, in words; empty if they can."""
    if find_spec("pip") is None:
        return f"There is no pip in this app's environment, {sys.prefix}."
    packages = sysconfig.get_path("purelib")
    if not os.access(packages, os.W_OK):
        return f"The app may not write to its environment, {packages}."
    return ""


def all_setups() -> Jobs:
    """pip's runs of this server."""
    return Jobs(plans.folder() / _SETUP, ("/usr/bin/env",))


def last() -> Job | None:
    """The last one, running or ended; a cancelled one is forgotten, with what it has fetched."""
    everything = all_setups()
    found = next(iter(everything.all()), None)
    if found is None or everything.state(found) is not State.STOPPED:
        return found
    everything.delete(found)
    return None


def start() -> Job:
    """Start pip.

    Raises:
        JobError: if it is running already, or can't be started.
    """
    everything = all_setups()
    for job in everything.all():
        if not everything.state(job).is_running:
            everything.delete(job)
    return everything.start(_SETUP, "packages", _command)


def cancel(job: Job) -> None:
    """End pip now; its cache keeps what it has fetched completely."""
    all_setups().end_now(job)


def progress(job: Job) -> Progress:
    """How far pip is, by what it has printed and what lies in its folder."""
    text = all_setups().whole_output(job)
    wanted = {_canonical(name) for name in re.findall(r"^Collecting ([\w.-]+)", text, re.M)}
    fetched = [match.groups() for match in _FETCHED.finditer(text)]
    if "\nInstalling collected packages" in text:
        return Progress(_FETCHING, installing=True)
    if not fetched or not wanted:
        return Progress()
    name, number, scale = fetched[-1]
    size = int(float(number) * _SCALE[scale])
    here = min(size, sum(_sizes(job.folder.rglob(name))))
    ready = len(fetched) - 1 + here / max(1, size)
    share = _FETCHING * min(1.0, ready / len(wanted))
    return Progress(share, name.partition("-")[0], here, size)


def why_failed(job: Job) -> str:
    """In one sentence, why pip failed."""
    lines = all_setups().whole_output(job).splitlines()
    if any(line.startswith("WARNING: Retrying") for line in lines):
        return "The packages' index can't be reached. Is this computer online?"
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    told = [error for error in errors if not error.startswith("Ignored")]
    if told:
        return told[0]
    return "pip was ended from outside, or it put the packages into another environment."


def _command(folder: Path) -> list[str]:
    pip = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    return [f"TMPDIR={folder}", "PYTHONUNBUFFERED=1", *pip, "--progress-bar", "off", *_wanted()]


def _wanted() -> list[str]:
    """What pip is asked for: the checkout's own list, or what the package says of itself."""
    if not (HOME / _REQUIREMENTS).is_file():
        return _lines()
    pins = ["--constraint", str(HOME / _PINS)] if (HOME / _PINS).is_file() else []
    return ["--requirement", str(HOME / _REQUIREMENTS), *pins]


def _lines() -> list[str]:
    """Requirements of training, one each."""
    file = HOME / _REQUIREMENTS
    if file.is_file():
        lines = (line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines())
        return [line for line in lines if line]
    parts = (line.partition(";") for line in metadata.requires(_DISTRIBUTION) or ())
    return [requirement.strip() for requirement, _, when in parts if f'"{_EXTRA}"' in when]


def _names(lines: Iterable[str]) -> list[str]:
    return [match[0] for line in lines if (match := _NAME.match(line))]


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _sizes(paths: Iterable[Path]) -> Iterable[int]:
    for path in paths:
        try:
            yield path.stat().st_size
        except FileNotFoundError:  # pip moves files while this goes on
            continue
