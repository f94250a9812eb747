"""Take the README's screenshots: `python -m scripts.screenshots [PAGE...]`, from the root.

Every page in light and dark, on a desktop, a tablet and a phone, into docs/screenshots. The Train
page is shown three times, with synthetic viewers: with their data, with a run that goes, with its
model. Areas and versions are shown on a made-up advertisement.
"""

from __future__ import annotations

import itertools
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, FilePayload, Locator, Page

from salmap.jobs.runs import Jobs
from salmap.outputs.report.report import report_html
from salmap.pictures import load_image, resize
from salmap.ui import examples
from scripts import example_designs
from scripts.synthetic_dataset import archive
from tests.browser import train_page
from tests.browser.running import (
    LAST_HEADING,
    MODEST,
    PATIENCE_MS,
    ROOT,
    chromium,
    open_app,
    running_app,
    settled,
)
from tests.browser.showing import film, showing

Scheme = Literal["light", "dark"]

FOLDER = ROOT / "docs" / "screenshots"
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES = {"desktop": (1280, 800), "tablet": (768, 1024), "phone": (390, 844)}
DATA_NAME = "synthetic-viewers.zip"
#: epochs of the run that is shown while it goes, and of the one that is shown at its end
SHOWN_EPOCH, EPOCHS = 8, 10
#: whether no part of a page, in shadow trees too, is still to come
COMPLETE = """() => {
    const parts = [document], everything = [];
    while (parts.length) {
        for (const element of parts.pop().querySelectorAll("*")) {
            everything.push(element);
            if (element.shadowRoot) parts.push(element.shadowRoot);
        }
    }
    const pending = everything.filter((element) =>
        element.dataset?.testid === "stSkeleton"
        || element.matches(".viewer:not(.ready)")
        || (element.dataset?.testid === "stVegaLiteChart" && !element.querySelector("canvas, svg"))
        || (element.matches("img[src]") && !element.complete));
    return pending.length === 0;
}"""

logger = logging.getLogger(__name__)


def main(pages: Sequence[str] = ()) -> None:
    """Take those of some pages, or all."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = {"SALMAP_TRAINING_DIR": f"{folder}/training", "SALMAP_TRAINING": "1"}
        runs = Jobs(Path(folder) / "training" / "runs")
        with running_app(Path(folder), {**MODEST, **environment}) as address, chromium() as browser:
            try:
                for page, shots in {
                    "analyse": analyze,
                    "areas": areas,
                    "crops": crops,
                    "compare": compare,
                    "versions": versions,
                    "live": live,
                    "report": report,
                    "train": train,
                    "about": about,
                }.items():
                    if page in (pages or (page,)):
                        shots(browser, address)
            finally:
                for job in runs.all():
                    runs.end_now(job)


def analyze(browser: Browser, address: str) -> None:
    """The first visit."""
    shoot(browser, "analyse", lambda tab: open_app(tab, address, LAST_HEADING))


def compare(browser: Browser, address: str) -> None:
    """The first visit."""
    last = "Which one do people agree with?"
    shoot(browser, "compare", lambda tab: open_app(tab, f"{address}/compare", last))


def areas(browser: Browser, address: str) -> None:
    """Areas on one picture."""

    def see(tab: Page) -> None:
        open_app(tab, address, LAST_HEADING)
        upload(tab, {"a.png": example_designs.designs()["a.png"]})
        settled(tab)
        tab.get_by_text("Measure areas of your own").click()
        upload_areas(tab)
        tab.get_by_text("× the average").first.wait_for()
        settled(tab)
        scroll_to(tab.get_by_text("Measure areas of your own"))

    shoot(browser, "areas", see)


def crops(browser: Browser, address: str) -> None:
    """An example in other shapes."""

    def see(tab: Page) -> None:
        open_app(tab, address, LAST_HEADING)
        tab.get_by_text("Crop it to other shapes").click()
        tab.get_by_text("of attention").last.wait_for()
        settled(tab)
        scroll_to(tab.get_by_text("Crop it to other shapes"))
        tab.get_by_role("button", name="Crops, ZIP").hover(trial=True)  # once nothing moves

    shoot(browser, "crops", see)


def versions(browser: Browser, address: str) -> None:
    """Two versions with a clear difference."""

    def see(tab: Page) -> None:
        open_app(tab, f"{address}/versions", "Which version draws more attention?")
        upload(tab, example_designs.designs())
        settled(tab, "Two at a time")
        tab.get_by_text("Load areas from a file").click()
        upload_areas(tab)
        tab.get_by_text("a clear difference").wait_for()
        settled(tab, "Two at a time")
        scroll_to(tab.get_by_role("heading", name="2. Compare"))

    shoot(browser, "versions", see)


def live(browser: Browser, address: str) -> None:
    """A camera that sees an example."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.y4m"
        picture = load_image(examples.data(examples.EXAMPLES[0]))
        path.write_bytes(film([resize(picture, (480, 640))]))
        camera = showing(browser, path)

        def see(tab: Page) -> None:
            open_app(tab, f"{address}/live", "Where would people look right now?")
            tab.get_by_label("Show areas").check()
            tab.get_by_role("button", name="Start the camera").click()
            tab.get_by_text("heatmaps a second").wait_for()
            tab.wait_for_timeout(2000)  # until the heatmap has come to rest

        shoot(camera, "live", see)
        camera.close()


def report(browser: Browser, address: str) -> None:
    """The report on these two versions, in HTML."""
    page = report_html(example_designs.report())
    shoot(browser, "report", lambda tab: tab.set_content(page))


def scroll_to(place: Locator) -> None:
    """Bring something to the top of the screen."""
    place.evaluate("element => element.scrollIntoView({ block: 'start' })")


def upload(tab: Page, pictures: dict[str, bytes]) -> None:
    """Drop pictures, and wait until they are in the tray."""
    files = [FilePayload(name=n, mimeType="image/png", buffer=d) for n, d in pictures.items()]
    tab.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(files)
    tab.get_by_role("button", name=f"Remove {next(iter(pictures))}").wait_for()


def upload_areas(tab: Page) -> None:
    """Load the areas of the made-up advertisement."""
    data = example_designs.areas().encode()
    uploader = tab.get_by_test_id("stFileUploader").filter(has_text="Load areas")
    uploader.locator("input").set_input_files(
        FilePayload(name="areas.csv", mimeType="text/csv", buffer=data)
    )


def about(browser: Browser, address: str) -> None:
    """The page on privacy."""
    shoot(browser, "about", lambda tab: open_app(tab, f"{address}/about", "Example pictures"))


def train(browser: Browser, address: str) -> None:
    """Data, a run, and a finished model."""

    def see(heading: str) -> Callable[[Page], None]:
        return lambda tab: see_train(tab, address, heading)

    with visit(browser, "light", SIZES["desktop"]) as tab:
        train_page.visit(tab, address)
        train_page.upload(tab, archive(), DATA_NAME)
        tab.get_by_text("To learn from").wait_for()
        shoot(browser, "train", see("1. Pictures and where people looked"))
        many = train_page.MANY_EPOCHS
        train_page.begin(tab, "my-lite", "lite", many, many)
        tab.get_by_text(f"Prediction after epoch {SHOWN_EPOCH}").wait_for(timeout=train_page.RUN_MS)
        shoot(browser, "train-run", see("Training my-lite"))
        tab.get_by_role("button", name="Stop", exact=True).click()
        tab.get_by_text("Stopped after").wait_for(timeout=train_page.RUN_MS)
        train_page.delete(tab)
    with visit(browser, "light", SIZES["desktop"]) as tab:
        train_page.visit(tab, address)
        train_page.begin(tab, "my-lite", "lite", EPOCHS)
        tab.get_by_text("is ready: choose it on any page").wait_for(timeout=train_page.RUN_MS)
        tab.get_by_text("95 % intervals; the gain").wait_for(timeout=train_page.RUN_MS)
        shoot(browser, "train-model", see("Results"))


def see_train(tab: Page, address: str, heading: str) -> None:
    """The Train page once a heading is there."""
    open_app(tab, f"{address}/train", "2. What to train")
    tab.get_by_role("button", name="Start training").wait_for()
    settled(tab, heading)


def shoot(browser: Browser, name: str, see: Callable[[Page], None]) -> None:
    """Take what somebody sees in light and dark, on screens of all `SIZES`."""
    for scheme, device in itertools.product(SCHEMES, SIZES):
        path = FOLDER / f"{name}-{scheme}-{device}.png"
        with visit(browser, scheme, SIZES[device]) as tab:
            see(tab)
            wait_for_pictures(tab)
            tab.screenshot(path=path)
        logger.info("%s", path.relative_to(ROOT))


@contextmanager
def visit(browser: Browser, scheme: Scheme, size: tuple[int, int]) -> Iterator[Page]:
    """A tab of (width, height) pixels for somebody who prefers light or dark."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE_MS)
    yield tab
    context.close()


def wait_for_pictures(tab: Page) -> None:
    """Wait until everything has taken its place and fonts and pictures can be seen."""
    tab.evaluate("document.fonts.ready")
    tab.wait_for_function(COMPLETE)


if __name__ == "__main__":
    main(sys.argv[1:])
