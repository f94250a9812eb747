"""What people do on the Train page: for its tests and its screenshots."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.browser.running import PATIENCE_MS, only

expect.set_options(timeout=PATIENCE_MS)
#: patience for a whole run of training
RUN_MS = 3 * PATIENCE_MS
#: of each stage, the most that the page offers
MANY_EPOCHS = 200


def visit(page: Page, address: str) -> None:
    """Go to the Train page."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/train")
    expect(page.get_by_role("heading", name="Train your own model")).to_be_visible()
    at_rest(page)


def at_rest(page: Page) -> None:
    """Wait until no script runs."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def upload(page: Page, data: bytes, name: str = "gaze.zip") -> None:
    """Give the page a ZIP."""
    only(page.locator("[data-testid=stFileUploaderDropzoneInput]")).set_input_files(
        {"name": name, "mimeType": "application/zip", "buffer": data}
    )


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list; opened anew if a run of the page closes it under the cursor."""
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(10):
        at_rest(page)
        page.get_by_role("combobox", name=re.compile(label)).click()
        try:
            wanted.click(timeout=10_000)
            break
        except PlaywrightTimeoutError:
            page.keyboard.press("Escape")
    at_rest(page)


def fill(page: Page, label: str, value: str) -> None:
    """Write into a box."""
    box = page.get_by_role("textbox", name=label, exact=True).or_(
        page.get_by_role("spinbutton", name=label, exact=True)
    )
    box.fill(value)
    box.press("Enter")
    at_rest(page)


def begin(page: Page, name: str, start: str, frozen: int, whole: int = 0) -> None:
    """Choose, and start training on the pictures that were uploaded.

    Args:
        page: the Train page.
        name: of the new model.
        start: the model whose encoder is where it begins.
        frozen, whole: epochs on frozen features, then of the whole network.
    """
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    expect(page.get_by_role("img", name=re.compile("with its fixations"))).to_have_count(4)
    page.get_by_role("slider", name="Picture size, long side in pixels").press("Home")
    choose(page, "Start from", f"the encoder of {start}")
    fill(page, "Epochs on frozen features", str(frozen))
    if whole:
        page.get_by_text("Full", exact=True).click()
        fill(page, "Epochs of the whole network", str(whole))
    fill(page, "Name of the new model", name)
    page.get_by_role("button", name="Start training").click()


def running(page: Page, name: str) -> Locator:
    """The heading of a run that goes."""
    return page.get_by_role("heading", name=f"Training {name}")


def delete(page: Page) -> None:
    """Delete the run that is shown."""
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("button", name="Delete it")).to_be_hidden()
    at_rest(page)


def number_in(page: Page, pattern: str) -> int:
    """The number in the text that a pattern finds, once it is there."""
    text = page.get_by_text(re.compile(pattern))
    expect(text).to_be_visible(timeout=RUN_MS)
    found = re.search(pattern, text.inner_text())
    assert found
    return int(found[1])
