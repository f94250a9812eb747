"""What is done with damaged files of each kind: read them as Salmap does for people."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import salmap
from salmap.analysis.area_files import read_areas
from salmap.datasets import open_dataset
from salmap.datasets.check import check_dataset
from salmap.datasets.map_files import read_saved_map
from salmap.errors import SalmapError
from salmap.fixations.brought import read_brought
from salmap.fixations.frame import read_settings
from salmap.jobs import uploads
from salmap.pictures import image_size, load_image
from tests.fuzz import seeds
from tests.fuzz.mutation import mutated, mutated_archive, mutated_table, mutated_weights

SIZE = (300, 400)
SAMPLES = read_settings(["unit=pixels", "rate=60"])


@dataclass(frozen=True)
class Kind:
    """A kind of files.

    Attributes:
        seeds: (name, bytes) of good ones, given a folder for what must be made on disk.
        mutate: damages one.
        read: reads one, given its name, its bytes and an empty folder.
    """

    seeds: Callable[[Path], Sequence[tuple[str, bytes]]]
    mutate: Callable[[bytes, random.Random], bytes]
    read: Callable[[str, bytes, Path], object]


def read_picture(name: str, data: bytes, folder: Path) -> None:
    """As the app reads it; its size, which is read without its pixels, must be the same."""
    try:
        image = load_image(data)
    except SalmapError:
        _try(lambda: image_size(data))
        raise
    assert image.dtype == "uint8"
    assert image.shape == (*image_size(data), 3)


def read_map(name: str, data: bytes, folder: Path) -> None:
    """A map that stands for fixations, or a prediction."""
    path = folder / name
    path.write_bytes(data)
    assert read_saved_map(path).values.ndim == 2


def read_table(name: str, data: bytes, folder: Path) -> None:
    """As a file of areas, and as fixations on pictures."""
    _try(lambda: read_areas(name, data))
    _try(lambda: read_brought(name, data, "cat.jpg", {"cat.jpg": SIZE}, SAMPLES))
    read_brought(name, data, "cat.jpg", {"cat.jpg": SIZE})


def read_archive(name: str, data: bytes, folder: Path) -> None:
    """Unpacked, nowhere but in its folder, and looked through."""
    kept = uploads.keep(name, io.BytesIO(data), folder / "uploads")
    assert [path.name for path in folder.iterdir()] == ["uploads"]
    check_dataset(open_dataset("folder", kept))


def read_weights(name: str, data: bytes, folder: Path) -> None:
    """A model, which must then predict."""
    path = folder / name
    path.write_bytes(data)
    model = salmap.load(path)
    model.predict(seeds.photo())


def _try(read: Callable[[], object]) -> None:
    with contextlib.suppress(SalmapError):
        read()


KINDS = {
    "pictures": Kind(lambda _: seeds.pictures(), mutated, read_picture),
    "maps": Kind(lambda _: seeds.maps(), mutated, read_map),
    "tables": Kind(lambda _: seeds.tables(), mutated_table, read_table),
    "archives": Kind(lambda _: seeds.archives(), mutated_archive, read_archive),
    "weights": Kind(seeds.weights, mutated_weights, read_weights),
}


@dataclass(frozen=True)
class Case:
    """A damaged file, the same for the same kind, seed and number."""

    kind: str
    seed: int
    number: int

    def make(self, good: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
        """Its name and bytes, given the good files of its kind."""
        chance = random.Random(f"{self.kind} {self.seed} {self.number}")
        name, data = chance.choice(good)
        return name, KINDS[self.kind].mutate(data, chance)


def read(kind: str, name: str, data: bytes, folder: Path) -> None:
    """Read a file of a kind; `folder` is as it was afterwards."""
    place = folder / "case"
    place.mkdir()
    try:
        KINDS[kind].read(name, data, place)
    finally:
        shutil.rmtree(place)


def outcome(case: Case, good: Sequence[tuple[str, bytes]], folder: Path) -> bool:
    """Whether a file could be read in spite of its damage.

    Raises:
        Exception: anything but a SalmapError, which would be a fault of the program.
    """
    try:
        read(case.kind, *case.make(good), folder)
    except SalmapError:
        return False
    return True
