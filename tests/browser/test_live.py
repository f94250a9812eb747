"""The Live page with a camera that shows a film, and without one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.running import FLAGS, PATIENCE_MS, open_app
from tests.browser.showing import film, showing

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

SIZE = (240, 320)
#: a model that is quick to load
ADDRESS = "live?model=spectral-residual"
HEADING = "Where would people look right now?"
#: where the middle of the heatmap lies, in shares of its width; -1 before there is one
MIDDLE = """canvas => {
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0, moment = 0;
    for (let i = 3; i < data.length; i += 4) {
        sum += data[i];
        moment += data[i] * (((i >> 2) % width) / width);
    }
    return sum ? moment / sum : -1;
}"""


def scene(x: int) -> np.ndarray:
    """Something on gray, at x."""
    picture = np.full((*SIZE, 3), 128, np.uint8)
    picture[100:140, x : x + 40] = np.random.default_rng(x).integers(0, 256, (40, 40, 3))
    return picture


@pytest.fixture(scope="module")
def cinema(browser: Browser, tmp_path_factory) -> Iterator[Browser]:
    """A chromium whose camera shows a film; it lends it only where that is granted."""
    path = tmp_path_factory.mktemp("film") / "film.y4m"
    path.write_bytes(film([scene(30), scene(250)]))
    asking = [flag for flag in FLAGS if flag != "--use-fake-ui-for-media-stream"]
    running = showing(browser, path, asking)
    yield running
    running.close()


def start(page: Page, server: str) -> None:
    open_app(page, f"{server}/{ADDRESS}", HEADING)
    page.get_by_role("button", name="Start the camera").click()


def wait_until(page: Page, condition: str) -> None:
    """Wait until the middle of the heatmap is somewhere."""
    canvas = page.locator("canvas").element_handle()
    page.wait_for_function(f"canvas => (({MIDDLE})(canvas) {condition})", arg=canvas)


def test_the_heatmap_follows_the_camera_and_leaving_stops_it(cinema, server):
    context = cinema.new_context(permissions=["camera"])
    page = context.new_page()
    start(page, server)
    for _ in range(2):
        wait_until(page, "> 0.55")
        wait_until(page, "< 0.45")
    expect(page.get_by_text("heatmaps a second")).to_be_visible()
    page.get_by_role("button", name="Keep this picture").click()
    page.get_by_text("1 picture kept.").wait_for()
    track = page.locator("video").evaluate_handle("video => video.srcObject.getTracks()[0]")
    assert track.evaluate("track => track.readyState") == "live"
    page.get_by_role("link", name="Open in Analyse").click()
    expect(page.get_by_role("img", name="camera 1.jpg: ")).to_be_visible()
    assert track.evaluate("track => track.readyState") == "ended"
    context.close()


def test_without_a_camera_a_sentence_says_what_to_do(cinema, server):
    context = cinema.new_context(permissions=[])
    page = context.new_page()
    start(page, server)
    problem = page.get_by_role("alert").filter(visible=True)
    expect(problem).to_contain_text("refused. Allow it")
    for getting, words in (
        ("() => Promise.reject(new DOMException('', 'NotFoundError'))", "No camera was found."),
        ("undefined", "https://"),
    ):
        page.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = {getting}; }}")
        page.get_by_role("button", name="Start the camera").click()
        expect(problem).to_contain_text(words)
    context.close()
