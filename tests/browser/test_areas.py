"""Areas drawn on a picture by mouse, touch and keys; versions compared; a report taken home."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Position, expect

from tests.browser.running import PATIENCE_MS, settled

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

PANEL = "Measure areas of your own"
STAGE = ".editor svg"
SIZE = 512  # of the first example


def design(left: int) -> bytes:
    """A gray picture with a bright spot at the left or further right."""
    pixels = np.full((150, 300, 3), 120, np.uint8)
    pixels[50:90, left : left + 40] = (255, 220, 40)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def upload(page: Page, *files: tuple[str, bytes]) -> None:
    page.locator("[data-testid=stFileUploaderDropzoneInput]").first.set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
    )


def open_panel(page: Page) -> None:
    """Open the panel for areas, and wait until nothing moves any more."""
    page.get_by_text(PANEL).click()
    page.get_by_role("button", name="Draw a rectangle").wait_for()
    settled(page)


def place(page: Page, x: float, y: float) -> Position:
    """A place on the picture that is drawn on, in shares of its sides, in pixels of the screen."""
    box = page.locator(STAGE).bounding_box()
    assert box
    return {"x": x * box["width"], "y": y * box["height"]}


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    stage = page.locator(STAGE)
    stage.drag_to(
        stage,
        source_position=place(page, *start),
        target_position=place(page, *end),
        steps=4,
    )


def edges(page: Page) -> list[int]:
    """Left, top, right and bottom of the chosen area, in pixels of the picture."""
    names = ("Left", "Top", "Right", "Bottom")
    return [int(page.get_by_label(name, exact=True).input_value()) for name in names]


def measured(page: Page, number: int) -> None:
    """Wait until an area has its share."""
    expect(page.locator(f".areas li:nth-child({number}) .more")).to_contain_text("average")


def test_an_area_is_drawn_moved_resized_named_and_removed_by_mouse(page):
    open_panel(page)
    page.get_by_role("button", name="Draw a rectangle").click()
    drag(page, (0.25, 0.25), (0.5, 0.5))
    measured(page, 1)
    assert edges(page) == pytest.approx([128, 128, 256, 256], abs=2)
    drag(page, (0.4, 0.4), (0.5, 0.3))
    measured(page, 1)
    assert edges(page) == pytest.approx([179, 77, 307, 205], abs=3)
    drag(page, (307 / SIZE, 205 / SIZE), (0.75, 0.75))
    measured(page, 1)
    assert edges(page) == pytest.approx([179, 77, 384, 384], abs=3)
    name = page.get_by_role("textbox", name="Name of area 1")
    name.fill("Face")
    name.press("Enter")
    expect(page.get_by_role("button", name="Remove Face")).to_be_visible()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save these areas, JSON").click()
    saved = json.loads(download.value.path().read_bytes())
    assert saved["areas"][0]["name"] == "Face"
    page.get_by_role("button", name="Remove Face").click()
    expect(page.locator(".areas li")).to_have_count(0)


def test_a_polygon_is_drawn_by_touch(phone):
    open_panel(phone)
    phone.get_by_role("button", name="Draw a polygon").tap()
    for corner in ((0.2, 0.2), (0.6, 0.2), (0.4, 0.6)):
        phone.locator(STAGE).tap(position=place(phone, *corner))
    phone.get_by_role("button", name="Finish").tap()
    measured(phone, 1)
    assert edges(phone) == pytest.approx([102, 102, 307, 307], abs=3)


def test_an_area_is_made_by_keys_alone(page):
    open_panel(page)
    page.get_by_role("button", name="Add in the middle").focus()
    page.keyboard.press("Enter")
    measured(page, 1)
    left = page.get_by_label("Left", exact=True)
    left.focus()
    left.fill("10")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(left).to_have_value("10")
    measured(page, 1)
    settled(page)
    assert edges(page)[0] == 10


def test_areas_start_from_faces_and_crops_keep_them_whole(page):
    pytest.importorskip("dlib")
    open_panel(page)
    page.get_by_role("button", name="Start from faces").click()
    measured(page, 1)
    expect(page.get_by_role("textbox", name="Name of area 1")).to_have_value("face 1")
    page.get_by_text("Crop it to other shapes").click()
    page.get_by_text("Keep faces whole").click()
    settled(page)
    expect(page.get_by_role("checkbox", name="Keep faces whole")).to_be_checked()
    expect(page.get_by_text("of attention").last).to_be_visible()
    expect(page.get_by_text("cuts a face")).to_have_count(0)


def test_two_versions_are_compared_and_reported(tab, server):
    tab.goto(f"{server}/versions")
    tab.get_by_text("Drop 2 to 6 versions").wait_for()
    upload(tab, ("a.png", design(20)), ("b.png", design(220)))
    tab.get_by_role("button", name="Draw a rectangle").click()
    drag(tab, (0.05, 0.2), (0.3, 0.8))
    expect(tab.get_by_text(re.compile("draws most attention to Area 1"))).to_be_visible()
    expect(tab.get_by_role("cell", name=re.compile("points"))).to_be_visible()
    settled(tab, "Two at a time")
    expect(tab.get_by_role("slider", name="Swipe between a.png and b.png")).to_be_attached()
    for ending, start in (("PDF", b"%PDF"), ("HTML", b"<!doctype html>")):
        with tab.expect_download() as download:
            tab.get_by_role("button", name=f"Report, {ending}").click()
        assert download.value.path().read_bytes().startswith(start)
    report = tab.context.new_page()
    report.set_content(download.value.path().read_text("utf-8"))
    heading = report.locator(".summary th", has_text="Half of attention on")
    for order in ("descending", "ascending"):
        heading.get_by_role("button").click()
        assert heading.evaluate("heading => heading.ariaSort") == order
        cells = report.locator(".summary tbody td:last-child")
        values = cells.evaluate_all("cells => cells.map((cell) => Number(cell.dataset.value))")
        assert values == sorted(values, reverse=order == "descending")
    report.close()
