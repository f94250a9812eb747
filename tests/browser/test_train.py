"""The Train page in a real browser, with real training on a tiny data set.

A run that is to be met while it goes has so many epochs that it lasts until it is stopped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import salmap
from salmap.jobs.runs import Jobs
from tests.browser.running import running_app
from tests.browser.train_page import (
    MANY_EPOCHS,
    RUN_MS,
    at_rest,
    begin,
    choose,
    delete,
    number_in,
    running,
    upload,
    visit,
)
from tests.browser.watching import watched
from tests.gaze import gaze_zip, save_untrained

pytestmark = [pytest.mark.browser, pytest.mark.slow]
START = "start"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """The folder of models, with one to start from."""
    folder = tmp_path_factory.mktemp("train") / "models"
    folder.mkdir()
    save_untrained(folder / f"{START}.safetensors")
    return folder


@pytest.fixture(scope="module")
def train_server(models: Path) -> Iterator[str]:
    """The address of an app whose uploads and runs are beside its models."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALMAP_TRAINING_DIR", str(models.parent / "training"))
        patch.delenv("SALMAP_TRAINING", raising=False)
        with running_app(models) as address:
            yield address


@pytest.fixture
def runs(train_server: str, models: Path) -> Iterator[Jobs]:
    """The runs of the server; what still goes after a test is ended."""
    everything = Jobs(models.parent / "training" / "runs")
    yield everything
    for job in everything.all():
        everything.end_now(job)


@pytest.fixture
def tab(desk_tab: Page, train_server: str, runs: Jobs) -> Iterator[Page]:
    """The Train page; nothing may go wrong in its scripts."""
    with watched(desk_tab, ["pageerror"]):
        visit(desk_tab, train_server)
        yield desk_tab


def test_two_epochs_make_a_model_that_can_be_chosen_kept_and_deleted(tab, models):
    upload(tab, gaze_zip(40))  # so that two pictures are held out
    begin(tab, "small", START, frozen=2)
    expect(tab.get_by_text("is ready: choose it on any page")).to_be_visible(timeout=RUN_MS)
    at_rest(tab)
    expect(tab.get_by_text("Prediction after epoch 2")).to_be_visible()
    expect(tab.get_by_role("img", name="Where people looked")).to_be_visible()
    expect(tab.get_by_text(re.compile("On 2 held-out pictures"))).to_be_visible(timeout=RUN_MS)
    expect(tab.get_by_text("Gain", exact=True)).to_be_visible()
    results = tab.get_by_role("heading", name="Results").bounding_box()
    form = tab.get_by_role("heading", name="2. What to train").bounding_box()
    assert results["y"] < form["y"]
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name="Download the model").click()
    assert waiting.value.suggested_filename == "small.safetensors"
    assert salmap.load(str(waiting.value.path())).info.scores["folder"]["ig"]
    tab.get_by_role("link", name="Analyse").click()
    tab.get_by_role("combobox", name=re.compile("Model")).click()
    expect(tab.get_by_role("option", name="small", exact=True)).to_be_visible()
    tab.keyboard.press("Escape")
    tab.get_by_role("link", name="Train").click()
    delete(tab)
    assert not (models / "small.safetensors").exists()


def test_a_run_is_seen_from_everywhere_is_stopped_and_goes_on(tab, train_server):
    """A reload in the middle, a second tab, another page and back."""
    upload(tab, gaze_zip(12))
    begin(tab, "long", START, MANY_EPOCHS, MANY_EPOCHS)
    expect(running(tab, "long")).to_be_visible()
    tab.reload()
    expect(running(tab, "long")).to_be_visible()
    second = tab.context.new_page()
    visit(second, train_server)
    expect(running(second, "long")).to_be_visible()
    expect(second.get_by_role("button", name="Start training")).to_be_disabled()
    second.get_by_role("link", name="About").click()
    second.get_by_role("link", name="Train").click()
    for page in (tab, second):
        expect(page.get_by_text("Prediction after epoch").first).to_be_visible(timeout=RUN_MS)
    tab.get_by_role("button", name="Stop", exact=True).click()
    for page in (tab, second):
        expect(page.get_by_text("Stopped after")).to_be_visible(timeout=RUN_MS)
        at_rest(page)
    second.close()
    before = number_in(tab, r"Stopped after (\d+) complete epoch")
    tab.get_by_role("button", name="Resume").click()
    expect(running(tab, "long")).to_be_visible()
    assert number_in(tab, rf"Epoch (\d+) of {2 * MANY_EPOCHS}") > before
    tab.get_by_role("button", name="Stop", exact=True).click()
    expect(tab.get_by_text("Stopped after")).to_be_visible(timeout=RUN_MS)
    at_rest(tab)
    delete(tab)


def test_a_model_is_fitted_to_viewers_and_told_plainly(tab):
    upload(tab, gaze_zip(12))
    tab.get_by_role("tab", name="Fit a model to my viewers").click()
    choose(tab, "^Model|Model$", START)
    tab.get_by_role("button", name="Fit to my viewers").click()
    verdict = re.compile("Adapting helps|No gain can be shown|Adapting makes this model worse")
    expect(tab.get_by_text(verdict)).to_be_visible(timeout=RUN_MS)
    expect(tab.get_by_text("Gain, bits per fixation")).to_be_visible()
    at_rest(tab)
    delete(tab)


def test_it_fits_a_phone(tab):
    tab.set_viewport_size({"width": 390, "height": 844})
    upload(tab, gaze_zip(12))
    expect(tab.get_by_role("button", name="Start training")).to_be_enabled()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    for element in tab.locator("[data-testid=stMain] [data-testid^=stButton]").all():
        box = element.bounding_box()
        assert box is None or box["x"] + box["width"] <= 390
