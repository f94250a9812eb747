"""Two versions of an advertisement, for screenshots: a photo with a button in two places.

`python -m scripts.example_designs DIR` writes them with their areas: a.png, b.png, areas.csv.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from skimage.data import coffee

import salmap
from salmap.analysis.area_files import read_areas
from salmap.analysis.versions import compare_versions
from salmap.outputs.report.report import Report, versions_report
from salmap.outputs.result import Result

#: version -> left, top, right and bottom of its button, its color, and the color of its letters
BUTTONS = {
    "a.png": ((24, 340, 144, 376), (214, 205, 196), (70, 50, 40)),
    "b.png": ((40, 150, 250, 214), (20, 90, 200), (255, 255, 255)),
}


def designs() -> dict[str, bytes]:
    """Name -> PNG of each version."""
    return {name: _design(*button) for name, button in BUTTONS.items()}


def areas() -> str:
    """The button of each version as a CSV table."""
    rows = [f"{name},button,{','.join(map(str, box))}" for name, (box, *_) in BUTTONS.items()]
    return "\n".join(["picture,name,left,top,right,bottom", *rows, ""])


def report() -> Report:
    """The report that compares them."""
    model = salmap.load("lite")
    images = {name: salmap.load_image(data) for name, data in designs().items()}
    wanted = read_areas("areas.csv", areas().encode())
    results = [
        Result(name, image, model.predict(image), areas=wanted[name])
        for name, image in images.items()
    ]
    predictions = {result.name: result.prediction for result in results}
    return versions_report(results, compare_versions(predictions, wanted))


def _design(
    box: tuple[int, int, int, int], color: tuple[int, int, int], letters: tuple[int, int, int]
) -> bytes:
    picture = Image.fromarray(coffee())
    draw = ImageDraw.Draw(picture)
    left, top, right, bottom = box
    font = ImageFont.load_default((bottom - top) // 2)
    draw.rounded_rectangle(box, (bottom - top) // 4, color)
    middle = ((left + right) / 2, (top + bottom) / 2)
    draw.text(middle, "Order now", letters, font, anchor="mm")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def main(folder: Path) -> None:
    """Write them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in designs().items():
        (folder / name).write_bytes(data)
    (folder / "areas.csv").write_text(areas(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
