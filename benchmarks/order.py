"""Whether a model knows what comes before what on a page: a huge title before a small date.

    python -m benchmarks.order --model lite --model large

The pages in `benchmarks/pages` are rendered by chromium, which also says where their parts are.
Each page names pairs of parts of which nobody doubts which one draws more people: the first is many
times larger, a face, or in a loud color. A pair is right if the model gives the first the larger
share. How much more attention a part draws nobody knows, so there is no other score; nothing was
fitted to these pages.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser
from skimage import data

import salmap
from salmap.areas import Area
from salmap.content import CONTENTS
from salmap.render.web import data_uri
from salmap.types import ImageArray
from tests.browser.running import chromium

PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))
#: of each part, where its first line or box begins and its last one ends
_BOXES = """() => Object.fromEntries([...document.querySelectorAll("[data-area]")].map((part) => {
    const { left, top, right, bottom } = part.getBoundingClientRect();
    return [part.dataset.area, [left, top, right, bottom]];
}))"""


@dataclass(frozen=True, eq=False)
class MadePage:
    """A page with parts of which it is known which draw more attention.

    Attributes:
        name: of its file.
        image: uint8 (H, W, 3), as chromium renders it.
        areas: its parts.
        pairs: names of parts; the first of each draws more.
    """

    name: str
    image: ImageArray
    areas: tuple[Area, ...]
    pairs: tuple[tuple[str, str], ...]


def made_pages(browser: Browser) -> Iterator[MadePage]:
    """All pages, rendered."""
    pictures = {"FACE": data.astronaut()[:260, 100:360], "CUP": data.coffee()}
    for path in PAGES:
        html = path.read_text(encoding="utf-8")
        for word, picture in pictures.items():
            html = html.replace(f'src="{word}"', f'src="{data_uri(picture)}"')
        page = browser.new_page()
        page.set_content(html)
        said = page.locator("html")
        width, height = (int(side) for side in (said.get_attribute("data-size") or "").split("x"))
        page.set_viewport_size({"width": width, "height": height})
        shown = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        areas = tuple(Area.box(name, *box) for name, box in page.evaluate(_BOXES).items())
        pairs = (said.get_attribute("data-order") or "").split(",")
        page.close()
        yield MadePage(path.stem, shown, areas, tuple(_pair(words) for words in pairs))


def wrong_pairs(page: MadePage, prediction: salmap.Prediction) -> list[str]:
    """The pairs that a prediction has the wrong way round, with both shares."""
    shares = {area.name: area.share for area in prediction.areas(page.areas)}
    return [
        f"{page.name}: {more} {shares[more]:.1%} < {less} {shares[less]:.1%}"
        for more, less in page.pairs
        if shares[more] <= shares[less]
    ]


def _pair(words: str) -> tuple[str, str]:
    more, less = words.split(">")
    return more.strip(), less.strip()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", action="append", help="[lite]")
    options = parser.parse_args()
    with chromium() as browser:
        pages = list(made_pages(browser))
    count = sum(len(page.pairs) for page in pages)
    for name in options.model or ["lite"]:
        model = salmap.load(name, use_hub=False)
        for content in CONTENTS:
            found = [
                wrong
                for p in pages
                for wrong in wrong_pairs(p, model.predict(p.image, content=content))
            ]
            print(f"{name:10} {content:6} {count - len(found)} of {count} pairs right")
            print("".join(f"    {line}\n" for line in found), end="")


if __name__ == "__main__":
    main()
