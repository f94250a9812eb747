"""The Analyse page in a real browser."""

from __future__ import annotations

import base64
import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.running import BACKGROUNDS, PATIENCE_MS, only, settled

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

SWIPE = "Swipe between Original and Overlay"


def picture(size: tuple[int, int] = (120, 180)) -> bytes:
    """A gray picture with one bright spot."""
    pixels = np.full((*size, 3), 120, np.uint8)
    pixels[20:40, 130:150] = (255, 220, 40)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def upload(page: Page, *files: tuple[str, bytes]) -> None:
    only(page.locator("[data-testid=stFileUploaderDropzoneInput]")).set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
    )


def source(page: Page, layer: str) -> str:
    """The picture that the viewer shows, as a data URI."""
    return page.locator(f"img.{layer}").evaluate("image => image.src")


def test_a_first_visit_shows_an_analyzed_example(page):
    said = page.get_by_test_id("stMarkdown").filter(has_text="People spend half their attention on")
    expect(said).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Astronaut: "))).to_be_visible()
    expect(page.get_by_text("How far can you trust this?")).to_be_visible()


def test_swipe_by_keys_and_by_mouse(page):
    slider = page.get_by_role("slider", name=SWIPE)
    top = page.locator("img.top")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("left 0 %"))
    assert top.evaluate("image => getComputedStyle(image).clipPath").endswith(" 0%)")
    page.keyboard.press("End")
    assert top.evaluate("image => getComputedStyle(image).clipPath").endswith(" 100%)")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40, steps=4)
    page.mouse.up()
    expect(slider).to_have_attribute("aria-valuetext", re.compile("left (49|50|51) %"))


def test_a_control_redraws_and_leaves_the_slider_where_it_is(page):
    slider = page.get_by_role("slider", name=SWIPE)
    slider.focus()
    page.keyboard.press("Home")
    before = source(page, "top")
    shown = page.locator("img.top").element_handle()
    opacity = page.get_by_role("slider", name="Opacity")
    opacity.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("img.top")).not_to_have_attribute("src", before)
    settled(page)
    assert shown.evaluate("image => image.isConnected"), "nothing is taken away to be redrawn"
    assert slider.input_value() == "0"
    page.get_by_role("radio", name="Heatmap").or_(
        page.get_by_role("button", name="Heatmap", exact=True)
    ).first.click()
    expect(slider).to_be_hidden()
    expect(page.locator("img.top")).to_be_hidden()


def test_a_region_lights_up_from_its_row_and_from_the_picture(page):
    row = page.locator("tbody tr").first
    box = page.locator(".box[data-rank='1']")
    row.hover()
    expect(box).to_have_class(re.compile("on"))
    page.locator("thead").hover()
    expect(box).not_to_have_class(re.compile("on"))
    button = page.get_by_role("button", name="Show area 1 on the picture")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.locator("thead").hover()
    expect(box).to_have_class(re.compile("on"))
    page.locator(".badge[data-rank='1']").click()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_upload_of_several_files_names_the_bad_ones(page):
    upload(page, ("mine.png", picture()), ("words.png", b"no picture"), ("b.png", picture((9, 9))))
    expect(page.get_by_role("img", name=re.compile("^mine.png: "))).to_be_visible()
    expect(page.get_by_text("is not a picture that can be read")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="b.png", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("^b.png: "))).to_be_visible()
    expect(page.get_by_text("All 2 pictures")).to_be_visible()


def test_an_example_can_be_chosen_and_those_who_listen_are_told(page):
    status = page.get_by_role("status").filter(has_text="Astronaut, lite.")
    expect(status).to_have_count(1)
    page.get_by_role("button", name="Cat", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("^Cat: "))).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Cat, lite.")).to_have_count(1)


def test_a_pasted_picture_is_analyzed(page):
    page.locator("html[data-salmap-paste=ready]").wait_for(state="attached")
    page.evaluate(
        """base64 => {
            const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
            document.body.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
        }""",
        base64.b64encode(picture()).decode(),
    )
    expect(page.get_by_role("img", name=re.compile("^pasted.png: "))).to_be_visible()


def test_the_camera_takes_a_photo(page):
    page.get_by_text("Use the camera").click()
    page.get_by_role("button", name="Take Photo").wait_for()
    settled(page)
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
    page.get_by_role("button", name="Take Photo").click()
    expect(page.get_by_role("img", name=re.compile("^photo.jpg: "))).to_be_visible()


def test_a_download_belongs_to_the_picture_on_screen_as_soon_as_it_shows(page):
    for name, size in (("wide.png", (120, 360)), ("tall.png", (360, 120))):
        upload(page, (name, picture(size)))
        page.get_by_role("img", name=re.compile(f"^{name}: ")).wait_for()
        with page.expect_download() as waiting:
            buttons = page.get_by_test_id("stDownloadButton")
            buttons.get_by_role("button", name="Overlay, PNG").click()
        assert waiting.value.suggested_filename == name.replace(".png", "_overlay.png")
        with Image.open(waiting.value.path()) as saved:
            assert saved.size == size[::-1]


def test_the_tray_is_the_same_on_every_page_until_its_owner_empties_it(page):
    upload(page, ("one.png", picture()), ("Zwei, 二 😀!.png", picture((100, 90))))
    page.get_by_role("button", name="Cat", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("^Cat: "))).to_be_visible()
    for link, heading in (("Compare", "How do models differ?"), ("Analyse", "Where will people")):
        tray = page.get_by_role("list", name="Your pictures")
        expect(tray.get_by_role("listitem")).to_have_count(3)
        for name in ("one.png", "Zwei, 二 😀!.png", "Cat"):
            expect(tray.get_by_text(name, exact=True)).to_be_visible()
        page.get_by_role("link", name=link).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    settled(page)
    upload(page, ("three.png", picture((80, 90))))
    tray = page.get_by_role("list", name="Your pictures")
    expect(tray.get_by_role("listitem")).to_have_count(4)
    page.get_by_role("button", name="Remove one.png").click()
    expect(tray.get_by_role("listitem")).to_have_count(3)
    page.get_by_role("button", name="Remove all").click()
    expect(tray).to_have_count(0)
    expect(page.get_by_role("img", name=re.compile("^Astronaut: "))).to_be_visible()


def test_errors_of_earlier_uploads_do_not_come_back(page):
    upload(page, ("words.png", b"no picture"))
    error = page.get_by_text("is not a picture")
    expect(error).to_be_visible()
    upload(page, ("good.png", picture()))
    expect(page.get_by_role("img", name=re.compile("^good.png: "))).to_be_visible()
    expect(error).to_have_count(0)


def test_every_page_has_a_link_that_keeps_what_it_shows(tab, server):
    for path, heading in (
        ("/compare", "How do models differ?"),
        ("/train", "Train your own model"),
        ("/about", "About Salmap"),
    ):
        tab.goto(server + path)
        expect(tab.get_by_role("heading", name=heading)).to_be_visible()
        expect(tab.get_by_text("Page not found")).to_have_count(0)
    tab.goto(f"{server}/analyse?model=center-bias&view=Heatmap")
    settled(tab)
    expect(tab.get_by_role("img", name=re.compile("^Astronaut: heatmap"))).to_be_visible()
    expect(tab).to_have_url(re.compile("model=center-bias&view=Heatmap"))


def test_packing_goes_on_while_other_things_are_clicked(page):
    upload(page, *((f"{n}.png", picture((120 + n, 180))) for n in range(6)))
    settled(page)
    page.get_by_role("button", name="Analyse all and pack").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="How do models differ?")).to_be_visible()
    page.get_by_role("link", name="Analyse").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("Download the ZIP: 6 pictures")).click()
    archive = zipfile.ZipFile(waiting.value.path())
    assert len(archive.namelist()) == 13
    assert archive.read("summary.csv").startswith(b"\xef\xbb\xbf")


def test_a_tall_page_is_shown_at_a_useful_width_and_scrolls(page):
    upload(page, ("page.png", picture((1300, 400))))
    page.get_by_role("img", name=re.compile("^page.png: ")).wait_for()
    frame = page.get_by_role("region", name=re.compile("taller than this frame"))
    expect(frame).to_be_visible()
    assert only(page.locator(".stage")).bounding_box()["width"] > 400
    assert frame.bounding_box()["height"] < 800
    frame.focus()
    page.keyboard.press("End")
    page.wait_for_function("frame => frame.scrollTop > 300", arg=frame.element_handle())


def test_a_thumb_on_the_picture_scrolls_and_the_knob_swipes(phone):
    slider = phone.get_by_role("slider", name=SWIPE)
    before = slider.input_value()
    stage = only(phone.locator(".stage")).bounding_box()
    phone.touchscreen.tap(stage["x"] + stage["width"] * 0.8, stage["y"] + 60)
    assert slider.input_value() == before
    knob = phone.locator(".knob")
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    phone.mouse.move(box["x"] + 20, box["y"] + 20)
    phone.mouse.down()
    phone.mouse.move(stage["x"] + stage["width"] * 0.7, box["y"] + 20, steps=3)
    phone.mouse.up()
    assert float(slider.input_value()) == pytest.approx(70, abs=3)


def test_on_a_phone_the_sidebar_makes_room_for_the_page_chosen_in_it(phone):
    phone.get_by_test_id("stExpandSidebarButton").click()
    phone.get_by_role("link", name="Compare").click()
    expect(phone.get_by_role("heading", name="How do models differ?")).to_be_visible()
    expect(phone.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")


def test_downloads_are_made_when_asked_for(page):
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Everything, ZIP").click()
    assert waiting.value.suggested_filename == "Astronaut_salmap.zip"
    archive = zipfile.ZipFile(waiting.value.path())
    assert {name.partition("_")[2] for name in archive.namelist()} == {
        "overlay.png", "heatmap.png", "density.npy", "regions.csv", "regions.json",
        "scanpaths.png", "scanpaths.csv",
    }  # fmt: skip
    density = np.load(io.BytesIO(archive.read("Astronaut_density.npy")), allow_pickle=False)
    assert density.shape == (512, 512)


def test_it_fits_a_phone_and_follows_the_system_to_the_dark(phone):
    app = phone.get_by_test_id("stApp")
    for scheme, background in BACKGROUNDS.items():
        phone.emulate_media(color_scheme=scheme)
        expect(app).to_have_css("background-color", background)
        settled(phone)
        for part in (".stage", "table"):
            box = only(phone.locator(part)).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
