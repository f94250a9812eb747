"""Take the README's screenshots: `python -m scripts.screenshots`, from the repository's root.

Every page in light and dark, on a desktop and on a phone, into docs/screenshots.
"""

from __future__ import annotations

import itertools
import logging
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.running import ROOT, chromium, open_app, running_app

FOLDER = ROOT / "docs" / "screenshots"
#: page -> its path in the app
PAGES = {"analyse": ""}
SCHEMES = ("light", "dark")
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}

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
            take(browser, f"{address}/{PAGES[page]}", scheme, SIZES[device], path)
            logger.info("%s", path.relative_to(ROOT))


def take(browser: Browser, url: str, scheme: str, size: tuple[int, int], path: Path) -> None:
    """One screenshot of what a first visit shows."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    tab = context.new_page()
    open_app(tab, url)
    _pictures_loaded(tab)
    tab.screenshot(path=path)
    context.close()


def _pictures_loaded(tab: Page) -> None:
    tab.evaluate("document.fonts.ready")
    for image in tab.locator("img:visible").all():
        image.evaluate("image => image.decode()")


if __name__ == "__main__":
    main()
