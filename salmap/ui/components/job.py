"""A run: while it goes, and its result."""

from __future__ import annotations

import time
from typing import Any, Literal

import streamlit as st

from salmap.errors import SalmapError
from salmap.jobs import log as job_log
from salmap.jobs import plans as training
from salmap.jobs import runs as jobs
from salmap.jobs.log import Progress
from salmap.jobs.runs import Job, State
from salmap.ui import access
from salmap.ui.components.comparison import beside_base
from salmap.ui.components.curves import curves
from salmap.ui.job_words import job_status, model_card
from salmap.ui.words import count, plain, without_folders
from salmap.weights.info import read_info

#: how long a run that was asked to stop is waited for before ending it at once is offered
_PATIENCE_S = 20
_TICK_S, _IDLE_TICK_S = 1.0, 4.0
_THUMBNAIL, _MAX_THUMBNAILS = 110, 6


def follow(may_change: bool) -> None:
    """Show the run that is going, live; when one begins or ends, draw the whole page anew.

    Of somebody else's run, only that there is one.
    """
    job = training.all_jobs().running()
    shown = job.id if job else None

    def live() -> None:
        now = training.all_jobs().running()
        if (now.id if now else None) != shown:
            st.rerun()
        if now is None:
            return
        if access.may_see(now.owner):
            _running(now, may_change)
        else:
            st.info("Another visitor's run is going on here. Yours can start when it has ended.")

    st.fragment(live, run_every=_TICK_S if job else _IDLE_TICK_S)()


def past_jobs(may_change: bool) -> None:
    """The results of the runs that have ended, one at a time."""
    everything = training.all_jobs()
    mine = [job for job in everything.all() if access.may_see(job.owner)]
    ended = {job.id: job for job in mine if not everything.state(job).is_running}
    if not ended:
        return
    st.header("Results", anchor=False)
    chosen = st.selectbox(
        "Run", list(ended), format_func=lambda i: _label(ended[i]), key="past_job",
        label_visibility="collapsed",
    )  # fmt: skip
    job = ended[chosen]
    with st.container(border=True):
        _ended(job, everything.state(job), may_change)


def _label(job: Job) -> str:
    began = time.strftime("%d %b %Y, %H:%M", time.localtime(job.created_s))
    return f"{job.name}: {training.all_jobs().state(job)}, started {began}"


def _running(job: Job, may_change: bool) -> None:
    everything = training.all_jobs()
    progress = job_log.progress(job_log.read_events(job.folder))
    stopping = everything.state(job) is State.STOPPING
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            what = "Adapting" if job.kind == jobs.ADAPT else "Training"
            st.header(f"{what} {plain(job.name)}", anchor=False)
            if may_change:
                _stop_button(job, stopping)
        st.progress(progress.share, job_status(progress, stopping))
        st.caption(_settings(job))
        _samples(job, progress)
        curves(progress, job.id)


def _stop_button(job: Job, stopping: bool) -> None:
    everything = training.all_jobs()
    if not stopping:
        st.button("Stop", key="stop_job", on_click=everything.stop, args=(job,))
    elif everything.stopping_for_s(job) > _PATIENCE_S:
        st.button(
            "End it now", key="end_job", on_click=everything.end_now, args=(job,),
            help="Without waiting; what was learned since the last complete epoch is lost.",
        )  # fmt: skip


def _settings(job: Job) -> str:
    return plain(" · ".join(f"{key} {value}" for key, value in job.settings.items()))


def _samples(job: Job, progress: Progress) -> None:
    """A held-out picture, where people looked, and its prediction epoch by epoch."""
    if not progress.truth:
        return
    panels = [
        (progress.truth["stimulus"], f"{progress.truth['picture']}, held out"),
        (progress.truth["fixations"], "Where people looked"),
    ]
    if progress.samples:
        epoch, file = progress.samples[-1]
        panels.append((file, f"Prediction after epoch {epoch}"))
    for column, (file, caption) in zip(st.columns(3), panels, strict=False):
        with column:
            _picture(job, file, caption, "stretch")
    if len(progress.samples) > 1:
        with st.container(horizontal=True, gap="small"):
            for epoch, file in _spread(progress.samples[:-1]):
                _picture(job, file, f"epoch {epoch}", _THUMBNAIL)


def _spread(samples: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """At most `_MAX_THUMBNAILS`, evenly spread, the first one included."""
    return samples[:: -(-len(samples) // _MAX_THUMBNAILS)]


def _picture(job: Job, file: str, caption: str, width: int | Literal["stretch"]) -> None:
    path = job.folder / file
    if path.is_file() and path.resolve().is_relative_to(job.folder.resolve()):
        st.image(path.read_bytes(), caption=plain(caption), alt=caption, width=width)


def _ended(job: Job, state: State, may_change: bool) -> None:
    progress = job_log.progress(job_log.read_events(job.folder))
    st.caption(_settings(job))
    if state is State.FAILED:
        _failure(job, may_change)
    elif state is State.STOPPED:
        kept = progress.whole_epochs
        st.info(
            f"Stopped after {count(kept, 'complete epoch')}, which {'are' if kept > 1 else 'is'} "
            "kept."
            if kept
            else "Stopped before its first epoch was complete."
        )
    elif job.kind == jobs.ADAPT:
        _adapted(progress.result)
    else:
        st.success(f"The model **{plain(job.name)}** is ready: choose it on any page.")
    if state is State.FINISHED and job.kind == jobs.FIT:
        beside_base(job)
    if state is State.FINISHED:
        _model_card(job)
    if may_change or state is State.FINISHED:
        _actions(job, state, may_change)
    _samples(job, progress)
    curves(progress, job.id)


def _failure(job: Job, may_change: bool) -> None:
    everything = training.all_jobs()
    if not may_change:
        st.error("This run failed.")
        return
    st.error(f"This run failed. {access.message(everything.why_failed(job))}")
    with st.expander("The end of its log"):
        output = everything.output(job)
        shown = output if access.is_administrator() else without_folders(output)
        st.code(shown or "It printed nothing.", language=None)


def _adapted(result: dict[str, Any]) -> None:
    """What an adaptation gained, with its interval."""
    if result.get("model"):
        st.success(plain(result.get("summary", "")))
    else:
        st.warning(f"{plain(result.get('summary', ''))} No model was written.")
    scores = result.get("scores", {}).get("ig")
    if not scores:
        return
    with st.container(horizontal=True, gap="large"):
        for label, score in zip(("Before", "After", "Gain"), scores, strict=True):
            mean, low, high = score["mean"], score["low"], score["high"]
            with st.container(width="content", gap="xsmall"):
                st.metric(f"{label}, bits per fixation", f"{mean:.2f}")
                st.caption(f"{low:.2f} to {high:.2f}")
    st.caption(
        "Information gain over the center bias of these viewers, on pictures left out of the fit; "
        "below, the 95 % interval over pictures."
    )
    with st.expander("What was fitted"):
        st.table(
            [
                {
                    "setting": setting["name"],
                    "before": f"{setting['before']:.4g}",
                    "after": f"{setting['after']:.4g}",
                }
                for setting in result.get("settings", [])
            ]
        )


def _model_card(job: Job) -> None:
    path = training.model_path(job.name)
    if not path.is_file():
        return
    try:
        info = read_info(path)
    except SalmapError as error:
        st.error(access.message(error))
        return
    with st.expander("Model card"):
        st.markdown(model_card(info))


def _actions(job: Job, state: State, may_change: bool) -> None:
    everything = training.all_jobs()
    path = training.model_path(job.name)
    with st.container(horizontal=True):
        if state is State.FINISHED and path.is_file():
            st.download_button(
                f"Download the model, {path.stat().st_size / 1e6:.0f} MB", path.read_bytes,
                path.name, key="download_model", on_click="ignore", type="primary",
            )  # fmt: skip
        if may_change and state in (State.STOPPED, State.FAILED):
            busy = everything.running() is not None
            if st.button("Resume", key="resume_job", type="primary", disabled=busy):
                _resume(job)
        if may_change:
            with st.popover("Delete"):
                size = f"{everything.size_bytes(job) / 1e6:.0f} MB"
                st.write(f"Delete {plain(job.name)} with all that it left, {size}, for good?")
                st.button("Delete it", key="delete_job", on_click=_delete, args=(job,))


def _resume(job: Job) -> None:
    try:
        training.all_jobs().resume(job)
    except SalmapError as error:
        st.error(access.message(error))
        return
    st.rerun()


def _delete(job: Job) -> None:
    """Remove a run, with the model that it made."""
    everything = training.all_jobs()
    made = everything.state(job) is State.FINISHED
    everything.delete(job)
    if made:
        training.model_path(job.name).unlink(missing_ok=True)
