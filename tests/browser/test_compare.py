"""The Compare page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.running import PATIENCE_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

SCORES = "How well each model predicts these fixations"
BASELINES = {"center-bias", "itti-koch", "spectral-residual"}


@pytest.fixture
def compare(tab: Page, server: str) -> Page:
    """The Compare page as a first visit shows it."""
    tab.goto(f"{server}/compare")
    settled(tab)
    return tab


def settled(page: Page) -> None:
    page.get_by_role("table", name="Speed and size").wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def captions(page: Page) -> Locator:
    return page.locator("figcaption b")


def models(page: Page) -> list[str]:
    """Names of the models that are compared."""
    return (
        page.get_by_role("table", name="Speed and size")
        .locator("tbody tr")
        .evaluate_all("rows => rows.map((row) => row.cells[0].firstChild.textContent)")
    )


def sources(page: Page) -> list[str]:
    return page.locator("figure img").evaluate_all("images => images.map((image) => image.src)")


def all_change(page: Page, before: list[str]) -> None:
    """Wait until every picture in the row is another one."""
    for index, source in enumerate(before):
        expect(page.locator("figure img").nth(index)).not_to_have_attribute("src", source)


def give(page: Page, name: str, data: bytes) -> None:
    page.locator("[data-testid=stFileUploaderDropzoneInput]").last.set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": data}
    )


def test_one_slider_redraws_all_models_side_by_side(compare):
    shown = models(compare)
    assert "lite" in shown
    assert len(BASELINES.intersection(shown)) >= 2
    expect(captions(compare)).to_have_text(shown)
    boxes = [stage.bounding_box() for stage in compare.locator("figure .stage").all()]
    assert len({round(box["y"]) for box in boxes}) == 1
    assert len({round(box["width"]) for box in boxes}) == 1
    for slider, key in (("Opacity", "ArrowLeft"), ("Smoothing", "ArrowRight")):
        before = sources(compare)
        compare.get_by_role("slider", name=slider).focus()
        compare.keyboard.press(key)
        all_change(compare, before)
    settled(compare)


def test_a_spot_is_marked_in_all_pictures(compare):
    spots = compare.locator(".spot")
    compare.locator("figure .stage").first.hover(position={"x": 40, "y": 30})
    expect(spots.first).to_have_css("opacity", "1")
    lefts = spots.evaluate_all("spots => spots.map((spot) => getComputedStyle(spot).left)")
    assert len(lefts) == len(models(compare))
    assert len(set(lefts)) == 1
    assert float(lefts[0].removesuffix("px")) == pytest.approx(40, abs=1)


def test_two_models_are_swiped_by_keys_and_chosen_freely(compare):
    first, second, *_, last = models(compare)
    slider = compare.get_by_role("slider", name=f"Swipe between {first} and {second}")
    slider.focus()
    compare.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", f"{first} on the left 100 %")
    compare.get_by_role("combobox", name=re.compile("Right")).click()
    compare.get_by_role("option", name=last).click()
    other = compare.get_by_role("slider", name=f"Swipe between {first} and {last}")
    expect(other).to_be_visible()
    assert other.input_value() == "100"
    expect(compare.get_by_text(f"{last} expects more")).to_be_visible()
    difference = compare.get_by_role("slider", name="Swipe between Original and Difference")
    expect(difference).to_be_visible()
    settled(compare)


def test_made_up_viewers_fill_the_table_of_scores(compare):
    compare.get_by_role("button", name="Try it with made-up viewers").click()
    table = compare.get_by_role("table", name=SCORES)
    expect(table.get_by_role("rowheader")).to_have_count(len(models(compare)))
    expect(table.get_by_role("row", name=re.compile("^center-bias"))).to_contain_text("0.00")
    expect(captions(compare).first).to_have_text("Synthetic viewers")
    expect(compare.get_by_text("Nobody looked")).to_be_visible()
    heading = table.get_by_role("button", name="NSS")
    heading.focus()
    compare.keyboard.press("Enter")
    help_text = compare.get_by_role("status").filter(has_text="NSS: ")
    expect(help_text).to_be_visible()
    with compare.expect_download() as waiting:
        compare.get_by_role("button", name="Download the scores, CSV").click()
    rows = waiting.value.path().read_text("utf-8-sig").splitlines()
    assert rows[0].startswith("model,")
    assert len(rows) == 1 + len(models(compare))
    compare.get_by_text("What these scores mean").click()
    explained = compare.get_by_test_id("stExpanderDetails").get_by_role("listitem")
    expect(explained).to_have_count(table.get_by_role("columnheader").count() - 1)
    compare.get_by_role("link", name="Analyse").click()
    expect(compare.get_by_role("heading", name="Where will people look?")).to_be_visible()
    compare.get_by_role("link", name="Compare").click()
    expect(captions(compare).first).to_have_text("Synthetic viewers")
    settled(compare)


def test_given_fixations_are_taken_or_what_is_wrong_is_said(compare):
    give(compare, "fixations.csv", b"x,y\n100,100\n120,nowhere\n")
    expect(compare.get_by_role("alert")).to_contain_text("row 3, column y")
    give(compare, "fixations.csv", b"x,y,subject\n100,100,ann\n120,130,bob\n")
    expect(captions(compare).first).to_have_text("People")
    expect(compare.get_by_text("2 fixations of 2 viewers.").first).to_be_visible()
    settled(compare)
    expect(compare.get_by_role("alert")).to_have_count(0)
    compare.get_by_role("button", name="Remove", exact=True).click()
    expect(captions(compare)).to_have_text(models(compare))
    settled(compare)


def test_models_are_chosen_in_the_sidebar(compare):
    *kept, _ = models(compare)
    compare.get_by_role("combobox", name=re.compile("Models")).focus()
    compare.keyboard.press("Backspace")
    expect(captions(compare)).to_have_text(kept)
    pairs = compare.get_by_role("table", name="Agreement between models")
    expect(pairs.get_by_role("rowheader")).to_have_count(len(kept) * (len(kept) - 1) // 2)
    settled(compare)


def test_it_fits_a_phone(compare):
    compare.set_viewport_size({"width": 390, "height": 844})
    compare.get_by_role("button", name="Try it with made-up viewers").click()
    expect(compare.get_by_role("table", name=SCORES)).to_be_visible()
    settled(compare)
    for part in compare.locator(".stage, .scroll").all():
        box = part.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert compare.evaluate("document.documentElement.scrollWidth") <= 390
