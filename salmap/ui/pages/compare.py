"""The page for several models: how they differ on one picture, and which one people agree with."""

from __future__ import annotations

import itertools
import logging
from dataclasses import dataclass

import streamlit as st

from salmap import weights
from salmap.analysis.agreement import FEWEST, MOST, is_baseline, proposed
from salmap.errors import ImageError, SalmapError
from salmap.fixations.brought import Evidence, dots
from salmap.fixations.scoring import SIGMA_SHARE
from salmap.render import Style, View
from salmap.ui import cache, compare_cache, given, state, words
from salmap.ui.components.controls import look_controls
from salmap.ui.components.loading import load_model
from salmap.ui.components.looks import looks_source, sigma_picker
from salmap.ui.components.numbers import Column, Row, numbers
from salmap.ui.components.pair import two_at_a_time
from salmap.ui.components.scores import about, score_table
from salmap.ui.components.source import picture_source
from salmap.ui.components.tiles import Tile, tiles
from salmap.ui.given import Given
from salmap.ui.state import Picture

logger = logging.getLogger(__name__)

_MODELS = "compared"
_VIEWS = (View.OVERLAY, View.HEATMAP, View.CONTOURS, View.FOCUS)
_PAIR_COLUMNS = (
    Column("SIM", "The share of looks that both expect in the same places: 1 is all."),
    Column("CC", "How well both rise and fall together over the picture: 1 is perfectly."),
    Column("KLDiv →", "What is lost, in nats, by believing the second if the first is right."),
    Column("KLDiv ←", "What is lost, in nats, by believing the first if the second is right."),
)
_COST_COLUMNS = (
    Column(
        "Time, ms",
        "Measured when this picture was predicted on this server; a first one takes longer.",
        digits=0,
    ),
    Column("Parameters", "How many numbers it has learned."),
)


@dataclass(frozen=True)
class _Looks:
    """Where people looked, if the visitor has told, or what is wrong with it."""

    given: Given | None = None
    truth: Evidence | None = None
    problem: str = ""


def page() -> None:
    """Draw the page."""
    with st.sidebar:
        chosen = _models_picker()
        look = look_controls()
        sigma = sigma_picker() if given.current() else SIGMA_SHARE
    st.title("How do models differ?", anchor=False)
    picture_source()
    picture = state.current()
    try:
        models = _ready(picture, chosen)
        if len(models) >= FEWEST:
            _comparison(picture, models, look, sigma)
        else:
            st.info(f"Choose {FEWEST} to {MOST} models in the sidebar to compare them.")
    except SalmapError as error:
        st.error(words.plain(str(error)))
    except MemoryError:
        logger.exception("Out of memory")
        st.error(
            f"{words.plain(picture.name)} is too large for this server now. Use a smaller copy."
        )


def _models_picker() -> list[str]:
    """Choose some of the models that can be loaded now."""
    names = weights.list_models()
    before = st.session_state.get(_MODELS, proposed(weights.all_models()))
    st.session_state[_MODELS] = [model for model in before if model in names]
    return st.multiselect(
        "Models", names, key=_MODELS, max_selections=MOST, persist_state="session",
        help=f"{FEWEST} to {MOST}. The controls below hold for all of them.",
    )  # fmt: skip


def _ready(picture: Picture, chosen: list[str]) -> list[str]:
    """Those of the chosen models that can predict; the others are named with what is wrong.

    Raises:
        ImageError: if the picture can't be read.
    """
    ready = []
    for model in chosen:
        try:
            load_model(model)
            with st.spinner(f"{words.plain(model)} looks at the picture…"):
                cache.screen_density(picture, model)
                cache.time_taken_s(picture, model)
        except ImageError:
            raise
        except SalmapError as error:
            st.error(f"**{words.plain(model)}** is left out. {words.plain(str(error))}")
        else:
            ready.append(model)
    return ready


def _comparison(picture: Picture, models: list[str], look: Style, sigma: float) -> None:
    looks = _looks(picture, sigma)
    _side_by_side(picture, models, look, looks, sigma)
    st.subheader("Two at a time", anchor=False)
    two_at_a_time(picture, models, look)
    st.subheader("In numbers", anchor=False)
    _numbers(picture, models)
    st.subheader("Which one do people agree with?", anchor=False)
    looks_source()
    _scores(picture, models, looks, sigma)


def _looks(picture: Picture, sigma: float) -> _Looks:
    file = given.current()
    if file is None:
        return _Looks()
    try:
        return _Looks(file, compare_cache.truth(picture, file, sigma))
    except SalmapError as error:
        return _Looks(file, problem=str(error))


def _side_by_side(
    picture: Picture, models: list[str], look: Style, looks: _Looks, sigma: float
) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        view = st.pills(
            "View", _VIEWS, default=View.OVERLAY, required=True, key="compared_view",
            label_visibility="collapsed", persist_state="session", width="content",
        )  # fmt: skip
        dotted = looks.truth is not None and st.toggle(
            "Looks as dots", True, key="compared_dots", persist_state="session"
        )
    items = [
        Tile(
            model,
            _note(model),
            compare_cache.tile(picture, model, View(view), look),
            f"{picture.name}: {view}, looks that {model} expects",
        )
        for model in models
    ]
    points: list[tuple[float, float]] = []
    if looks.truth is not None and looks.given is not None:
        points = dots(looks.truth.truth) if dotted else []
        drawn = compare_cache.truth_tile(picture, looks.given, sigma, looks.truth, View(view), look)
        who = "made up" if looks.given.synthetic else about(looks.truth)
        name = "Synthetic viewers" if looks.given.synthetic else "People"
        items.insert(0, Tile(name, who, drawn, f"{picture.name}: {view}, where viewers looked"))
    height, width = compare_cache.small_image(picture).shape[:2]
    tiles("tiles", "The same picture, model by model", (height, width), items, points)


def _note(model: str) -> str:
    """A word on a model."""
    entry = next(entry for entry in weights.all_models() if entry.name == model)
    return "baseline" if is_baseline(entry) else ""


def _numbers(picture: Picture, models: list[str]) -> None:
    pairs = {
        pair: compare_cache.agreement(picture, *pair) for pair in itertools.combinations(models, 2)
    }
    if len(pairs) > 1:
        st.markdown(_extremes({pair: found.sim for pair, found in pairs.items()}))
    rows = [
        Row(f"{a} → {b}", "", (found.sim, found.cc, found.kl_of_b, found.kl_of_a))
        for (a, b), found in pairs.items()
    ]
    left, right = st.columns([3, 2], gap="large")
    with left:
        numbers("pairs", "What two have in common", "Models", _PAIR_COLUMNS, rows)
    with right:
        costs = [
            Row(
                model,
                _note(model),
                (1000 * cache.time_taken_s(picture, model), _size(model)),
            )
            for model in models
        ]
        numbers("costs", "What they cost", "Model", _COST_COLUMNS, costs)


def _extremes(shares: dict[tuple[str, str], float]) -> str:
    """The pairs that have most and least in common, in a sentence of Markdown."""
    most, least = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    (a, b), (c, d) = (tuple(map(words.plain, pair)) for pair in (most, least))
    return (
        f"**{a}** and **{b}** are most alike: they have {words.percent(shares[most])} of looks in "
        f"common. **{c}** and **{d}** differ most, with {words.percent(shares[least])}."
    )


def _size(model: str) -> str:
    """How many parameters a model has, short."""
    parameters = cache.predictor(model).parameter_count
    if parameters >= 1_000_000:
        return f"{parameters / 1e6:.1f} M"
    return f"{parameters / 1e3:.0f} k" if parameters >= 1000 else str(parameters or "none")


def _scores(picture: Picture, models: list[str], looks: _Looks, sigma: float) -> None:
    if looks.problem:
        st.error(words.plain(looks.problem))
    if looks.given is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_origin(looks))
        st.button("Take them away", key="forget_looks", on_click=given.forget)
    if looks.truth is None:
        return
    scores = {model: compare_cache.scores(picture, model, looks.given, sigma) for model in models}
    score_table(scores, {model: _note(model) for model in models}, looks.truth)


def _origin(looks: _Looks) -> str:
    """Whose looks these are, in Markdown."""
    if looks.given is None or looks.truth is None:
        return ""
    if looks.given.synthetic:
        return (
            f":orange-badge[Synthetic] {about(looks.truth)} Nobody looked: they are made up to "
            "show how this works, and say nothing of how good a model is."
        )
    return f"{words.plain(looks.given.name)}: {about(looks.truth)}"
