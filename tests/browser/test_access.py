"""Accessibility: axe-core over every page, in both themes, at three widths.

axe-core comes from npm and is for development only: `npm install` in tests/browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.running import PATIENCE_MS, open_app

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
LAST_HEADINGS = {
    "analyse": "How far can you trust this?",
    "compare": "Which one do people agree with?",
    "versions": "Which version draws more attention?",
    "train": "2. What to train",
    "about": "Example pictures",
}
#: Streamlit's own markup, which a page can't change
NOT_OURS = [["[data-testid=stHeader]"]]
SERIOUS = """async (exclude) => {
    const found = await axe.run({ exclude }, { resultTypes: ["violations"] });
    return found.violations
        .filter(({ impact }) => ["serious", "critical"].includes(impact))
        .map(({ id, nodes }) => ({ id, parts: nodes.map((n) => [n.target, n.failureSummary]) }));
}"""


def serious(page: Page) -> list[dict[str, Any]]:
    """The findings on a page that are serious or worse."""
    page.add_script_tag(path=AXE)
    return page.evaluate(SERIOUS, NOT_OURS)


@pytest.mark.parametrize("width", [1280, 768, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_finding(
    browser: Browser, server: str, scheme: Literal["light", "dark"], width: int
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run npm install in tests/browser")
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    found = {}
    for path, last in LAST_HEADINGS.items():
        page = context.new_page()
        open_app(page, f"{server}/{path}", last)
        found[path] = serious(page)
        page.close()
    context.close()
    assert found == {path: [] for path in LAST_HEADINGS}


def test_the_guard_sees_what_it_should(browser: Browser) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run npm install in tests/browser")
    page = browser.new_page()
    page.set_content("<main><p style='color:#aaa;background:#fff'>too pale</p></main>")
    found = [finding["id"] for finding in serious(page)]
    page.close()
    assert "color-contrast" in found
