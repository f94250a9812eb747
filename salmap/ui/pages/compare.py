"""The page for several models: how they differ on one picture, and which one people agree with."""

from __future__ import annotations

import itertools
import logging
from dataclasses import dataclass

import streamlit as st

from salmap import weights
from salmap.analysis.agreement import FEWEST, MOST, is_baseline, proposed
from salmap.analysis.trust import CENTER_BIAS_MODEL
from salmap.content import NOTE
from salmap.errors import DoubtfulError, ImageError, SalmapError
from salmap.fixations.brought import Evidence, dots
from salmap.fixations.scoring import SIGMA_SHARE
from salmap.render import Style, View
from salmap.ui import cache, compare_cache, given, links, state, words
from salmap.ui.cache import ModelVersion
from salmap.ui.components.controls import model_label, style_controls, visible_models
from salmap.ui.components.fixations import fixations_reading, fixations_source, sigma_picker
from salmap.ui.components.legend import legend_of, show_legend
from salmap.ui.components.loading import load_model
from salmap.ui.components.numbers import Column, Row, numbers
from salmap.ui.components.pair import two_at_a_time
from salmap.ui.components.reading import without_options
from salmap.ui.components.scores import about, score_table
from salmap.ui.components.source import picture_source
from salmap.ui.components.tiles import Tile, tiles
from salmap.ui.given import Observation
from salmap.ui.state import Picture

logger = logging.getLogger(__name__)

_MODELS, _VIEW = "compared", "compared_view"
_VIEWS = (View.OVERLAY, View.HEATMAP, View.CONTOURS, View.FOCUS)
AGREEMENT, COST = "Agreement between models", "Speed and size"
_PAIR_COLUMNS = (
    Column("SIM", "The share of attention that both expect in the same places. 1 is all."),
    Column("CC", "How well both rise and fall together over the picture. 1 is perfect."),
    Column("KLDiv →", "What is lost, in nats, by believing the second if the first is right."),
    Column("KLDiv ←", "What is lost, in nats, by believing the first if the second is right."),
)
_COST_COLUMNS = (
    Column(
        "Time, ms",
        "Measured when this server predicted this picture. A model's first picture takes longer.",
        digits=0,
    ),
    Column("Parameters", "How many numbers the model has learned."),
)


@dataclass(frozen=True)
class _Observed:
    """Where people looked, if the visitor has told, or what is wrong with it."""

    observation: Observation | None = None
    evidence: Evidence | None = None
    problem: str = ""
    guess: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubt: str = ""


def page() -> None:
    """Draw the page."""
    with st.sidebar:
        chosen = _models_picker()
        style = style_controls()
        sigma = sigma_picker() if given.current() else SIGMA_SHARE
    st.title("How do models differ?", anchor=False)
    picture_source()
    picture = state.current()
    try:
        models = _ready(picture, chosen)
        if len(models) >= FEWEST:
            _comparison(picture, models, style, sigma)
        else:
            st.info(f"Choose {FEWEST} to {MOST} models in the sidebar to compare them.")
    except SalmapError as error:
        st.error(words.message(error))
    except MemoryError:
        logger.exception("Out of memory")
        st.error(words.out_of_memory(picture.name))


def _models_picker() -> list[str]:
    """Choose some of the models that can be loaded now."""
    entries = visible_models()
    names = [entry.name for entry in entries]
    links.adopt_several(_MODELS, "models", names)
    before = st.session_state.get(_MODELS, proposed(entries))
    st.session_state[_MODELS] = [model for model in before if model in names][:MOST]
    return st.multiselect(
        "Models", names, key=_MODELS, max_selections=MOST, persist_state="session",
        format_func=lambda name: model_label(entries, name),
        help=f"{FEWEST} to {MOST}. The controls below hold for all of them.",
    )  # fmt: skip


def _ready(picture: Picture, chosen: list[str]) -> list[str]:
    """Those of the chosen models that can predict; the others are named with what is wrong.

    Raises:
        ImageError: if the picture can't be read.
    """
    ready = []
    for name in chosen:
        model = cache.model_version(name)
        try:
            load_model(model)
            with st.spinner(f"{words.plain(name)} is analyzing the picture…"):
                cache.screen_density(picture, model)
        except ImageError:
            raise
        except SalmapError as error:
            st.error(f"**{words.plain(name)}** is left out. {words.message(error)}")
        else:
            ready.append(name)
    return ready


def _comparison(picture: Picture, models: list[str], style: Style, sigma: float) -> None:
    for note in cache.grid_prediction(picture, cache.model_version(models[0])).prediction.notes:
        (st.caption if note == NOTE else st.warning)(words.plain(note))
    observed = _observed(picture, sigma)
    _side_by_side(picture, models, style, observed)
    st.header("Two at a time", anchor=False)
    two_at_a_time(picture, models, style)
    st.header("In numbers", anchor=False)
    _numbers(picture, models)
    st.header("Which one do people agree with?", anchor=False)
    fixations_source()
    _scores(models, observed)


def _observed(picture: Picture, sigma: float) -> _Observed:
    file = given.current()
    if file is None:
        return _Observed()
    observation = given.observe(picture, file, sigma)
    try:
        evidence = compare_cache.evidence(observation, _center_bias())
        placed = compare_cache.brought(observation)
        return _Observed(observation, evidence, notes=placed.notes, doubt=placed.doubt)
    except SalmapError as error:
        guess = error.guess if isinstance(error, DoubtfulError) else ()
        return _Observed(observation, problem=without_options(error), guess=guess)


def _side_by_side(picture: Picture, models: list[str], style: Style, observed: _Observed) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.pills(
            "View", _VIEWS, default=links.initial(_VIEW, "view", _VIEWS), required=True, key=_VIEW,
            label_visibility="collapsed", persist_state="session", width="content",
        )  # fmt: skip
        view = View(chosen)
        dotted = observed.evidence is not None and st.toggle(
            "Show fixations", True, key="compared_dots", persist_state="session"
        )
    links.keep(models=",".join(models), view=str(view))
    items = [
        Tile(
            model,
            _note(model),
            compare_cache.tile(picture, cache.model_version(model), view, style),
            f"{picture.name}: {view} of the attention that {model} expects",
        )
        for model in models
    ]
    points: list[tuple[float, float]] = []
    if observed.evidence is not None and observed.observation is not None:
        points = dots(observed.evidence.truth) if dotted else []
        drawn = compare_cache.truth_tile(observed.observation, _center_bias(), view, style)
        synthetic = observed.observation.given.synthetic
        who = "made up" if synthetic else about(observed.evidence)
        name = "Synthetic viewers" if synthetic else "People"
        items.insert(0, Tile(name, who, drawn, f"{picture.name}: {view}, where viewers looked"))
    height, width = compare_cache.small_image(picture).shape[:2]
    tiles("tiles", "The same picture, model by model", (height, width), items, points)
    if legend := legend_of(view, style):
        show_legend(legend)


def _center_bias() -> ModelVersion:
    return cache.model_version(CENTER_BIAS_MODEL)


def _note(model: str) -> str:
    """A word on a model."""
    entry = next(entry for entry in weights.all_models() if entry.name == model)
    return "baseline" if is_baseline(entry) else ""


def _numbers(picture: Picture, models: list[str]) -> None:
    pairs = {
        (a, b): compare_cache.agreement(picture, cache.model_version(a), cache.model_version(b))
        for a, b in itertools.combinations(models, 2)
    }
    if len(pairs) > 1:
        st.markdown(_extremes({pair: found.sim for pair, found in pairs.items()}))
    rows = [
        Row(f"{a} → {b}", "", (found.sim, found.cc, found.kl_of_b, found.kl_of_a))
        for (a, b), found in pairs.items()
    ]
    left, right = st.columns([3, 2], gap="large")
    with left:
        numbers("pairs", AGREEMENT, "Models", _PAIR_COLUMNS, rows)
    with right:
        costs = [
            Row(
                model,
                _note(model),
                (1000 * _time_s(picture, model), _size(model)),
            )
            for model in models
        ]
        numbers("costs", COST, "Model", _COST_COLUMNS, costs)


def _extremes(shares: dict[tuple[str, str], float]) -> str:
    """The pairs that have most and least in common, in a sentence of Markdown."""
    most, least = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    (a, b), (c, d) = (tuple(map(words.plain, pair)) for pair in (most, least))
    return (
        f"**{a}** and **{b}** agree most: they expect {words.percent(shares[most])} of attention "
        f"in the same places. **{c}** and **{d}** agree least, with "
        f"{words.percent(shares[least])}."
    )


def _time_s(picture: Picture, model: str) -> float:
    """How long a model took for a picture, in seconds, without waiting for its turn."""
    return cache.grid_prediction(picture, cache.model_version(model)).time_s


def _size(model: str) -> str:
    """How many parameters a model has, short."""
    parameters = cache.predictor(cache.model_version(model)).parameter_count
    if parameters >= 1_000_000:
        return f"{parameters / 1e6:.1f} M"
    return f"{parameters / 1e3:.0f} k" if parameters >= 1000 else str(parameters or "none")


def _scores(models: list[str], observed: _Observed) -> None:
    if observed.problem:
        st.error(words.message(observed.problem))
    if observed.observation is None:
        return
    fixations_reading(observed.observation, observed.guess)
    if observed.doubt:
        st.warning(f"{words.plain(observed.doubt)} Look at how the file is read.")
    for note in observed.notes:
        st.caption(words.plain(note))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_origin(observed))
        st.button("Remove", key="forget_fixations", on_click=given.forget)
    if observed.evidence is None:
        return
    scores = {
        model: compare_cache.scores(
            observed.observation, _center_bias(), cache.model_version(model)
        )
        for model in models
    }
    score_table(scores, {model: _note(model) for model in models}, observed.evidence)


def _origin(observed: _Observed) -> str:
    """Whose fixations these are, in Markdown."""
    if observed.observation is None or observed.evidence is None:
        return ""
    if observed.observation.given.synthetic:
        return (
            f":orange-badge[Synthetic] {about(observed.evidence)} Nobody looked: they are made up "
            "to show how this works, and say nothing about how good a model is."
        )
    return f"{words.plain(observed.observation.given.name)}: {about(observed.evidence)}"
