"""A chromium whose camera shows a film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
from playwright.sync_api import Browser

from salmap.types import ImageArray
from tests.browser.running import CHROMIUM, FLAGS


def film(pictures: Sequence[ImageArray]) -> bytes:
    """A YUV4MPEG2 file that shows pictures (H, W, 3), of one even size, for three seconds each."""
    height, width = pictures[0].shape[:2]
    frames = [
        b"FRAME\n" + cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420).tobytes() for picture in pictures
    ]
    start = f"YUV4MPEG2 W{width} H{height} F5:1 Ip A1:1 C420jpeg\n".encode()
    return start + b"".join(frame * 15 for frame in frames)


def showing(browser: Browser, film: Path, flags: Sequence[str] = FLAGS) -> Browser:
    """Another chromium; its camera shows a film over and over."""
    camera = f"--use-file-for-fake-video-capture={film}"
    return browser.browser_type.launch(executable_path=CHROMIUM, args=[*flags, camera])
