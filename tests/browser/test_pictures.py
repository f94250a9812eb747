"""Odd pictures come out as Chromium shows them."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from playwright.sync_api import Browser

from salmap.pictures import image_size, load_image
from tests.pictures.odd_files import odd_files

pytestmark = pytest.mark.browser

#: levels of 255 by which rounding on the way may differ
TOLERANCE = 4
#: names -> base64 of files  =>  names -> [height, width, base64 of RGBA], null if it shows nothing
ON_WHITE = """async (files) => {
  const shown = {};
  for (const [name, data] of Object.entries(files)) {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([bytes]));
    try { await image.decode(); } catch { shown[name] = null; continue; }
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    shown[name] = [canvas.height, canvas.width, btoa(String.fromCharCode(...pixels))];
  }
  return shown;
}"""


def test_odd_pictures_come_out_as_chromium_shows_them(browser: Browser) -> None:
    files = odd_files()
    tab = browser.new_page()
    encoded = {name: base64.b64encode(data).decode() for name, data in files.items()}
    shown = tab.evaluate(ON_WHITE, encoded)
    tab.close()
    differing = {}
    for name, canvas in shown.items():
        loaded = load_image(files[name])
        assert image_size(files[name]) == loaded.shape[:2], name
        if canvas is None:  # a broken profile costs an AVIF there, not here
            assert name.startswith("profile")
            continue
        height, width, data = canvas
        expected = np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)
        if loaded.shape[:2] != (height, width):
            differing[name] = f"{loaded.shape} instead of {height, width}"
        elif (off := np.abs(loaded.astype(int) - expected[..., :3]).max()) > TOLERANCE:
            differing[name] = f"{off} levels off"
    assert differing == {}
    assert sum(canvas is not None for canvas in shown.values()) > 100
