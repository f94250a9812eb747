"""What can be trained from the app, and the commands that do it. No torch here, no training.

Environment:
    SALMAP_TRAINING: 1 lets everybody who can open the app start runs, which read folders of the
        server and keep it busy; 0 lets nobody. Unset, only somebody at the server's own computer
        may, and on a Hugging Face Space nobody.
    SALMAP_TRAINING_DIR: where uploaded data and runs are kept.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from salmap import weights
from salmap.errors import JobError, SalmapError
from salmap.jobs import runs as jobs
from salmap.jobs.dataset_check import DataSource
from salmap.networks import PRESETS
from salmap.weights.info import read_info
from salmap.weights.registry import DEFAULT_MODEL
from salmap.weights.resolve import SUFFIX

_YES, _NO = ("1", "on", "true", "yes"), ("0", "off", "false", "no")


#: networks that can be trained here; one of several encoders starts from more than one model file
NETWORKS = {name: preset for name, preset in PRESETS.items() if len(preset.encoders) == 1}
#: the recipe of all runs that are started here, one of Salmap's own
RECIPE = "app"


@dataclass(frozen=True)
class FitPlan:
    """A training run as people choose it.

    Attributes:
        name: of the model to be made.
        network: a key of `NETWORKS`.
        source: the data.
        frozen_epochs: epochs on features of the frozen encoder.
        finetune_epochs: epochs of the whole network after that; 0 for quick training.
        learning_rate: of decoder and readout on frozen features; the rest follows in proportion.
        size: long side in pixels at which pictures are shown to the network.
        encoder: a Salmap model whose encoder the network starts with; None for one from the Hub.
    """

    name: str
    network: str
    source: DataSource
    frozen_epochs: int
    finetune_epochs: int
    learning_rate: float
    size: int
    encoder: Path | None


def is_allowed(at_the_server: bool, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a visitor may start runs; see the module's text.

    Args:
        at_the_server: whether the visitor's browser runs on the server's own computer.
        environment: where `SALMAP_TRAINING` is looked up.
    """
    wish = environment.get("SALMAP_TRAINING", "").strip().lower()
    if wish in _YES or wish in _NO:
        return wish in _YES
    return at_the_server and "SPACE_ID" not in environment


def why_impossible() -> str:
    """Why nothing can be trained from here, in words; empty if it can."""
    if not jobs.SUPPORTED:
        return "Runs can't be started from the app on Windows. Use salmap train fit."
    return ""


def folder() -> Path:
    """Where uploaded data and runs are; it need not exist."""
    named = os.environ.get("SALMAP_TRAINING_DIR")
    return Path(named).expanduser() if named else weights.models_folder().parent / "training"


def uploads_folder(owner: str) -> Path:
    """Where the data sets that somebody uploaded are unpacked; see `salmap.jobs.runs.Job`."""
    return folder() / "data" / (owner or "administrator")


def all_jobs() -> jobs.Jobs:
    """The runs of this server."""
    return jobs.Jobs(folder() / "runs")


def model_path(name: str) -> Path:
    """Where the finished model of that name goes, so that it can be chosen everywhere."""
    return weights.models_folder() / f"{name}{SUFFIX}"


def require_free_name(name: str) -> None:
    """Refuse what can't be a new model's name.

    Raises:
        JobError: saying why.
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name) is None:
        raise JobError(
            "Name the model with letters, digits, - and _, at most 40, the first a letter or digit."
        )
    if name in {entry.name for entry in weights.all_models()}:
        raise JobError(f"There is a model named {name} already. Choose another name.")


def free_name(wish: str) -> str:
    """The wish as a new model's name, numbered if it is taken."""
    taken = {entry.name for entry in weights.all_models()}
    names = itertools.chain([wish], (f"{wish}-{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken)


def trained_models() -> dict[str, Path]:
    """Files of networks on this computer that can be adapted or lend their encoder, by name."""
    found: dict[str, Path] = {}
    for entry in weights.all_models():
        path = weights.local_file(entry)
        if path is not None and _encoders(path):
            found[entry.name] = path
    return found


def starting_points(network: str) -> dict[str, Path]:
    """Those of `trained_models` that have this network's encoder; bundled ones first."""
    wanted = [_encoder(network)]
    found = {n: path for n, path in trained_models().items() if _encoders(path) == wanted}
    return dict(sorted(found.items(), key=lambda item: item[0] not in NETWORKS))


def _encoder(network: str) -> str:
    """timm's name of a network's encoder."""
    return NETWORKS[network].encoders[0].config.name


def _encoders(path: Path) -> list[str]:
    """Names of the encoders in a model file; none if it is something else."""
    try:
        config = read_info(path).config
    except SalmapError:
        return []
    encoders = config.get("encoders", [])
    return [str(e.get("name")) for e in encoders if isinstance(e, dict)]


def require_pretrained(network: str) -> None:
    """Refuse a network whose pretrained encoder the Hub can't give now.

    Raises:
        JobError: saying why, and what to do.
    """
    from salmap.weights import hub  # noqa: PLC0415  (keeps its client out of every start)

    wanted = hub.HubFile(NETWORKS[network].encoders[0].repository)
    reason = hub.why_unavailable(wanted)
    if reason:
        raise JobError(
            f"The pretrained encoder of {network} comes from the Hub, which can't give it now: "
            f"{reason} A network whose encoder is in a model at hand, such as lite, needs no Hub."
        )


def recipe_settings(plan: FitPlan) -> dict[str, str | int | float]:
    """What a plan changes of the recipe `RECIPE`; the rates keep their proportions."""
    return {
        "name": plan.name,
        "preset": plan.network,
        "size": plan.size,
        "frozen.epochs": plan.frozen_epochs,
        "frozen.lr": plan.learning_rate,
        "finetune.epochs": plan.finetune_epochs,
        "finetune.encoder_lr": plan.learning_rate / 5,
        "finetune.decoder_lr": plan.learning_rate / 2,
    }


def start_fit(plan: FitPlan, settings: dict[str, Any], owner: str = "") -> jobs.Job:
    """Start a training run.

    Args:
        plan: what to train.
        settings: what people chose, to be shown with the run.
        owner: who starts it.

    Raises:
        JobError: if the name is taken or another run is going.
    """
    require_free_name(plan.name)

    def prepare(run: Path) -> list[str]:
        arguments = ["fit", "--recipe", RECIPE, "--data", plan.source.option, *plan.source.gaze]
        for name, value in recipe_settings(plan).items():
            arguments += ["--set", f"{name}={json.dumps(value)}"]
        arguments += ["--out", str(run), "--copy", str(model_path(plan.name).resolve())]
        if plan.encoder is not None:
            arguments += ["--encoder", f"{_encoder(plan.network)}={plan.encoder.resolve()}"]
        return arguments

    base = _name_of(plan.encoder) or DEFAULT_MODEL
    return all_jobs().start(jobs.FIT, plan.name, prepare, settings, owner, base)


def _name_of(path: Path | None) -> str:
    """The name of the model whose file this is; "" if there is none."""
    return next((name for name, file in trained_models().items() if file == path), "")


def start_adapt(
    name: str,
    model: str,
    path: Path,
    source: DataSource,
    settings: dict[str, Any],
    owner: str = "",
) -> jobs.Job:
    """Start adapting a model to the viewers of a data set.

    Args:
        name: of the model to be made.
        model, path: name and file of the one that is adapted.
        source: the data.
        settings: what people chose, to be shown with the run.
        owner: who starts it.

    Raises:
        JobError: if the name is taken or another run is going.
    """
    require_free_name(name)
    target = model_path(name).resolve()

    def prepare(run: Path) -> list[str]:
        target.parent.mkdir(parents=True, exist_ok=True)
        arguments = ["adapt", "--model", str(path.resolve()), "--data", source.option, *source.gaze]
        return [*arguments, "--out", str(target), "--log", str(run)]

    return all_jobs().start(jobs.ADAPT, name, prepare, {"model": model} | settings, owner, model)


def adapting_s_per_picture() -> float | None:
    """How long the last adaptation on this machine took for each picture; None if none ended."""
    for job in all_jobs().all():
        events = all_jobs().events_since_launch(job) if job.kind == jobs.ADAPT else []
        pictures = job.settings.get("pictures")
        if pictures and len(events) > 1 and events[-1]["event"] == "end":
            return float((events[-1]["time"] - events[0]["time"]) / pictures)
    return None
