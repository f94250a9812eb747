"""Accessibility: axe-core over every page, at three widths, and its colors in both themes.

axe-core comes from npm and is for development only: `npm install` in tests/browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running import BACKGROUNDS, PATIENCE_MS, open_app, settled

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not AXE.is_file(), reason="axe-core is not installed: run npm install in tests/browser"
    ),
]
expect.set_options(timeout=PATIENCE_MS)

LAST_HEADINGS = {
    "analyse": "How far can you trust this?",
    "compare": "Which one do people agree with?",
    "versions": "Which version draws more attention?",
    "live": "Where would people look right now?",
    "train": "2. What to train",
    "about": "Example pictures",
}
WIDTHS = (1280, 768, 390)
#: what is looked for; a theme changes nothing but colors
RULES: dict[Literal["light", "dark"], list[str]] = {"light": [], "dark": ["color-contrast"]}
#: Streamlit's own markup, which a page can't change
NOT_OURS = [["[data-testid=stHeader]"]]
SERIOUS = """async ([exclude, rules]) => {
    const options = { resultTypes: ["violations"], ...(rules.length ? { runOnly: rules } : {}) };
    const found = await axe.run({ exclude }, options);
    return found.violations
        .filter(({ impact }) => ["serious", "critical"].includes(impact))
        .map(({ id, nodes }) => ({ id, parts: nodes.map((n) => [n.target, n.failureSummary]) }));
}"""


@pytest.mark.parametrize("path", LAST_HEADINGS)
def test_no_page_has_a_serious_finding(tab: Page, server: str, path: str) -> None:
    """A window is resized and the system's theme switched while the page is open."""
    open_app(tab, f"{server}/{path}", LAST_HEADINGS[path])
    tab.add_script_tag(path=AXE)
    found = {}
    for scheme, background in BACKGROUNDS.items():
        tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(tab.get_by_test_id("stApp")).to_have_css("background-color", background)
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            settled(tab, LAST_HEADINGS[path])
            found[scheme, width] = tab.evaluate(SERIOUS, [NOT_OURS, RULES[scheme]])
    assert found == {case: [] for case in found}


def test_the_guard_sees_what_it_should(tab: Page) -> None:
    tab.set_content("<main><p style='color:#aaa;background:#fff'>too pale</p></main>")
    tab.add_script_tag(path=AXE)
    found = [finding["id"] for finding in tab.evaluate(SERIOUS, [NOT_OURS, RULES["dark"]])]
    assert "color-contrast" in found
