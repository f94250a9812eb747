"""The choices for a new run, and its start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from salmap.errors import SalmapError
from salmap.jobs import plans as training
from salmap.jobs import runs as jobs
from salmap.jobs.contract import MIN_ADAPT_PICTURES
from salmap.jobs.dataset_check import DatasetReport, DataSource
from salmap.jobs.plans import NETWORKS, FitPlan
from salmap.ui import access, cache, state
from salmap.ui.components.controls import visible_models
from salmap.ui.job_words import duration
from salmap.weights.registry import DEFAULT_MODEL

_QUICK, _FULL = "Quick", "Full"
_FROM_HUB = "ImageNet weights from the Hub"
_RATES = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)
_FEW_HELD_OUT = 10
_BUSY = "Another run is going on this server: one at a time."


def fit_form(source: DataSource, report: DatasetReport, owner: str) -> None:
    """Train a network on a data set."""
    left, right = st.columns(2, gap="medium")
    with left:
        network = st.radio(
            "Network", list(NETWORKS), captions=[n.description for n in NETWORKS.values()],
            key="fit_network", persist_state="session",
        )  # fmt: skip
        encoder = _starting_point(network)
        name = _name_input("fit_name", f"my-{network}")
    with right:
        way = st.radio(
            "Training", (_QUICK, _FULL), key="fit_way", persist_state="session",
            captions=(
                "Only the top layers are trained. Minutes.",
                "Then all layers are trained. Better, but hours without a GPU.",
            ),
        )  # fmt: skip
        plan = FitPlan(
            name, network, source,
            frozen_epochs=_epochs("Epochs on frozen features", "fit_frozen", 8),
            finetune_epochs=(
                _epochs("Epochs of the whole network", "fit_finetune", 7) if way == _FULL else 0
            ),
            learning_rate=_learning_rate(),
            size=_size(network),
            encoder=encoder,
        )  # fmt: skip
    problem = _lacking(report)
    if problem:
        st.warning(problem)
    elif (held_out := report.splits["val"]) < _FEW_HELD_OUT:
        pictures = "one held-out picture" if held_out == 1 else f"{held_out} held-out pictures"
        st.caption(f"Scores will be rough: they are measured on {pictures}.")
    if _start_button("Start training", "fit_start", bool(problem)):
        _start(lambda: _start_fit(plan, way, owner))


def adapt_form(source: DataSource, report: DatasetReport, owner: str) -> None:
    """Adapt a trained model to the viewers of a data set."""
    models = {n: p for n, p in training.trained_models().items() if n in _visible()}
    if not models:
        st.info("There is no trained network here that can be fitted. Train one first.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        names = sorted(models, key=lambda name: (name != DEFAULT_MODEL, name))
        model = st.selectbox("Model", names, key="adapt_model", persist_state="session")
    with right:
        name = _name_input("adapt_name", f"{model}-for-my-viewers")
    st.caption(
        "Fits how sharp, how certain and how drawn to the middle the predictions are: some 50 "
        "pictures are enough. The gain is measured on pictures left out of the fit, and the new "
        "model is kept only if there is one. " + _time_announced(model, report.pictures)
    )
    few = report.pictures < MIN_ADAPT_PICTURES
    if few:
        st.warning(
            f"There are {report.pictures} pictures with fixations: at least "
            f"{MIN_ADAPT_PICTURES} are needed, 50 are good."
        )
    if _start_button("Fit to my viewers", "adapt_start", few):
        settings = {"data": source.path.name, "pictures": report.pictures}
        _start(lambda: training.start_adapt(name, model, models[model], source, settings, owner))


def _visible() -> set[str]:
    return {entry.name for entry in visible_models()}


def _time_announced(model: str, pictures: int) -> str:
    """How long fitting takes on this machine, as measured on it; a sentence."""
    earlier = training.adapting_s_per_picture()
    if earlier is not None:
        return (
            f"On this machine it takes about {duration(earlier * pictures)}, as the last one did."
        )
    picture = state.example_pictures()[0]
    one_s = cache.grid_prediction(picture, cache.model_version(model)).time_s
    return (
        f"Analyzing your pictures takes about {duration(one_s * pictures)} on this machine; "
        "fitting comes on top, and you see how much is left."
    )


def _starting_point(network: str) -> Path | None:
    """Where the encoder's weights come from: a model at hand, or None for the Hub."""
    points = training.starting_points(network)
    models = {name: path for name, path in points.items() if name in _visible()}
    labels = {_model_label(name): path for name, path in models.items()}
    chosen = st.selectbox(
        "Start from", [*labels, _FROM_HUB], key=f"fit_start_{network}", persist_state="session"
    )
    if chosen == _FROM_HUB:
        st.caption("Fetched from the Hugging Face Hub when training starts.")
        return None
    st.caption("Its encoder, trained on gaze already, is the start. Works offline.")
    return labels[chosen]


def _model_label(name: str) -> str:
    return f"the encoder of {name}"


def _name_input(key: str, default: str) -> str:
    name = st.text_input(
        "Name of the new model",
        training.free_name(default),
        key=key,
        max_chars=40,
        persist_state="session",
    )
    return name.strip()


def _epochs(label: str, key: str, default: int) -> int:
    return int(st.number_input(label, 1, 200, default, key=key, persist_state="session"))


def _learning_rate() -> float:
    rate = st.select_slider(
        "Learning rate", _RATES, 1e-3, format_func="{:g}".format, key="fit_rate",
        persist_state="session",
        help="For decoder and readout on frozen features; of the whole network, the decoder gets "
        "half of it and the encoder a fifth. Leave it unless the loss jumps or hardly falls.",
    )  # fmt: skip
    return float(rate)


def _size(network: str) -> int:
    size = st.slider(
        "Picture size, long side in pixels", 128, 1024, NETWORKS[network].size, 32,
        key=f"fit_size_{network}", persist_state="session",
        help="Pictures are brought to this size first. Smaller is quicker and shows less detail.",
    )  # fmt: skip
    return int(size)


def _lacking(report: DatasetReport) -> str:
    if not report.splits.get("train") or not report.splits.get("val"):
        return "Training needs at least two pictures: some to learn from and some held out."
    if report.problems:
        return "Training takes only data without problems. Fix them, then check again."
    return ""


def _start_button(label: str, key: str, disabled: bool) -> bool:
    busy = training.all_jobs().running() is not None
    return st.button(
        label, key=key, type="primary", disabled=disabled or busy, help=_BUSY if busy else None
    )


def _start(start: Callable[[], jobs.Job]) -> None:
    """Start a run and show it, or say why it can't be."""
    try:
        with st.spinner("Starting…"):
            start()
    except (SalmapError, OSError) as error:
        st.error(access.message(error))
        return
    st.rerun()


def _start_fit(plan: FitPlan, way: str, owner: str) -> jobs.Job:
    if plan.encoder is None:
        training.require_pretrained(plan.network)
    settings = {
        "network": plan.network,
        "training": way.lower(),
        "data": plan.source.path.name,
        "size": plan.size,
        "learning rate": plan.learning_rate,
        "starts from": plan.encoder.stem if plan.encoder else _FROM_HUB,
    }
    return training.start_fit(plan, settings, owner)
