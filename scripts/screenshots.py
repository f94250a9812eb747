"""Take the README's screenshots: `python -m scripts.screenshots`, from the repository's root.

Every page in light and dark, on a desktop and on a phone, into docs/screenshots.
"""

from __future__ import annotations

import itertools
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.running import LAST_HEADING, ROOT, chromium, open_app, running_app

FOLDER = ROOT / "docs" / "screenshots"
#: page -> its path in the app and the heading that comes last on it
PAGES = {
    "analyse": ("", LAST_HEADING),
    "compare": ("compare", "Which one do people agree with?"),
    "train": ("train", "1. Pictures and where people looked"),
}
SCHEMES = ("light", "dark")
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
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
        || (element.matches("img[src]") && !element.complete));
    return pending.length === 0;
}"""

logger = logging.getLogger(__name__)


def main() -> None:
    """Take them all."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder)) as address,
        chromium() as browser,
    ):
        for page, scheme, device in itertools.product(PAGES, SCHEMES, SIZES):
            path = FOLDER / f"{page}-{scheme}-{device}.png"
            route, last = PAGES[page]
            with visit(browser, scheme, SIZES[device]) as tab:
                open_app(tab, f"{address}/{route}", last)
                wait_for_pictures(tab)
                tab.screenshot(path=path)
            logger.info("%s", path.relative_to(ROOT))


@contextmanager
def visit(browser: Browser, scheme: str, size: tuple[int, int]) -> Iterator[Page]:
    """A tab of (width, height) pixels for somebody who prefers light or dark."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    yield context.new_page()
    context.close()


def wait_for_pictures(tab: Page) -> None:
    """Wait until everything has taken its place and fonts and pictures can be seen."""
    tab.evaluate("document.fonts.ready")
    tab.wait_for_function(COMPLETE)


if __name__ == "__main__":
    main()
