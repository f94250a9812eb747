"""The app's clock and memory, measured in a real chromium.

    python -m benchmarks.app                    # on an idle machine, from the repository's root
    python -m benchmarks.app memory --uploads 50

`visit`: from the start of the server's process, as `make app` starts it, to the first heatmap in
the browser, and to the finished page, beside `import torch, timm` in turns with it; and the
server's memory at its start and with that heatmap.
`photo`: from a 12-megapixel JPEG chosen to its heatmap, the server warm. `slider`: a step of the
opacity slider on a picture 1600 pixels wide; server time is from the browser's message to the last
answer, and beside it stands the processor's time, which other work on the machine does not
lengthen. `tray`: memory of the server while one visitor brings and views 20 photos of 12
megapixels. `crowd`: the same after twenty people have uploaded a picture of 1 to 12 megapixels at
once, three times; every answer is compared with the library's, and the server must end cleanly.
`memory`: of the server, after each of many different pictures of 6 megapixels, every fifth of them
brought by a new visitor.
"""

from __future__ import annotations

import argparse
import io
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
import psutil
from PIL import Image
from playwright.sync_api import Browser, Page
from skimage import data

import salmap
from benchmarks.cold import measure
from salmap.analysis.summary import analyze
from salmap.ui import words
from tests.browser.running import PATIENCE_MS, chromium, open_app, running_app, settled

PHOTO, SCREEN, UPLOAD = (4000, 3000), (1600, 1200), (3000, 2000)
#: of one visitor who fills a tray
PHOTOS = 20
#: of one visitor, for the curve of memory
UPLOADS_PER_VISIT = 5
#: people who upload at once, how often, and the sizes of their pictures
PEOPLE, TURNS = 20, 3
K = 5  # areas that the page tells of at first
SIZES = ((1200, 800), (1600, 1200), (2400, 1600), (3000, 2000), (3200, 2400), (4000, 3000))
#: notes when the page sends and hears something
EAR = """
    const Plain = WebSocket;
    window.heard = [];
    window.WebSocket = class extends Plain {
        constructor(...all) {
            super(...all);
            this.addEventListener("message", () => heard.push(["in", performance.now()]));
        }
        send(what) {
            heard.push(["out", performance.now()]);
            super.send(what);
        }
    };
"""
SERVER_MS = """() => {
    const out = heard.find(([way]) => way === "out");
    return heard.findLast(([way]) => way === "in")[1] - out[1];
}"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", help="measures, by name; all if none")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--uploads", type=int, default=50)
    options = parser.parse_args(arguments)
    measures = {"visit": visit, "photo": photo, "slider": slider, "tray": tray, "crowd": crowd}
    measures["memory"] = memory
    with chromium() as browser:
        for name in options.what or measures:
            measures[name](browser, options)


def visit(browser: Browser, options: argparse.Namespace) -> None:
    """Start the server and visit it, again and again."""
    seconds, finished, idle, busy, torch = [], [], [], [], []
    for _ in range(options.repeats):
        torch.append(measure([sys.executable, "-c", "import torch, timm"])[0])
        began = time.perf_counter()
        with served() as address, opened(browser) as page:
            idle.append(resident_mb(server_process()))
            page.goto(address)
            await_picture(page, "Astronaut")
            seconds.append(time.perf_counter() - began)
            settled(page)
            finished.append(time.perf_counter() - began)
            busy.append(resident_mb(server_process()))
    report("Start of the server to first heatmap", seconds, "s")
    report("Start of the server to finished page", finished, "s")
    report("import torch, timm", torch, "s")
    ratio = median(seconds) / median(torch)
    print(f"ratio: first heatmap {ratio:.2f}, finished page {median(finished) / median(torch):.2f}")
    report("Memory of the server before its first visit", idle, "MB")
    report("Memory of the server with the first heatmap", busy, "MB")


def tray(browser: Browser, options: argparse.Namespace) -> None:
    """Memory while one visitor brings and views many photos."""
    with served() as address, opened(browser) as page:
        open_app(page, address)
        process = server_process()
        print(f"Memory of the server: {resident_mb(process):5.0f} MB with the example")
        for number in range(PHOTOS):
            upload(page, f"photo{number}.jpg", picture(PHOTO, number))
            await_picture(page, f"photo{number}.jpg")
            settled(page)
            print(f"    photo {number + 1:3} {resident_mb(process):5.0f} MB", flush=True)


def crowd(browser: Browser, options: argparse.Namespace) -> None:
    """Memory and answers of the server while many people upload at once, and its end."""
    jpegs = [picture(size, seed) for seed, size in enumerate(SIZES)]
    answers = [answer(jpeg) for jpeg in jpegs]
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder), {}) as address:
        process = server_process()
        pages = [browser.new_context().new_page() for _ in range(PEOPLE)]
        for page in pages:
            open_app(page, address)
        print(f"Memory of the server: {resident_mb(process):5.0f} MB with {PEOPLE} visitors")
        for turn in range(TURNS):
            began = time.perf_counter()
            for number, page in enumerate(pages):
                another = jpegs[(number + turn) % len(jpegs)] + f"{number} {turn}".encode()
                upload(page, f"turn{turn}.jpg", another)
            for page in pages:
                await_picture(page, f"turn{turn}.jpg")
                settled(page)
            took = time.perf_counter() - began
            right = sum(
                page.get_by_text(answers[(number + turn) % len(jpegs)]).count() > 0
                for number, page in enumerate(pages)
            )
            print(
                f"    turn {turn + 1}: {right} of {PEOPLE} right, the last after {took:.0f} s, "
                f"{resident_mb(process):5.0f} MB",
                flush=True,
            )
        upload(pages[0], "last.jpg", jpegs[-1])
        page.wait_for_timeout(500)
        process.send_signal(signal.SIGINT)
        status = process.wait(60)
        end = (Path(folder) / "server.log").read_text().splitlines()[-1]
        print(f"Ctrl-C while a picture is analyzed: status {status}, last line {end.strip()!r}")


def answer(jpeg: bytes) -> str:
    """How the page begins to say what is predicted for a picture."""
    prediction = salmap.load().predict(jpeg)
    return words.summary(analyze(prediction), K).replace("**", "").partition(";")[0]


def photo(browser: Browser, options: argparse.Namespace) -> None:
    """Photos by a visitor who has seen the example."""
    with served() as address, opened(browser) as page:
        open_app(page, address)
        seconds = []
        for number in range(options.repeats):
            jpeg = picture(PHOTO, number)
            began = time.perf_counter()
            upload(page, f"photo{number}.jpg", jpeg)
            await_picture(page, f"photo{number}.jpg")
            seconds.append(time.perf_counter() - began)
            settled(page)
    report(f"12-megapixel JPEG of {len(jpeg) / 1e6:.1f} MB to its heatmap", seconds, "s")


def slider(browser: Browser, options: argparse.Namespace) -> None:
    """Steps of the opacity slider."""
    with served() as address, opened(browser) as page:
        process = server_process()
        page.add_init_script(EAR)
        open_app(page, address)
        upload(page, "screen.jpg", picture(SCREEN, 0))
        await_picture(page, "screen.jpg")
        settled(page)
        handle = page.get_by_role("slider", name="Opacity")
        server, busy, seen = [], [], []
        for _ in range(options.repeats):
            before = page.locator("img.top").get_attribute("src")
            handle.focus()
            page.evaluate("heard.length = 0")
            busy_before, began = busy_ms(process), time.perf_counter()
            page.keyboard.press("ArrowLeft")
            page.wait_for_function(
                "([layer, before]) => layer.src !== before && layer.complete",
                arg=[page.locator("img.top").element_handle(), before],
            )
            seen.append(1000 * (time.perf_counter() - began))
            settled(page)
            server.append(page.evaluate(SERVER_MS))
            busy.append(busy_ms(process) - busy_before)
    report("Step of the opacity slider, server time", server, "ms")
    report("Step of the opacity slider, processor time of the server", busy, "ms")
    report("Step of the opacity slider, key to new picture", seen, "ms")


def memory(browser: Browser, options: argparse.Namespace) -> None:
    """Memory of the server over many uploads."""
    with served() as address:
        process = server_process()
        for number in range(options.uploads):
            if number % UPLOADS_PER_VISIT == 0:
                context = browser.new_context()
                page = context.new_page()
                open_app(page, address)
                if number == 0:
                    print(f"Memory of the server: {resident_mb(process):5.0f} MB with the example")
            upload(page, f"upload{number}.jpg", picture(UPLOAD, number))
            await_picture(page, f"upload{number}.jpg")
            settled(page)
            print(f"    upload {number + 1:3} {resident_mb(process):5.0f} MB", flush=True)
            if number % UPLOADS_PER_VISIT == UPLOADS_PER_VISIT - 1:
                context.close()


@contextmanager
def served() -> Iterator[str]:
    """The address of an app with no models but Salmap's own, set up as for people."""
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder), {}) as address:
        yield address


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    """A tab that knows nothing of earlier visits."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


def upload(page: Page, name: str, jpeg: bytes) -> None:
    """Give a picture to the page."""
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(
        {"name": name, "mimeType": "image/jpeg", "buffer": jpeg}
    )


def await_picture(page: Page, name: str) -> None:
    """Wait until a picture and the heat over it can be seen."""
    image = page.get_by_role("img", name=re.compile(f"^{re.escape(name)}: "))
    image.first.wait_for()
    viewer = page.locator(".viewer").filter(has=image)
    viewer.first.locator("img.top").evaluate("layer => layer.decode()")


def picture(size: tuple[int, int], seed: int) -> bytes:
    """A JPEG of (width, height) pixels with a photo's detail and noise; each seed another one."""
    rng = np.random.default_rng(seed)
    photos = (data.astronaut, data.coffee, data.rocket, data.chelsea)
    image = Image.fromarray(photos[seed % len(photos)]()).resize(size, Image.Resampling.BICUBIC)
    noisy = np.asarray(image, np.float32) + rng.normal(0, 6, (size[1], size[0], 1))
    stream = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def server_process() -> psutil.Process:
    """The process of the app that `served` started."""
    children = psutil.Process().children()
    return next(child for child in children if "streamlit" in child.cmdline())


def busy_ms(process: psutil.Process) -> float:
    """Processor time that a process has had, in ms."""
    times = process.cpu_times()
    return 1000 * float(times.user + times.system)


def resident_mb(process: psutil.Process) -> float:
    """Memory of a process in MB."""
    return float(process.memory_info().rss) / 1e6


def report(what: str, values: Sequence[float], unit: str) -> None:
    """One line: the median and the range."""
    middle, low, high = (f"{value:.3g}" for value in (median(values), min(values), max(values)))
    print(f"{what}: {middle} {unit} ({low} to {high}, {len(values)} times)", flush=True)


if __name__ == "__main__":
    main()
