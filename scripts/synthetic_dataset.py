"""A data set to show the Train page with: photographs that nobody looked at."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from PIL import Image

import salmap
from salmap.ui.examples import EXAMPLES, data

#: crops of each photograph
CROPS = 6
SIDE = 320
VIEWERS, LOOKS = 8, 6


def archive(seed: int = 0) -> bytes:
    """A ZIP with `images` and `fixations.csv`; each time the same.

    The pictures are crops of scikit-image's photographs. The viewers are synthetic: their looks are
    drawn from what the bundled model expects, so that a network can learn something of them.
    """
    rng = np.random.default_rng(seed)
    model = salmap.load()
    rows = ["image,subject,x,y"]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for example in EXAMPLES:
            whole = Image.open(io.BytesIO(data(example))).convert("RGB")
            for number in range(1, CROPS + 1):
                name = f"{example.title.lower()}-{number}.jpg"
                image = _crop(whole, rng)
                jpeg = io.BytesIO()
                image.save(jpeg, "JPEG", quality=90)
                packed.writestr(f"images/{name}", jpeg.getvalue())
                density = model.predict(image).density
                chosen = rng.choice(density.size, VIEWERS * LOOKS, p=_shares(density))
                ys, xs = np.unravel_index(chosen, density.shape)
                rows += [
                    f"{name},synthetic {1 + place % VIEWERS},{x},{y}"
                    for place, (x, y) in enumerate(zip(xs, ys, strict=True))
                ]
        packed.writestr("fixations.csv", "\n".join(rows) + "\n")
    return stream.getvalue()


def _crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A part of 3 to 4, from half of the picture's shorter side on, mirrored or not."""
    width = min(image.width, image.height * 4 // 3) * rng.uniform(0.5, 1)
    height = width * 3 / 4
    left = rng.uniform(0, image.width - width)
    top = rng.uniform(0, image.height - height)
    size = (SIDE, SIDE * 3 // 4)
    part = image.resize(size, Image.Resampling.LANCZOS, (left, top, left + width, top + height))
    return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else part


def _shares(density: np.ndarray) -> np.ndarray:
    """The density as float64 shares that sum to 1 as exactly as drawing needs."""
    flat = density.ravel().astype(np.float64)
    return flat / flat.sum()
